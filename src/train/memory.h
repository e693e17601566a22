// How much memory the activations of a batch take. Internal to this folder.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/model.h"

namespace attend::train {

/// Bytes that training keeps of examples padded to one rectangle, forward and backward: an
/// estimate, right within a half. Logits never exist all at once; `kept_logits` of each target
/// position have a gradient in bfloat16 that does.
std::int64_t activation_bytes(const model::Configuration& configuration, std::int64_t kept_logits,
                              std::int64_t sentences, std::int64_t source_length,
                              std::int64_t target_length);

/// Cuts examples into runs whose activations take at most `bytes`; a run holds at least one. 0: no
/// limit.
std::vector<std::span<const model::Example* const>> cut_by_memory(
    const model::Configuration& configuration, std::int64_t kept_logits,
    std::span<const model::Example* const> examples, std::int64_t bytes);

}  // namespace attend::train
