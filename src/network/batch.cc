#include "network/batch.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

#include "base/base.h"

namespace attend::network {
namespace {

using Ids = std::vector<std::int64_t>;
using Sequences = std::vector<std::span<const text::TokenId>>;

at::Tensor to_tensor(const Ids& ids, at::IntArrayRef shape, const at::Device& device) {
  const at::Tensor result = at::empty(shape, at::kLong);
  std::copy(ids.begin(), ids.end(), result.data_ptr<std::int64_t>());
  return device.is_cpu() ? result : result.to(device);
}

// The words of a batch that have n-grams, each once.
struct Words {
  std::vector<std::vector<text::TokenId>> of;  // [sources][tokens]: a word, or kNoToken
  Ids rows, row_words, counts;                 // as Batch has them
  bool any() const { return !counts.empty(); }
};

Words find_words(std::span<const Example* const> examples) {
  Words words;
  std::map<std::pair<const model::NgramList*, std::int32_t>, text::TokenId> known;
  for (const Example* example : examples) {
    const model::Ngrams& ngrams = example->source.ngrams;
    ATTEND_CHECK(ngrams.words.size() <= example->source.tokens.size());
    auto& own = words.of.emplace_back(example->source.tokens.size(), text::kNoToken);
    for (std::size_t j = 0; j < ngrams.words.size(); ++j) {
      const auto next = static_cast<text::TokenId>(words.counts.size());
      const auto [found, is_new] = known.try_emplace({ngrams.list.get(), ngrams.words[j]}, next);
      own[j] = found->second;
      if (!is_new) continue;
      const auto rows = ngrams.list->rows(static_cast<std::size_t>(ngrams.words[j]));
      words.rows.insert(words.rows.end(), rows.begin(), rows.end());
      words.row_words.insert(words.row_words.end(), rows.size(), next);
      words.counts.push_back(static_cast<std::int64_t>(rows.size()));
    }
  }
  return words;
}

// Fills what a batch of words knows of their n-grams. `sequences` are the words of each source.
void fill_words(Batch& batch, const Words& words, const Sequences& sequences,
                const at::TensorOptions& floating) {
  if (!words.any()) return;
  const auto size = [](const Ids& ids) { return static_cast<std::int64_t>(ids.size()); };
  const std::size_t count = sequences.size();
  Ids of_positions(static_cast<std::size_t>(batch.source.numel()), size(words.counts));
  for (std::size_t b = 0; b < count; ++b) {
    for (std::size_t t = 0; t < sequences[b].size(); ++t) {
      if (sequences[b][t] != text::kNoToken) of_positions[t * count + b] = sequences[b][t];
    }
  }
  const at::Device device = floating.device();
  batch.words = to_tensor(of_positions, batch.source.sizes(), device);
  batch.ngrams = to_tensor(words.rows, {size(words.rows)}, device);
  batch.ngram_words = to_tensor(words.row_words, {size(words.row_words)}, device);
  batch.ngram_counts = to_tensor(words.counts, {size(words.counts), 1}, device).to(floating);
}

void fill_source(Batch& batch, const Sequences& sources, std::size_t length,
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

// Elements [first, first + length) of the level below.
struct Group {
  std::size_t first = 0;
  std::size_t length = 0;
};

// Adds the groups of a source of `size` elements that begin at `firsts`. Its first element has the
// number `before` among those of all sources.
void add_groups(const std::vector<std::int32_t>& firsts, std::size_t size, std::size_t before,
                std::vector<Group>& groups) {
  for (std::size_t k = 0; k < firsts.size(); ++k) {
    const auto begin = static_cast<std::size_t>(firsts[k]);
    const std::size_t end = k + 1 < firsts.size() ? static_cast<std::size_t>(firsts[k + 1]) : size;
    ATTEND_CHECK(firsts[0] == 0 && begin < end && end <= size);
    groups.push_back({before + begin, end - begin});
  }
}

// The sources of a batch, level by level.
struct Levels {
  Sequences sentences;
  Sequences words;                // [sentences]: their words that have n-grams
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
    std::vector<Group> own;
    add_groups(source.sentences, source.tokens.size(), 0, own);
    for (const Group& group : own) {
      levels.sentences.push_back(std::span(source.tokens).subspan(group.first, group.length));
      levels.words.push_back(std::span(words.of[k]).subspan(group.first, group.length));
    }
    if (source.paragraphs.empty()) {
      levels.documents.push_back({before, own.size()});
      continue;
    }
    levels.documents.push_back({levels.paragraphs.size(), source.paragraphs.size()});
    add_groups(source.paragraphs, own.size(), before, levels.paragraphs);
  }
  return levels;
}

// A batch of a level, and the place that each of its elements has in it.
struct LowerBatch {
  std::shared_ptr<const Batch> batch;
  Ids places;
};

// Returns the numbers of elements in the order of their falling lengths: a step of the encoder
// then computes only those that have not ended.
template <class LengthOf>
std::vector<std::size_t> order_by_length(std::size_t count, const LengthOf& length_of) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return length_of(a) > length_of(b); });
  return order;
}

Ids places_of(const std::vector<std::size_t>& order) {
  Ids places(order.size());
  for (std::size_t place = 0; place < order.size(); ++place) {
    places[order[place]] = static_cast<std::int64_t>(place);
  }
  return places;
}

std::shared_ptr<Batch> make_sources(const Sequences& sources, const at::TensorOptions& floating) {
  std::size_t longest = 0;
  for (const auto& one : sources) longest = std::max(longest, one.size());
  auto batch = std::make_shared<Batch>();
  batch->sentences = static_cast<std::int64_t>(sources.size());
  fill_source(*batch, sources, longest, floating);
  return batch;
}

LowerBatch make_sentences(const Levels& levels, const Words& words,
                          const at::TensorOptions& floating) {
  const Sequences& sentences = levels.sentences;
  const auto order =
      order_by_length(sentences.size(), [&](std::size_t k) { return sentences[k].size(); });
  Sequences ordered, ordered_words;
  for (const std::size_t k : order) {
    ordered.push_back(sentences[k]);
    ordered_words.push_back(levels.words[k]);
  }
  const std::shared_ptr<Batch> batch = make_sources(ordered, floating);
  fill_words(*batch, words, ordered_words, floating);
  return {batch, places_of(order)};
}

// Fills what a batch whose sources are `groups` of the elements of `below` knows of them.
void fill_groups(Batch& batch, const std::vector<Group>& groups, std::size_t length,
                 const LowerBatch& below, const at::TensorOptions& floating) {
  const std::vector<text::TokenId> no_ids(length, 0);
  Sequences sources;
  for (const Group& group : groups) sources.push_back(std::span(no_ids).first(group.length));
  fill_source(batch, sources, length, floating);
  Ids rows(length * groups.size(), below.batch->sentences);
  for (std::size_t b = 0; b < groups.size(); ++b) {
    for (std::size_t t = 0; t < groups[b].length; ++t) {
      rows[t * groups.size() + b] = below.places[groups[b].first + t];
    }
  }
  batch.below = below.batch;
  batch.below_rows = to_tensor(rows, {static_cast<std::int64_t>(rows.size())}, floating.device());
}

std::size_t longest_of(const std::vector<Group>& groups) {
  std::size_t longest = 0;
  for (const Group& group : groups) longest = std::max(longest, group.length);
  return longest;
}

LowerBatch make_paragraphs(const std::vector<Group>& paragraphs, const LowerBatch& sentences,
                           const at::TensorOptions& floating) {
  const auto order =
      order_by_length(paragraphs.size(), [&](std::size_t k) { return paragraphs[k].length; });
  std::vector<Group> ordered;
  for (const std::size_t k : order) ordered.push_back(paragraphs[k]);
  auto batch = std::make_shared<Batch>();
  batch->sentences = static_cast<std::int64_t>(ordered.size());
  fill_groups(*batch, ordered, longest_of(ordered), sentences, floating);
  return {std::move(batch), places_of(order)};
}

// Fills what the batch knows of sources with several levels.
void fill_documents(Batch& batch, std::span<const Example* const> examples, std::size_t at_least,
                    const at::TensorOptions& floating) {
  const Words words = find_words(examples);
  const Levels levels = find_levels(examples, words);
  LowerBatch below = make_sentences(levels, words, floating);
  if (!levels.paragraphs.empty()) below = make_paragraphs(levels.paragraphs, below, floating);
  fill_groups(batch, levels.documents, std::max(at_least, longest_of(levels.documents)), below,
              floating);
}

// Fills what the batch knows of its sources.
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
  fill_words(batch, words, {words.of.begin(), words.of.end()}, floating);
}

// Says where attention may look. Call after fill_sources().
void fill_attention(Batch& batch, std::span<const Example* const> examples,
                    const at::TensorOptions& floating) {
  const auto length = static_cast<std::size_t>(batch.source.size(0));
  batch.attention_mask = batch.source_mask;
  batch.attention_sizes = batch.source_sizes;
  const auto is_open = [](const Example* example) { return example->source.allowed.empty(); };
  if (std::all_of(examples.begin(), examples.end(), is_open)) return;
  const std::size_t count = examples.size();
  Ids mask(length * count, 0);
  bool first_ones = true;  // whether the allowed positions of every source are its first ones
  for (std::size_t b = 0; b < count; ++b) {
    std::vector<char> allowed = examples[b]->source.allowed;
    if (allowed.empty()) allowed.assign(examples[b]->source.tokens.size(), 1);
    for (std::size_t t = 0; t < allowed.size(); ++t) mask[t * count + b] = allowed[t] != 0 ? 1 : 0;
    const auto end = std::find(allowed.begin(), allowed.end(), 0);
    first_ones &= std::all_of(end, allowed.end(), [](char one) { return one == 0; });
    batch.attention_sizes[b] = static_cast<std::int32_t>(end - allowed.begin());
  }
  if (!first_ones) batch.attention_sizes.clear();
  if (std::find(mask.begin(), mask.end(), 0) == mask.end()) return;
  batch.attention_mask = to_tensor(mask, batch.source.sizes(), floating.device()).to(floating);
}

void fill_target(Batch& batch, std::span<const Example* const> examples, std::size_t length,
                 const at::TensorOptions& floating) {
  const std::size_t count = examples.size();
  const at::Device device = floating.device();
  Ids target(length * count, 0), previous(length * count, -1), rows, tokens, lengths;
  for (const Example* example : examples) {
    lengths.push_back(static_cast<std::int64_t>(example->target.size()));
  }
  for (std::size_t i = 0; i < length; ++i) {
    for (std::size_t b = 0; b < count; ++b) {
      const auto& ids = examples[b]->target;
      if (i >= ids.size()) continue;
      target[i * count + b] = ids[i];
      rows.push_back(static_cast<std::int64_t>(i * count + b));
      tokens.push_back(ids[i]);
    }
  }
  const auto steps = static_cast<std::int64_t>(length);
  const auto columns = static_cast<std::int64_t>(count);
  batch.tokens = static_cast<std::int64_t>(tokens.size());
  std::copy(target.begin(), target.end() - static_cast<std::ptrdiff_t>(count),
            previous.begin() + static_cast<std::ptrdiff_t>(count));
  batch.target = to_tensor(target, {steps, columns}, device);
  batch.previous = to_tensor(previous, {steps, columns}, device);
  batch.target_tokens = to_tensor(tokens, {batch.tokens}, device);
  batch.target_lengths = to_tensor(lengths, {columns}, device).to(floating);
  if (batch.tokens < steps * columns) batch.target_rows = to_tensor(rows, {batch.tokens}, device);
}

// Makes the distribution over the source that the links of each target token ask for. Call after
// fill_sources() and fill_target().
void fill_links(Batch& batch, std::span<const Example* const> examples,
                const at::TensorOptions& floating) {
  const auto has_none = [](const Example* example) { return example->links.empty(); };
  if (std::all_of(examples.begin(), examples.end(), has_none)) return;
  const std::int64_t steps = batch.target.size(0), positions = batch.source.size(0);
  const at::Tensor links = at::zeros({steps, batch.sentences, positions}, at::kFloat);
  auto cells = links.accessor<float, 3>();
  for (std::size_t b = 0; b < examples.size(); ++b) {
    const Example& example = *examples[b];
    for (const model::Link& link : example.links) {
      ATTEND_CHECK(link.source >= 0 && link.target >= 0);
      ATTEND_CHECK(static_cast<std::size_t>(link.source) < example.source.tokens.size());
      ATTEND_CHECK(static_cast<std::size_t>(link.target) < example.target.size());
      cells[link.target][static_cast<std::int64_t>(b)][link.source] = 1;
    }
  }
  const at::Tensor whole = links.to(floating);
  batch.links = whole / whole.sum(2, true).clamp_min(1);
}

// Makes the ids of the units that may be copied from each source.
void fill_copies(Batch& batch, std::span<const Example* const> examples, const at::Device& device) {
  const auto length = static_cast<std::size_t>(batch.source.size(0));
  const auto has_none = [](const Example* one) { return one->source.copies.ids.empty(); };
  if (std::all_of(examples.begin(), examples.end(), has_none)) return;
  Ids all(examples.size() * length, text::kNoToken);
  for (std::size_t b = 0; b < examples.size(); ++b) {
    const model::Copies& copies = examples[b]->source.copies;
    std::copy(copies.ids.begin(), copies.ids.end(),
              all.begin() + static_cast<std::ptrdiff_t>(b * length));
    if (copies.units.empty()) continue;
    batch.own_ids = std::max(batch.own_ids, static_cast<std::int64_t>(copies.units.size()));
    batch.unknown = copies.unknown;
  }
  batch.copies = to_tensor(all, {batch.sentences, static_cast<std::int64_t>(length)}, device);
}

// Makes the places of the entities of each source.
void fill_entities(Batch& batch, std::span<const Example* const> examples,
                   const at::Device& device) {
  Ids all(model::kEntities * examples.size(), model::kNowhere);
  for (std::size_t b = 0; b < examples.size(); ++b) {
    const std::vector<std::int32_t>& places = examples[b]->source.entities;
    ATTEND_CHECK(places.empty() || places.size() == model::kEntities);
    for (std::size_t k = 0; k < places.size(); ++k) all[k * examples.size() + b] = places[k];
  }
  batch.entities =
      to_tensor(all, {static_cast<std::int64_t>(model::kEntities), batch.sentences}, device);
}

// Makes the factors of the costs of target tokens, in the order of batch.target_tokens.
void fill_weights(Batch& batch, std::span<const Example* const> examples,
                  const at::TensorOptions& floating) {
  const auto is_usual = [](const Example* one) { return one->weight == 1.0F; };
  if (std::all_of(examples.begin(), examples.end(), is_usual)) return;
  std::vector<float> weights;
  for (std::int64_t i = 0; i < batch.target.size(0); ++i) {
    for (const Example* example : examples) {
      if (static_cast<std::size_t>(i) < example->target.size()) weights.push_back(example->weight);
    }
  }
  const at::Tensor tensor = at::empty({batch.tokens}, at::kFloat);
  std::copy(weights.begin(), weights.end(), tensor.data_ptr<float>());
  batch.target_weights = tensor.to(floating);
}

}  // namespace

Batch make_batch(std::span<const Example* const> examples, const at::TensorOptions& floating,
                 const PaddedTo& at_least) {
  ATTEND_CHECK(!examples.empty());
  std::size_t target_length = at_least.target;
  for (const Example* example : examples) {
    const model::Source& source = example->source;
    ATTEND_CHECK(!source.tokens.empty() && !example->target.empty());
    ATTEND_CHECK(source.features.empty());
    ATTEND_CHECK(source.allowed.empty() || source.allowed.size() == source.tokens.size());
    const std::size_t copied = source.copies.ids.size();
    ATTEND_CHECK(copied == 0 || copied == source.tokens.size());
    target_length = std::max(target_length, example->target.size());
  }
  Batch batch;
  batch.sentences = static_cast<std::int64_t>(examples.size());
  fill_sources(batch, examples, at_least.source, floating);
  fill_attention(batch, examples, floating);
  fill_target(batch, examples, target_length, floating);
  fill_links(batch, examples, floating);
  fill_copies(batch, examples, floating.device());
  fill_entities(batch, examples, floating.device());
  fill_weights(batch, examples, floating);
  Ids last;
  for (const Example* example : examples) last.push_back(example->target.back());
  batch.last_tokens = to_tensor(last, {batch.sentences}, floating.device());
  return batch;
}

Batch hide_last_tokens(const Batch& batch) {
  Batch result = batch;
  result.attention_mask = batch.attention_mask.defined()
                              ? batch.attention_mask.clone()
                              : at::ones(batch.source.sizes(), batch.source_lengths.options());
  result.attention_mask.view(-1).index_fill_(0, batch.last_rows, 0);
  for (std::size_t b = 0; b < result.attention_sizes.size(); ++b) {
    result.attention_sizes[b] = std::min(result.attention_sizes[b], batch.source_sizes[b] - 1);
  }
  return result;
}

at::Tensor order_of_reversed_words(const Batch& batch) {
  const at::Tensor place =
      at::arange(batch.source.size(0), batch.source.options()).unsqueeze(1);  // t
  const at::Tensor words = batch.source_lengths.to(at::kLong).unsqueeze(0) - 1;
  return at::where(place < words, words - 1 - place, place);
}

Batch reorder_source(const Batch& batch, const at::Tensor& order) {
  Batch result = batch;
  result.source = batch.source.gather(0, order);
  return result;
}

}  // namespace attend::network
