// The tensors of a batch that hold its sources: sequences, or documents level by level. Internal to
// this folder. Needs libtorch.
#pragma once

#include <ATen/ATen.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "network/batch.h"

namespace attend::network {

using Ids = std::vector<std::int64_t>;

/// Returns the ids as a tensor of this shape.
at::Tensor to_tensor(const Ids& ids, at::IntArrayRef shape, const at::Device& device);

/// Fills what the batch knows of its sources. Their length is that of the longest source, or
/// `at_least` where that is more. The conditions are those of make_batch().
void fill_sources(Batch& batch, std::span<const Example* const> examples, std::size_t at_least,
                  const at::TensorOptions& floating);

}  // namespace attend::network
