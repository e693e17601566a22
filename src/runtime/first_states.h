// Vectors of each source that a decoder starts from: the inputs of its first states (§4.1, §6.1),
// and a fixed context (§3).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "runtime/encoder.h"

namespace attend::runtime {

// In an annotation h_j = [→h_j; ←h_j] the first `forward_units` values belong to →h_j: all of them
// without a backward direction, none without a forward one.

/// Returns ←h_1 of every source: [sources, n_h − forward_units].
std::vector<float> first_backward(const Annotations& annotations, std::size_t forward_units);
/// vector ← the mean, or the largest value, of each unit of h [positions, vector.size()]. There is
/// at least one position.
void take_mean(std::span<const float> h, std::span<float> vector);
void take_largest(std::span<const float> h, std::span<float> vector);
/// Returns the mean of the annotations of every source: [sources, n_h].
std::vector<float> mean_annotations(const Annotations& annotations);
/// Returns the largest value of each unit among the annotations of every source: [sources, n_h].
std::vector<float> max_annotations(const Annotations& annotations);
/// Returns [→h_T; ←h_1] of every source: [sources, n_h].
std::vector<float> last_states(const Annotations& annotations, std::size_t forward_units);

}  // namespace attend::runtime
