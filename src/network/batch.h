// Examples as tensors.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <span>
#include <vector>

#include "model/model.h"

namespace attend::network {

using model::Example;

/// Examples padded to a rectangle, time-major. Positions beyond an example's own length never reach
/// a result.
struct Batch {
  at::Tensor source;           // [source_length, batch] ids; 0 on padding
  at::Tensor reversed_source;  // the same, the tokens of each source in reverse order
  at::Tensor reversal;  // [source_length · batch]: row of (t, b) in the reversed sequence and
                        // back; padding stays where it is
  at::Tensor source_lengths;  // [batch], floating
  at::Tensor last_rows;       // [batch]: row of the last token of each source
  at::Tensor source_mask;     // [source_length, batch]: 1, 0 on padding; undefined without padding
  at::Tensor target;          // [target_length, batch] ids; 0 on padding
  at::Tensor previous;        // the same one step later: y_{i-1}; -1 in the first step
  at::Tensor target_rows;    // rows (i, b) of [target_length · batch] that hold a token; undefined
                             // without padding
  at::Tensor target_tokens;  // the ids at target_rows
  std::vector<std::int32_t> source_sizes;  ///< [batch]: source_lengths as numbers
  std::int64_t sentences = 0;
  std::int64_t tokens = 0;  ///< of the targets
};

/// Longest lengths of a batch, or more (padding must not matter).
struct PaddedTo {
  std::size_t source = 0;
  std::size_t target = 0;
};

/// `floating` gives the type and the device of the model. Examples must not be empty.
Batch make_batch(std::span<const Example* const> examples, const at::TensorOptions& floating,
                 const PaddedTo& at_least = {});

}  // namespace attend::network
