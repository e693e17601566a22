// An encoder of several levels (§8; Yang et al. 2016): the annotations of every sentence are pooled
// to one vector, and the layers of the level above read the vectors of a source.
#include <algorithm>
#include <utility>

#include "base/base.h"
#include "runtime/encoder.h"
#include "runtime/first_states.h"

namespace attend::runtime {
namespace {

constexpr std::size_t kWordsAtOnce = 4096;  // of all sources whose words are annotated together

// The lengths of the sequences of every level.
struct LevelLengths {
  std::vector<std::size_t> sentences;   // in words
  std::vector<std::size_t> paragraphs;  // in sentences; empty with two levels
  std::vector<std::size_t> documents;   // in sentences or paragraphs
  // [sources + 1]: the number of words and of sentences before each source
  std::vector<std::size_t> words_before, sentences_before;
};

// Adds the lengths of the groups that begin at `firsts` in a source of `size` elements.
void add_lengths(std::span<const std::int32_t> firsts, std::size_t size,
                 std::vector<std::size_t>& lengths) {
  for (const model::Group& group : model::find_groups(firsts, size)) {
    lengths.push_back(group.length);
  }
}

LevelLengths find_lengths(std::span<const model::Source> sources) {
  LevelLengths all;
  std::size_t words = 0;
  for (const model::Source& source : sources) {
    all.words_before.push_back(words);
    all.sentences_before.push_back(all.sentences.size());
    words += source.tokens.size();
    add_lengths(source.sentences, source.tokens.size(), all.sentences);
    if (source.paragraphs.empty()) {
      all.documents.push_back(source.sentences.size());
    } else {
      add_lengths(source.paragraphs, source.sentences.size(), all.paragraphs);
      all.documents.push_back(source.paragraphs.size());
    }
  }
  all.words_before.push_back(words);
  all.sentences_before.push_back(all.sentences.size());
  return all;
}

}  // namespace

Annotations with_lengths(std::span<const std::size_t> lengths) {
  Annotations annotations;
  std::size_t start = 0;
  for (const std::size_t length : lengths) {
    annotations.starts.push_back(start);
    annotations.lengths.push_back(length);
    annotations.longest = std::max(annotations.longest, length);
    start += length;
  }
  return annotations;
}

// Returns the vectors [sources, n_h] that the sources of a level become. `weights` [positions]
// becomes α, or stays empty where the level pools without weights.
std::vector<float> Encoder::pool(const Level& level, const Annotations& annotations,
                                 std::vector<float>& weights) const {
  const std::size_t units = annotations.units, positions = annotations.positions();
  std::vector<float> vectors(annotations.sources() * units);
  const std::span<const float> h = annotations.values;
  const bool weighted = pooling_ == model::Pooling::kAttention;
  if (weighted) {
    weights.resize(positions);
    std::vector<float> hidden(positions * level.query.size());
    level.hidden(h, positions, hidden);
    const std::vector<float> no_query(level.query.size(), 0.0F);
    kernels::additive_energies(no_query, hidden, level.query, 0.0F,
                               kernels::EnergyActivation::kLinear, weights);
  }
  for (std::size_t source = 0; source < annotations.sources(); ++source) {
    const std::size_t start = annotations.starts[source], length = annotations.lengths[source];
    const auto own = h.subspan(start * units, length * units);
    const auto vector = row_of(std::span(vectors), source, units);
    if (weighted) {
      const auto alpha = std::span(weights).subspan(start, length);
      kernels::softmax(alpha);
      kernels::weighted_sum(alpha, own, vector);
    } else if (pooling_ == model::Pooling::kMean) {
      take_mean(own, vector);
    } else {
      take_largest(own, vector);
    }
  }
  return vectors;
}

// Returns the vectors of the sentences of all sources, and gives `weights` those of their words.
// Only a few sources are worked on at a time: what their words need then stays in the processor's
// caches, and memory does not grow with the number of sources.
std::vector<float> Encoder::sentence_vectors(std::span<const model::Source> sources,
                                             std::span<const text::TokenId> ids,
                                             std::span<const std::size_t> lengths,
                                             std::vector<float>& weights) const {
  std::vector<float> vectors, own_weights;
  for (std::size_t begin = 0, end = 0; begin < sources.size(); begin = end) {
    std::size_t words = 0, sentences = 0;
    do {
      words += sources[end].tokens.size();
      sentences += sources[end].sentences.size();
      ++end;
    } while (end < sources.size() && words + sources[end].tokens.size() <= kWordsAtOnce);
    const auto own_ids = ids.first(words);
    const Annotations annotations = annotate_level(
        0, embed_sources(sources.subspan(begin, end - begin), {own_ids.begin(), own_ids.end()}),
        lengths.first(sentences));
    const std::vector<float> own = pool(levels_[0], annotations, own_weights);
    vectors.insert(vectors.end(), own.begin(), own.end());
    weights.insert(weights.end(), own_weights.begin(), own_weights.end());
    ids = ids.subspan(words);
    lengths = lengths.subspan(sentences);
  }
  return vectors;
}

Annotations Encoder::annotate_documents(std::span<const model::Source> sources,
                                        std::span<const text::TokenId> ids) const {
  for (const model::Source& source : sources) ATTEND_CHECK(source.allowed.empty());
  const LevelLengths all = find_lengths(sources);
  std::vector<PoolingWeights> pooling{{all.words_before, {}}};
  std::vector<float> vectors = sentence_vectors(sources, ids, all.sentences, pooling[0].values);
  std::size_t level = 1;
  if (!all.paragraphs.empty()) {
    const Annotations sentences = annotate_level(level, {std::move(vectors), {}}, all.paragraphs);
    pooling.push_back({all.sentences_before, {}});
    vectors = pool(levels_[level++], sentences, pooling.back().values);
  }
  Annotations annotations = annotate_level(level, {std::move(vectors), {}}, all.documents);
  annotations.pooling = std::move(pooling);
  return annotations;
}

}  // namespace attend::runtime
