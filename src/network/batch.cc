#include "network/batch.h"

#include <algorithm>

#include "base/base.h"
#include "network/batch_sources.h"
#include "network/pictures.h"

namespace attend::network {
namespace {

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
    ATTEND_CHECK(source.allowed.empty() || source.allowed.size() == source.tokens.size());
    const std::size_t copied = source.copies.ids.size();
    ATTEND_CHECK(copied == 0 || copied == source.tokens.size());
    target_length = std::max(target_length, example->target.size());
  }
  Batch batch;
  batch.sentences = static_cast<std::int64_t>(examples.size());
  fill_sources(batch, examples, at_least.source, floating);
  fill_pictures(batch, examples, floating);
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
