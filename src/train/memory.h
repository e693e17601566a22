// Cuts batches by the memory that their activations take. Internal to this folder. Needs no
// libtorch.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/model.h"

namespace attend::train {

/// Cuts examples into runs whose activations take at most `bytes` each. A run holds at least one
/// example, even if that one takes more. Neighbours that share a picture stay in one run, so that
/// it is encoded once, unless they alone take more. With `bytes` = 0 there is no limit and one run.
/// `kept_logits` is that of ActivationMemory::bytes().
std::vector<std::span<const model::Example* const>> cut_by_memory(
    const model::ActivationMemory& memory, std::int64_t kept_logits,
    std::span<const model::Example* const> examples, std::int64_t bytes);

}  // namespace attend::train
