// Linear pooling (§9; Zhou et al. 2016): e_j = w · tanh(h_j). No step changes the energies, so that
// they are known once for a source.
#include "model/attention/mechanism.h"

namespace attend::model {
namespace {

step::Value energies(step::Builder& b, const Configuration&, const ScoreInputs& in) {
  const step::Value w = learned_vector(b, "attention.energy_weight", b.units(in.keys), "w");
  return b.dot_energies(w, b.tanh(in.keys));
}

}  // namespace

Mechanism linear_pooling() {
  return {.name = "linear-pooling",
          .section = "§9",
          .formula = "w · tanh(h)",
          .energies = energies,
          .reads_query = false};
}

}  // namespace attend::model
