#include "runtime/token_projection.h"

#include <algorithm>
#include <utility>

#include "base/base.h"

namespace attend::runtime {
namespace {

constexpr std::size_t kLargestLazyTable = std::size_t{1} << 24;  // 64 MiB
// Up to so many missing rows are computed one by one; with more, one product computes all rows.
constexpr std::size_t kMissing = 4;

}  // namespace

Embeddings make_embeddings(const model::DecoderConfig& config, std::size_t vocabulary,
                           std::optional<text::TokenId> end, const model::Weights& weights) {
  Embeddings embeddings;
  embeddings.vocabulary = vocabulary;
  if (config.feedback != model::Feedback::kPrevious) return embeddings;
  embeddings.values = weights.get(model::target_embedding_name(config)).values;
  embeddings.width = static_cast<std::size_t>(config.embedding);
  if (config.start == model::Start::kOwn) embeddings.start = weights.get(model::kStartName).values;
  if (config.start == model::Start::kEnd) {
    ATTEND_CHECK(end.has_value());
    embeddings.start = row_of(embeddings.values, static_cast<std::size_t>(*end), embeddings.width);
  }
  return embeddings;
}

void embed(const Embeddings& embeddings, std::span<const text::TokenId> tokens,
           std::span<float> embedded) {
  for (std::size_t row = 0; row < tokens.size(); ++row) {
    const std::span<float> to = row_of(embedded, row, embeddings.width);
    if (tokens[row] == text::kNoToken) {
      if (embeddings.start.empty()) {
        std::fill(to.begin(), to.end(), 0.0F);
      } else {
        copy(embeddings.start, to);
      }
    } else {
      copy(row_of(embeddings.values, static_cast<std::size_t>(tokens[row]), embeddings.width), to);
    }
  }
}

LazyRows::LazyRows(std::size_t rows, std::size_t width)
    : width_(width), values_(new float[rows * width]), states_(rows) {}

std::span<const float> LazyRows::find(std::size_t row) const {
  if (states_[row].load(std::memory_order_acquire) != State::kFull) return {};
  return {values_.get() + row * width_, width_};
}

void LazyRows::fill(std::size_t row, std::span<const float> values) {
  State expected = State::kEmpty;
  if (!states_[row].compare_exchange_strong(expected, State::kBusy)) return;
  copy(values, {values_.get() + row * width_, width_});
  states_[row].store(State::kFull, std::memory_order_release);
}

TokenProjection::TokenProjection(const Tensors& tensors, const std::string& weight,
                                 std::size_t first, const Embeddings& embeddings,
                                 std::span<const float> bias)
    : outputs_(tensors.rows(weight)), embeddings_(embeddings), bias_(bias) {
  if (bias.empty()) {
    zeros_.resize(outputs_);
    bias_ = zeros_;
  }
  if (embeddings.width == 0) return;
  weight_ = tensors.matrix(weight, {.first_column = first, .columns = embeddings.width});
  if (!embeddings.start.empty()) {
    first_.resize(outputs_);
    weight_.multiply(embeddings.start, 1, bias_, first_);
  }
  if (embeddings.vocabulary * outputs_ > kLargestTable) {
    if (embeddings.vocabulary * outputs_ > kLargestLazyTable) return;
    rows_ = std::make_unique<LazyRows>(embeddings.vocabulary, outputs_);
    return;
  }
  std::vector<float> table(embeddings.vocabulary * outputs_);
  weight_.multiply(embeddings.values, embeddings.vocabulary, bias_, table);
  table_ = std::move(table);
}

void TokenProjection::operator()(std::span<const text::TokenId> tokens,
                                 std::span<const float> embedded, std::span<float> y) const {
  if (rows_) return find_rows(tokens, embedded, y);
  if (embeds()) return weight_.multiply(embedded, tokens.size(), bias_, y);
  for (std::size_t row = 0; row < tokens.size(); ++row) {
    const bool known = embeddings_.width > 0 && tokens[row] != text::kNoToken;
    copy(known ? row_of<const float>(table_, static_cast<std::size_t>(tokens[row]), outputs_)
               : first(),
         row_of(y, row, outputs_));
  }
}

// A row has the same bits whether it was looked up or multiplied, alone or with others.
void TokenProjection::find_rows(std::span<const text::TokenId> tokens,
                                std::span<const float> embedded, std::span<float> y) const {
  const auto known = [&](text::TokenId token) {
    return token == text::kNoToken ? first() : rows_->find(static_cast<std::size_t>(token));
  };
  std::size_t missing = 0;
  for (const text::TokenId token : tokens) missing += known(token).empty() ? 1 : 0;
  const bool all = missing > kMissing;
  if (all) weight_.multiply(embedded, tokens.size(), bias_, y);
  for (std::size_t row = 0; row < tokens.size(); ++row) {
    const std::span<float> to = row_of(y, row, outputs_);
    const std::span<const float> found = known(tokens[row]);
    if (!found.empty()) {
      if (!all) copy(found, to);
      continue;
    }
    if (!all) {
      weight_.multiply(row_of(embedded, row, embeddings_.width), 1, bias_, to);
    }
    rows_->fill(static_cast<std::size_t>(tokens[row]), to);
  }
}

}  // namespace attend::runtime
