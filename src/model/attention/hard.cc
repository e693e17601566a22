// Exact hard attention (§13.2, Wu, Shapiro and Cotterell 2018; Wu and Cotterell 2019): the position
// that a step looks at is a latent variable, which is summed over. p(y_i) = Σ_j π_ij p(y_i | j).
//
// 0-HARD: π = α, each step by itself. 0-MONO: a hidden Markov model whose position never moves
// back, with transitions A(k, j) = α_ij / Σ_{l ≥ k} α_il for j ≥ k, which are softmaxes of the
// energies from k on. Its forward algorithm is written as a filter: f_i is the distribution of the
// position after y_1 … y_i, π_ij = Σ_k f_{i-1,k} A(k, j), and f_ij is proportional to π_ij p(y_i |
// j). The product of all p(y_i) is the likelihood that the forward algorithm computes.
#include "model/attention/mechanism.h"

namespace attend::model {

step::Output mix_positions(step::Builder& b, const Configuration& c, step::Value look,
                           step::Value readouts, step::Output output) {
  output.input = readouts;
  output.normalizer = b.log_normalizer(readouts, output);
  output.prior = look;
  if (c.attention.kind == AttentionKind::kHardMonotonic) {
    const step::Value first = b.first_position();
    b.write(first, {"f_0j", "first position", ""});
    const step::Value position = b.carry("attention.position", first, "f_{i-1,j}");
    output.prior = b.monotonic_prior(position, look);
    b.write(output.prior, {"π_ij", "prior", ""});
    const step::Value token = b.token_log_probability(readouts, output.normalizer, output);
    const step::Value next = b.posterior(output.prior, token);
    b.write(next, {"f_ij", "posterior", ""});
    b.next(position, next);
  }
  b.observe("alignment", output.prior, step::Over::kSource);
  return output;
}

}  // namespace attend::model
