// The ways in which energies become weights that sum to 1 (§1.5), in libtorch's tensor operations
// with autograd: the definition that other implementations must equal. Needs libtorch.
#pragma once

#include <ATen/ATen.h>

#include "step/step.h"

namespace attend::network {

/// Returns the weights of the finite energies [rows…, positions]. Positions where `closed` of this
/// shape is true get exactly 0, with the gradient 0; `closed` may be undefined for none, and must
/// leave a position open in every row.
at::Tensor normalise(step::Normaliser normaliser, const at::Tensor& energies,
                     const at::Tensor& closed);

}  // namespace attend::network
