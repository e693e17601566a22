// The score that the code of Luong, Pham and Manning computes under the name concat (§6.2): e_ij =
// v · tanh(W s + h_j). The paper's concat has a matrix before h_j and is the additive score.
#include "model/attention/mechanism.h"

namespace attend::model {
namespace {

step::Value energies(step::Builder& b, const Configuration&, const ScoreInputs& in) {
  const step::Value query = b.linear({.name = "attention.query_weight",
                                      .units = b.units(in.keys),
                                      .deviation = step::kAttentionDeviation},
                                     {in.query});
  return b.additive_energies("attention.energy_weight", query, in.keys, in.coverage,
                             "attention.coverage_weight");
}

}  // namespace

Mechanism concat_code() {
  return {.name = "concat-code",
          .section = "§6.2",
          .formula = "v · tanh(W s + h)",
          .energies = energies,
          .reads_coverage = true};
}

}  // namespace attend::model
