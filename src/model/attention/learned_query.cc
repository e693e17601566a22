// A learned query (§8; Yang et al. 2016): e_j = u · tanh(W h_j + b). No step changes the energies,
// so that they are known once for a source.
#include "model/attention/mechanism.h"

namespace attend::model {
namespace {

step::Value energies(step::Builder& b, const Configuration& c, const ScoreInputs& in) {
  const std::int64_t units = c.attention.units;
  const step::Value hidden = b.tanh(b.linear({.name = "attention.annotation_weight",
                                              .units = units,
                                              .deviation = step::kAttentionDeviation},
                                             {in.keys}, {"attention.bias"}));
  return b.dot_energies(learned_vector(b, "attention.energy_weight", units, "u"), hidden);
}

}  // namespace

Mechanism learned_query() {
  return {.name = "learned-query",
          .section = "§8",
          .formula = "u · tanh(W h + b)",
          .energies = energies,
          .reads_query = false};
}

}  // namespace attend::model
