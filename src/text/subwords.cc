#include "text/subwords.h"

#include <fmt/format.h>

#include <string>

#include "base/base.h"
#include "text/subwords_library.h"

namespace attend::text {

struct SubwordModel::Data {
  void* processor = nullptr;
  Data() = default;
  Data(const Data&) = delete;
  Data& operator=(const Data&) = delete;
  ~Data() {
    if (processor != nullptr) subwords_library().unload(processor);
  }
};

SubwordModel::SubwordModel(std::string_view model) {
  const AttendSubwords& library = subwords_library();
  auto data = std::make_unique<Data>();
  char* const message = library.load(model.data(), model.size(), &data->processor);
  if (message != nullptr) {
    const std::string text = message;
    library.free_text(message);
    throw ModelError(fmt::format("not a SentencePiece model, or a damaged one: {}", text));
  }
  data_ = std::move(data);
}

SubwordModel::~SubwordModel() = default;

std::vector<Piece> SubwordModel::cut(std::string_view text) const {
  std::vector<Piece> pieces;
  const auto take = [](void* receiver, const char* piece, std::size_t length, std::size_t begin,
                       std::size_t end) {
    static_cast<std::vector<Piece>*>(receiver)->push_back({{piece, length}, begin, end});
  };
  subwords_library().cut(data_->processor, text.data(), text.size(), take, &pieces);
  return pieces;
}

}  // namespace attend::text
