// Monotonic attention (§13.1, Raffel, Luong, Liu, Weiss and Eck 2017): from the position of the
// last step on, each position is asked whether attention stops there, with probability p_ij =
// σ(e_ij).
//
// Training takes the expectation: q_ij = (1 − p_{i,j-1}) q_{i,j-1} + α_{i-1,j} is the probability
// that position j is asked, and α_ij = p_ij q_ij. Its rows sum to 1 or less; the rest is the
// probability that no position stopped.
#include "model/attention/mechanism.h"

namespace attend::model {

step::Value monotonic_alignment(step::Builder& b, const Configuration& c, step::Value energies) {
  const step::Value first = b.first_position();
  b.write(first, {"α_0j", "first alignment", ""});
  const step::Value last = b.carry("attention.alignment", first, "α_{i-1,j}");
  const step::Value alignment = b.monotonic_alignment(energies, last, c.attention.prediction);
  b.next(last, alignment);
  return alignment;
}

}  // namespace attend::model
