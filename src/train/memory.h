// Estimates the memory that the activations of a batch take. Internal to this folder. Needs no
// libtorch.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/model.h"

namespace attend::train {

/// Estimates the bytes of all activations and their gradients for `sentences` examples that are
/// padded to these lengths. This is a rough estimate from the sizes of the layers, not a bound. The
/// logits of a batch never exist all at once and are not counted. Counted are the gradients of
/// `kept_logits` logits of each target position, which are kept in bfloat16.
std::int64_t activation_bytes(const model::Configuration& configuration, std::int64_t kept_logits,
                              std::int64_t sentences, std::int64_t source_length,
                              std::int64_t target_length);

/// Cuts examples into runs whose activations take at most `bytes` each. A run holds at least one
/// example, even if that one takes more. With `bytes` = 0 there is no limit and one run.
std::vector<std::span<const model::Example* const>> cut_by_memory(
    const model::Configuration& configuration, std::int64_t kept_logits,
    std::span<const model::Example* const> examples, std::int64_t bytes);

}  // namespace attend::train
