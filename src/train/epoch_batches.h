// The batches of one epoch of training. Internal to this folder. Needs no libtorch.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/model.h"

namespace attend::train {

/// Returns the batches of an epoch as indices into `examples`; every example occurs once. They
/// depend on the seed and the epoch alone. Texts and given annotations come as text::make_batches()
/// says. Where a convolutional encoder reads pictures, all captions of a picture are in one batch,
/// so that it is encoded once: pictures are shuffled, and a batch takes pictures as long as all its
/// captions are at most training.batch_size (target tokens, with batch_unit: tokens).
std::vector<std::vector<std::uint32_t>> epoch_batches(std::span<const model::Example> examples,
                                                      const model::Configuration& configuration,
                                                      std::int64_t epoch);

/// Returns the examples of shard `index` of `count`: every count-th one, or the captions of every
/// count-th picture. Neighbours in a batch have similar lengths, so that shards get similar work.
/// Long sources come first, so that the steps of the encoder can leave out sources that have ended.
std::vector<const model::Example*> shard_of(std::span<const model::Example* const> batch,
                                            std::size_t index, std::size_t count);

}  // namespace attend::train
