#include "network/batch_sources.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "base/base.h"

namespace attend::network {

at::Tensor to_tensor(const Ids& ids, at::IntArrayRef shape, const at::Device& device) {
  const at::Tensor result = at::empty(shape, at::kLong);
  std::copy(ids.begin(), ids.end(), result.data_ptr<std::int64_t>());
  return device.is_cpu() ? result : result.to(device);
}

namespace {

using Sequence = std::span<const text::TokenId>;
using Sequences = std::vector<Sequence>;

// The words that have n-grams, each once.
struct Words {
  std::vector<std::vector<text::TokenId>> of;       // [sources][tokens]: a word, or kNoToken
  std::vector<std::span<const std::int32_t>> rows;  // [words]: the rows of the n-grams of each
  bool any() const { return !rows.empty(); }
};

Words find_words(std::span<const Example* const> examples) {
  Words words;
  std::map<std::pair<const model::NgramList*, std::int32_t>, text::TokenId> known;
  for (const Example* example : examples) {
    const model::Ngrams& ngrams = example->source.ngrams;
    ATTEND_CHECK(ngrams.words.size() <= example->source.tokens.size());
    auto& own = words.of.emplace_back(example->source.tokens.size(), text::kNoToken);
    for (std::size_t j = 0; j < ngrams.words.size(); ++j) {
      const auto next = static_cast<text::TokenId>(words.rows.size());
      const auto [found, is_new] = known.try_emplace({ngrams.list.get(), ngrams.words[j]}, next);
      own[j] = found->second;
      if (!is_new) continue;
      words.rows.push_back(ngrams.list->rows(static_cast<std::size_t>(ngrams.words[j])));
    }
  }
  return words;
}

// Fills what a batch of words knows of their n-grams: each of its own words once. `sequences` are
// the words of each source.
void fill_words(Batch& batch, const Words& words, std::span<const Sequence> sequences,
                const at::TensorOptions& floating) {
  if (!words.any()) return;
  const auto size = [](const Ids& ids) { return static_cast<std::int64_t>(ids.size()); };
  const std::size_t count = sequences.size();
  constexpr std::int64_t kNone = -1;
  Ids of_positions(static_cast<std::size_t>(batch.source.numel()), kNone);
  Ids own(words.rows.size(), kNone), rows, row_words, counts;  // own: [words], as in this batch
  for (std::size_t b = 0; b < count; ++b) {
    for (std::size_t t = 0; t < sequences[b].size(); ++t) {
      if (sequences[b][t] == text::kNoToken) continue;
      const auto word = static_cast<std::size_t>(sequences[b][t]);
      if (own[word] == kNone) {
        own[word] = size(counts);
        rows.insert(rows.end(), words.rows[word].begin(), words.rows[word].end());
        row_words.insert(row_words.end(), words.rows[word].size(), own[word]);
        counts.push_back(static_cast<std::int64_t>(words.rows[word].size()));
      }
      of_positions[t * count + b] = own[word];
    }
  }
  if (counts.empty()) return;
  std::replace(of_positions.begin(), of_positions.end(), kNone, size(counts));
  const at::Device device = floating.device();
  batch.words = to_tensor(of_positions, batch.source.sizes(), device);
  batch.ngrams = to_tensor(rows, {size(rows)}, device);
  batch.ngram_words = to_tensor(row_words, {size(row_words)}, device);
  batch.ngram_counts = to_tensor(counts, {size(counts), 1}, device).to(floating);
}

void fill_source(Batch& batch, std::span<const Sequence> sources, std::size_t length,
                 const at::TensorOptions& floating) {
  const std::size_t count = sources.size();
  Ids source(length * count, 0), reversed(length * count, 0), reversal(length * count);
  Ids lengths(count), last(count), mask(length * count, 0);
  for (std::size_t b = 0; b < count; ++b) {
    const auto& tokens = sources[b];
    for (std::size_t t = 0; t < length; ++t) {
      const bool real = t < tokens.size();
      const std::size_t mirrored = real ? tokens.size() - 1 - t : t;
      reversal[t * count + b] = static_cast<std::int64_t>(mirrored * count + b);
      if (!real) continue;
      source[t * count + b] = tokens[t];
      reversed[t * count + b] = tokens[mirrored];
      mask[t * count + b] = 1;
    }
    lengths[b] = static_cast<std::int64_t>(tokens.size());
    batch.source_sizes.push_back(static_cast<std::int32_t>(tokens.size()));
    last[b] = static_cast<std::int64_t>((tokens.size() - 1) * count + b);
  }
  const auto rows = static_cast<std::int64_t>(length);
  const auto columns = static_cast<std::int64_t>(count);
  const at::Device device = floating.device();
  batch.source = to_tensor(source, {rows, columns}, device);
  batch.reversed_source = to_tensor(reversed, {rows, columns}, device);
  batch.reversal = to_tensor(reversal, {rows * columns}, device);
  batch.source_lengths = to_tensor(lengths, {columns}, device).to(floating);
  batch.last_rows = to_tensor(last, {columns}, device);
  if (std::find(mask.begin(), mask.end(), 0) != mask.end()) {
    batch.source_mask = to_tensor(mask, {rows, columns}, device).to(floating);
  }
}

using model::Group;

struct Sentence {
  Sequence tokens;
  Sequence words;  // those that have n-grams
};

// The sources of a batch, level by level.
struct Levels {
  std::vector<Sentence> sentences;
  std::vector<Group> paragraphs;  // of sentences; empty with two levels
  std::vector<Group> documents;   // of sentences or paragraphs
};

Levels find_levels(std::span<const Example* const> examples, const Words& words) {
  const model::Source& first = examples[0]->source;
  Levels levels;
  for (std::size_t k = 0; k < examples.size(); ++k) {
    const model::Source& source = examples[k]->source;
    ATTEND_CHECK(!source.sentences.empty() &&
                 source.paragraphs.empty() == first.paragraphs.empty());
    ATTEND_CHECK(source.allowed.empty() && source.copies.ids.empty());
    const std::size_t before = levels.sentences.size();
    const std::vector<Group> own = model::find_groups(source.sentences, source.tokens.size());
    for (const Group& group : own) {
      levels.sentences.push_back({std::span(source.tokens).subspan(group.first, group.length),
                                  std::span(words.of[k]).subspan(group.first, group.length)});
    }
    if (source.paragraphs.empty()) {
      levels.documents.push_back({before, own.size()});
      continue;
    }
    levels.documents.push_back({levels.paragraphs.size(), source.paragraphs.size()});
    for (const Group& group : model::find_groups(source.paragraphs, own.size())) {
      levels.paragraphs.push_back({before + group.first, group.length});
    }
  }
  return levels;
}

// The batches of a level, and the place that each of its elements has in all of them, one after the
// other.
struct LowerBatches {
  std::vector<std::shared_ptr<const Batch>> batches;
  Ids places;
};

// Returns the numbers of elements in the order of their falling lengths: a step of the encoder
// then computes only those that have not ended.
std::vector<std::size_t> order_by_length(const std::vector<std::size_t>& lengths) {
  std::vector<std::size_t> order(lengths.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return lengths[a] > lengths[b]; });
  return order;
}

// Cuts elements in this order into batches. The shortest element of a batch has more than half the
// length of the longest one, so that less than half of the batch is padding; but a batch of few
// elements is slower than padding.
std::vector<std::span<const std::size_t>> cut_by_length(const std::vector<std::size_t>& order,
                                                        const std::vector<std::size_t>& lengths) {
  constexpr std::size_t kFewest = 16;
  std::vector<std::span<const std::size_t>> batches;
  std::size_t first = 0;
  for (std::size_t k = 0; k < order.size(); ++k) {
    if (k < first + kFewest || 2 * lengths[order[k]] > lengths[order[first]]) continue;
    batches.push_back(std::span(order).subspan(first, k - first));
    first = k;
  }
  batches.push_back(std::span(order).subspan(first));
  return batches;
}

Ids places_of(const std::vector<std::size_t>& order) {
  Ids places(order.size());
  for (std::size_t place = 0; place < order.size(); ++place) {
    places[order[place]] = static_cast<std::int64_t>(place);
  }
  return places;
}

LowerBatches make_sentences(std::span<const Sentence> sentences, const Words& words,
                            const at::TensorOptions& floating) {
  std::vector<std::size_t> lengths;
  for (const Sentence& sentence : sentences) lengths.push_back(sentence.tokens.size());
  const std::vector<std::size_t> order = order_by_length(lengths);
  LowerBatches result{{}, places_of(order)};
  for (const std::span<const std::size_t> own : cut_by_length(order, lengths)) {
    Sequences tokens, own_words;
    for (const std::size_t k : own) {
      tokens.push_back(sentences[k].tokens);
      own_words.push_back(sentences[k].words);
    }
    const auto batch = std::make_shared<Batch>();
    batch->sentences = static_cast<std::int64_t>(own.size());
    fill_source(*batch, tokens, lengths[own.front()], floating);
    fill_words(*batch, words, own_words, floating);
    result.batches.push_back(batch);
  }
  return result;
}

// Fills what a batch whose sources are `groups` of the elements of `below` knows of them.
void fill_groups(Batch& batch, const std::vector<Group>& groups, std::size_t length,
                 const LowerBatches& below, const at::TensorOptions& floating) {
  const std::vector<text::TokenId> no_ids(length, 0);
  Sequences sources;
  for (const Group& group : groups) sources.push_back(std::span(no_ids).first(group.length));
  fill_source(batch, sources, length, floating);
  Ids rows(length * groups.size(), static_cast<std::int64_t>(below.places.size()));
  for (std::size_t b = 0; b < groups.size(); ++b) {
    for (std::size_t t = 0; t < groups[b].length; ++t) {
      rows[t * groups.size() + b] = below.places[groups[b].first + t];
    }
  }
  batch.below = below.batches;
  batch.below_rows = to_tensor(rows, {static_cast<std::int64_t>(rows.size())}, floating.device());
}

std::size_t longest_of(const std::vector<Group>& groups) {
  std::size_t longest = 0;
  for (const Group& group : groups) longest = std::max(longest, group.length);
  return longest;
}

// Every batch of paragraphs has batches of its own sentences, which are collected in the order of
// the text.
LowerBatches make_paragraphs(const Levels& levels, const Words& words,
                             const at::TensorOptions& floating) {
  std::vector<std::size_t> lengths;
  for (const Group& paragraph : levels.paragraphs) lengths.push_back(paragraph.length);
  const std::vector<std::size_t> order = order_by_length(lengths);
  std::vector<std::size_t> firsts(lengths.size());  // of each paragraph among the sentences
  LowerBatches result{{}, places_of(order)};
  for (const std::span<const std::size_t> own : cut_by_length(order, lengths)) {
    std::vector<std::size_t> in_text(own.begin(), own.end());
    std::sort(in_text.begin(), in_text.end());
    std::vector<Sentence> sentences;
    for (const std::size_t k : in_text) {
      const auto [first, length] = levels.paragraphs[k];
      firsts[k] = sentences.size();
      const auto begin = levels.sentences.begin() + static_cast<std::ptrdiff_t>(first);
      sentences.insert(sentences.end(), begin, begin + static_cast<std::ptrdiff_t>(length));
    }
    std::vector<Group> groups;
    for (const std::size_t k : own) groups.push_back({firsts[k], lengths[k]});
    const auto batch = std::make_shared<Batch>();
    batch->sentences = static_cast<std::int64_t>(own.size());
    fill_groups(*batch, groups, lengths[own.front()], make_sentences(sentences, words, floating),
                floating);
    result.batches.push_back(batch);
  }
  return result;
}

// Fills what the batch knows of sources with several levels.
void fill_documents(Batch& batch, std::span<const Example* const> examples, std::size_t at_least,
                    const at::TensorOptions& floating) {
  const Words words = find_words(examples);
  const Levels levels = find_levels(examples, words);
  const LowerBatches below = levels.paragraphs.empty()
                                 ? make_sentences(levels.sentences, words, floating)
                                 : make_paragraphs(levels, words, floating);
  fill_groups(batch, levels.documents, std::max(at_least, longest_of(levels.documents)), below,
              floating);
}

}  // namespace

void fill_sources(Batch& batch, std::span<const Example* const> examples, std::size_t at_least,
                  const at::TensorOptions& floating) {
  const auto has_levels = [](const Example* one) { return !one->source.sentences.empty(); };
  if (std::any_of(examples.begin(), examples.end(), has_levels)) {
    return fill_documents(batch, examples, at_least, floating);
  }
  Sequences sources;
  std::size_t length = at_least;
  for (const Example* example : examples) {
    sources.emplace_back(example->source.tokens);
    length = std::max(length, example->source.tokens.size());
  }
  fill_source(batch, sources, length, floating);
  const Words words = find_words(examples);
  fill_words(batch, words, Sequences(words.of.begin(), words.of.end()), floating);
}

}  // namespace attend::network
