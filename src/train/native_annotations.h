// Annotations as the decoder takes them. Internal to this folder.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

namespace attend::train {

struct NativeAnnotations {
  at::Tensor by_sentence;  ///< [batch, length, n_h]
  at::Tensor first_units;  ///< [batch, units]: ←h_1, which has read the whole source (§4.1)
};

/// Of h [length, batch, n_h], whose last `units` are those of the backward direction. One function:
/// both gradients go into one tensor, without zeros for what the second does not reach.
NativeAnnotations native_annotations(const at::Tensor& h, std::int64_t units);

}  // namespace attend::train
