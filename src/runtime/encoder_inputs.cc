// What the bottom layer of an encoder reads: embeddings of words, the means of their n-grams and
// embedded distances from entities (§9).
#include <algorithm>
#include <unordered_map>
#include <utility>

#include "runtime/encoder.h"

namespace attend::runtime {
namespace {

using text::TokenId;

// Returns the different ids, in the order of their first places. Each id becomes the place in this
// list where it stands.
std::vector<TokenId> replace_by_places(std::span<TokenId> ids) {
  std::vector<TokenId> distinct;
  std::unordered_map<TokenId, TokenId> places(ids.size());
  for (TokenId& id : ids) {
    const auto [place, is_new] = places.try_emplace(id, static_cast<TokenId>(distinct.size()));
    if (is_new) distinct.push_back(id);
    id = place->second;
  }
  return distinct;
}

}  // namespace

// Returns embeddings [ids, m_x].
std::vector<float> Encoder::embed(std::span<const TokenId> ids) const {
  std::vector<float> embedded(ids.size() * embedding_);
  for (std::size_t at = 0; at < ids.size(); ++at) {
    copy(row_of(embeddings_, static_cast<std::size_t>(ids[at]), embedding_),
         row_of(std::span<float>(embedded), at, embedding_));
  }
  return embedded;
}

// Returns the embeddings of all positions, with the means of their n-grams.
std::vector<float> Encoder::embed_words(std::span<const model::Source> sources,
                                        std::span<const TokenId> ids) const {
  std::vector<float> rows = embed(ids);
  std::size_t first = 0;
  for (const model::Source& source : sources) {
    if (!ngrams_.empty()) add_ngrams(source.ngrams, first, rows);
    first += source.tokens.size();
  }
  return rows;
}

// Adds the means of the vectors of n-grams to the embeddings `rows` [positions, m_x] of a source
// that begins with position `first`.
void Encoder::add_ngrams(const model::Ngrams& ngrams, std::size_t first,
                         std::span<float> rows) const {
  std::vector<float> mean(embedding_);
  for (std::size_t j = 0; j < ngrams.words.size(); ++j) {
    const auto own = ngrams.list->rows(static_cast<std::size_t>(ngrams.words[j]));
    std::fill(mean.begin(), mean.end(), 0.0F);
    for (const std::int32_t row : own) {
      const std::span<const float> vector =
          row_of(ngrams_, static_cast<std::size_t>(row), embedding_);
      for (std::size_t k = 0; k < embedding_; ++k) mean[k] += vector[k];
    }
    const std::span<float> sum = row_of(rows, first + j, embedding_);
    const auto count = static_cast<float>(own.size());
    for (std::size_t k = 0; k < embedding_; ++k) sum[k] += mean[k] / count;
  }
}

// Returns what the bottom layer reads at all positions of the sources, whose ids are `ids`.
Encoder::Inputs Encoder::embed_sources(std::span<const model::Source> sources,
                                       std::vector<TokenId> ids) const {
  if (position_units_ > 0) return {embed_with_distances(sources, ids), {}};
  if (!ngrams_.empty()) return {embed_words(sources, ids), {}};
  const bool one_hot = embedding_ == 0, table = !levels_[0].layers[0].front().table.empty();
  if (one_hot || table) return {{}, std::move(ids)};
  const std::vector<TokenId> distinct = replace_by_places(ids);
  return {embed(distinct), std::move(ids)};
}

// Returns [E x_j; P_1 d_1; P_2 d_2] of all positions of the sources, whose ids are `ids` (§9).
std::vector<float> Encoder::embed_with_distances(std::span<const model::Source> sources,
                                                 std::span<const TokenId> ids) const {
  const std::vector<float> words = embed_words(sources, ids);
  const std::size_t width = embedding_ + distances_.size() * position_units_;
  std::vector<float> rows(ids.size() * width);
  std::size_t at = 0;
  for (const model::Source& source : sources) {
    for (std::size_t j = 0; j < source.tokens.size(); ++j, ++at) {
      const std::span<float> row = row_of(std::span<float>(rows), at, width);
      copy(row_of(std::span<const float>(words), at, embedding_), row.first(embedding_));
      for (std::size_t k = 0; k < distances_.size(); ++k) {
        const std::int32_t place = source.entities.empty() ? model::kNowhere : source.entities[k];
        const auto distance = static_cast<std::size_t>(
            model::distance_row(place, static_cast<std::int64_t>(j), position_reach_));
        copy(row_of(distances_[k], distance, position_units_),
             row.subspan(embedding_ + k * position_units_, position_units_));
      }
    }
  }
  return rows;
}

}  // namespace attend::runtime
