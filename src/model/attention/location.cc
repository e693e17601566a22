// The location score (§6.2): e_ij = (W s)_j, which does not see the annotations. W has a row for
// each position up to attention.maximum_source. Attention never looks at later positions.
#include "model/attention/mechanism.h"

namespace attend::model {
namespace {

step::Value energies(step::Builder& b, const Configuration& c, const ScoreInputs& in) {
  return b.location_energies(b.linear({.name = "attention.location_weight",
                                       .units = c.attention.maximum_source,
                                       .deviation = step::kAttentionDeviation},
                                      {in.query}));
}

}  // namespace

Mechanism location() {
  return {.name = "location",
          .section = "§6.2",
          .formula = "(W s)_j for position j",
          .energies = energies,
          .reads_keys = false};
}

}  // namespace attend::model
