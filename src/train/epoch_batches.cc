#include "train/epoch_batches.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/base.h"
#include "text/text.h"

namespace attend::train {
namespace {

using Batch = std::vector<std::uint32_t>;

std::vector<Batch> batches_of_texts(std::span<const model::Example> examples,
                                    const model::TrainingConfig& training, std::int64_t epoch) {
  std::vector<text::ExampleLength> lengths;
  lengths.reserve(examples.size());
  for (const model::Example& example : examples) {
    lengths.push_back({static_cast<std::uint32_t>(example.source.tokens.size()),
                       static_cast<std::uint32_t>(example.target.size())});
  }
  const text::BatchOptions options{
      training.batch_unit, static_cast<std::size_t>(training.batch_size),
      static_cast<std::size_t>(training.batches_per_sort), training.seed};
  return text::make_batches(lengths, options, static_cast<std::uint64_t>(epoch));
}

// Returns the captions of each picture, in the order in which pictures first occur.
std::vector<Batch> captions_of_pictures(std::span<const model::Example> examples) {
  std::vector<Batch> groups;
  std::map<const model::Picture*, std::size_t> known;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    const auto [found, is_new] = known.try_emplace(examples[i].source.picture.get(), groups.size());
    if (is_new) groups.emplace_back();
    groups[found->second].push_back(static_cast<std::uint32_t>(i));
  }
  return groups;
}

std::vector<Batch> batches_of_pictures(std::span<const model::Example> examples,
                                       const model::TrainingConfig& training, std::int64_t epoch) {
  std::vector<Batch> groups = captions_of_pictures(examples);
  Random random = Random::stream(training.seed, static_cast<std::uint64_t>(epoch));
  random.shuffle(std::span(groups));
  const bool by_tokens = training.batch_unit == text::BatchUnit::kTokens;
  const auto size_of = [&](const Batch& group) {
    std::size_t size = 0;
    for (const std::uint32_t i : group) size += by_tokens ? examples[i].target.size() : 1;
    return size;
  };
  std::vector<Batch> batches;
  std::size_t size = 0;
  for (const Batch& group : groups) {
    const std::size_t own = size_of(group);
    const bool fits = size + own <= static_cast<std::size_t>(training.batch_size);
    if (batches.empty() || !fits) {
      batches.emplace_back();
      size = 0;
    }
    batches.back().insert(batches.back().end(), group.begin(), group.end());
    size += own;
  }
  return batches;
}

}  // namespace

std::vector<Batch> epoch_batches(std::span<const model::Example> examples,
                                 const model::Configuration& configuration, std::int64_t epoch) {
  const bool convolves = configuration.encoder.kind == model::EncoderKind::kConvolutional;
  return convolves ? batches_of_pictures(examples, configuration.training, epoch)
                   : batches_of_texts(examples, configuration.training, epoch);
}

std::vector<const model::Example*> shard_of(std::span<const model::Example* const> batch,
                                            std::size_t index, std::size_t count) {
  std::vector<const model::Example*> result;
  std::map<const model::Picture*, std::size_t> pictures;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const model::Picture* picture = batch[i]->source.picture.get();
    const std::size_t number =
        picture == nullptr ? i : pictures.try_emplace(picture, pictures.size()).first->second;
    if (number % count == index) result.push_back(batch[i]);
  }
  std::stable_sort(result.begin(), result.end(),
                   [](const model::Example* a, const model::Example* b) {
                     return a->source.tokens.size() > b->source.tokens.size();
                   });
  return result;
}

}  // namespace attend::train
