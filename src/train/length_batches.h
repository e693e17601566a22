// Batches of validation examples that have similar lengths. Needs no libtorch.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "base/base.h"

namespace attend::train {

/// Divides the examples 0 … lengths.size() − 1 into batches of at most 32 with similar lengths, and
/// calls `work` once for each batch. The workers share the batches, so that `work` is called from
/// several threads; the batches do not depend on the number of workers.
void for_each_batch(const std::vector<std::size_t>& lengths, Workers& workers,
                    const std::function<void(std::span<const std::size_t> batch)>& work);

}  // namespace attend::train
