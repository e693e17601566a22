// Intra-temporal attention (§11.1, Paulus, Xiong and Socher 2017): the exponential of each energy
// is divided by the sum of those that its position had in earlier steps, so that attention does not
// return to where it has looked.
//
// e'_ij = exp(e_ij) / Σ_{k < i} exp(e_kj), e'_1j = exp(e_1j), α_ij = e'_ij / Σ_k e'_ik. In
// logarithms, which do not overflow: d_ij = log e'_ij = e_ij − l_{i-1,j}, α_i = softmax(d_i), where
// l_ij = log Σ_{k ≤ i} exp(e_kj).
#include "model/attention/mechanism.h"

namespace attend::model {

step::Value divide_by_past(step::Builder& b, const Configuration& c, step::Value energies) {
  if (c.attention.temporal == Temporal::kNone) return energies;
  const step::Value nothing = b.minus_infinity();
  const step::Value past = b.carry("attention.past", nothing, "l_{i-1,j}");
  const step::Value divided = b.temporal_energies(energies, past);
  b.write(divided, {"d_ij", "temporal energies", ""});
  const step::Value next = b.log_add_exp(past, energies);
  b.write(next, {"l_ij", "past energies", "log Σ_{k ≤ i} exp(e_kj)"});
  b.next(past, next);
  return divided;
}

}  // namespace attend::model
