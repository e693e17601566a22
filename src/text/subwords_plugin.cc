// The shared library libattend_subwords; subwords_library.h describes it.
#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <cstring>
#include <memory>
#include <string>
#include <unordered_map>

#include "text/subwords_library.h"

namespace {

using sentencepiece::SentencePieceProcessor;

char* message_of(const sentencepiece::util::Status& status) {
  return status.ok() ? nullptr : strdup(status.message());
}

class Sentences : public sentencepiece::SentenceIterator {
 public:
  Sentences(AttendSubwords::GiveLine give, void* giver) : give_(give), giver_(giver) { fetch(); }
  bool done() const override { return done_; }
  void Next() override {
    ++next_;
    fetch();
  }
  const std::string& value() const override { return line_; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  void fetch() {
    const char* line = nullptr;
    std::size_t length = 0;
    done_ = !give_(giver_, next_, &line, &length);
    if (!done_) line_.assign(line, length);
  }

  AttendSubwords::GiveLine give_;
  void* giver_;
  std::size_t next_ = 0;
  bool done_ = false;
  std::string line_;
};

char* load(const char* model, std::size_t length, void** processor) {
  auto loaded = std::make_unique<SentencePieceProcessor>();
  const auto status = loaded->LoadFromSerializedProto({model, length});
  if (status.ok()) *processor = loaded.release();
  return message_of(status);
}

void unload(void* processor) { delete static_cast<SentencePieceProcessor*>(processor); }

void cut(const void* processor, const char* text, std::size_t length,
         AttendSubwords::TakePiece take, void* receiver) {
  const auto encoded =
      static_cast<const SentencePieceProcessor*>(processor)->EncodeAsImmutableProto({text, length});
  for (std::size_t i = 0; i < encoded.pieces_size(); ++i) {
    const auto piece = encoded.pieces(static_cast<int>(i));
    take(receiver, piece.piece().data(), piece.piece().size(), piece.begin(), piece.end());
  }
}

char* train(const char* const* settings, AttendSubwords::GiveLine give, void* giver,
            AttendSubwords::TakePiece take, void* receiver) {
  std::unordered_map<std::string, std::string> map;
  for (; settings[0] != nullptr; settings += 2) map[settings[0]] = settings[1];
  Sentences sentences(give, giver);
  std::string model;
  const auto status = sentencepiece::SentencePieceTrainer::Train(map, &sentences, &model);
  if (status.ok()) take(receiver, model.data(), model.size(), 0, 0);
  return message_of(status);
}

void free_text(char* text) { free(text); }

constexpr AttendSubwords kLibrary{load, unload, cut, train, free_text};

}  // namespace

extern "C" __attribute__((visibility("default"))) const AttendSubwords* attend_subwords() {
  return &kLibrary;
}
