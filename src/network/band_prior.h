// The prior of hard monotonic attention whose steps move by a few positions (§13.2), in libtorch's
// tensor operations with autograd: the definition that other implementations must equal. Needs
// libtorch.
#pragma once

#include "network/tensors.h"

namespace attend::network {

/// Computes step::Op::kBandPrior: π_j = Σ_k f_k a_k(d) with a_k = softmax(e_k), where offset d
/// leads from position k to position j. The distribution f of the last position is [steps, batch,
/// positions], the energies e of the offsets [steps, batch, positions, offsets]. `mask` [batch,
/// positions] is 0 where attention may look and −infinity elsewhere, or undefined. Offsets pass
/// over positions where attention may not look. π is 0 there, and sums to 0 in a row that may not
/// look anywhere.
Tensor band_prior(const Tensor& f, const Tensor& energies, const Tensor& mask);

}  // namespace attend::network
