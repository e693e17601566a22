// Exact hard attention (§13.2, Wu, Shapiro and Cotterell 2018; Wu and Cotterell 2019): the position
// that a step looks at is a latent variable, which is summed over. p(y_i) = Σ_j π_ij p(y_i | j).
//
// 0-HARD: π = α, each step by itself. 0-MONO: a hidden Markov model whose position never moves
// back, with transitions A(k, j) = α_ij / Σ_{l ≥ k} α_il for j ≥ k, which are softmaxes of the
// energies from k on. 1-MONO: A(k, k + d) = softmax(e_ik)_d for d = 0 … D, where the energies e_ik
// of the offsets depend on the position k of the last step. The forward algorithm is written as a
// filter: f_i is the distribution of the
// position after y_1 … y_i, π_ij = Σ_k f_{i-1,k} A(k, j), and f_ij is proportional to π_ij p(y_i |
// j). The product of all p(y_i) is the likelihood that the forward algorithm computes.
#include "model/attention/mechanism.h"

namespace attend::model {

// The published band has the offsets −D … D, whose negative part is taken away from the softmax
// again. Its weights have no effect, so that there are none here.
step::Value offset_energies(step::Builder& b, const Configuration& c, step::Value state,
                            step::Value annotations) {
  const step::Value keys = b.linear({.name = "attention.annotation_weight",
                                     .units = c.decoder.units,
                                     .symbol = "T",
                                     .deviation = step::kAttentionDeviation},
                                    {annotations});
  const step::Value energies =
      b.linear({.name = "attention.offset_weight", .units = c.attention.reach + 1, .symbol = "W_d"},
               {state, keys}, {"attention.offset_bias", "b_d"});
  b.write(energies, {"e_ij", "energies", ""});
  return energies;
}

namespace {

// The distribution of the position in this step, from the one after the last step.
step::Value prior_of(step::Builder& b, const Configuration& c, step::Value position,
                     step::Value look) {
  const step::Value prior = c.attention.moves_by_offsets() ? b.band_prior(position, look)
                                                           : b.monotonic_prior(position, look);
  b.write(prior, {"π_ij", "prior", ""});
  return prior;
}

}  // namespace

step::Output mix_positions(step::Builder& b, const Configuration& c, step::Value look,
                           step::Value readouts, step::Output output) {
  output.input = readouts;
  output.normalizer = b.log_normalizer(readouts, output);
  output.prior = look;
  if (c.attention.kind != AttentionKind::kHard) {
    const step::Value first = b.first_position();
    b.write(first, {"f_0j", "first position", ""});
    const step::Value position = b.carry("attention.position", first, "f_{i-1,j}");
    output.prior = prior_of(b, c, position, look);
    const step::Value token = b.token_log_probability(readouts, output.normalizer, output);
    const step::Value next = b.posterior(output.prior, token);
    b.write(next, {"f_ij", "posterior", ""});
    b.next(position, next);
  }
  b.observe("alignment", output.prior, step::Over::kSource);
  return output;
}

}  // namespace attend::model
