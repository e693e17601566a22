// The general score (§1.5, §6.2): e_ij = s · W h_j.
#include "model/attention/mechanism.h"

namespace attend::model {
namespace {

step::Value energies(step::Builder& b, const Configuration&, const ScoreInputs& in) {
  const step::Value keys = b.linear({.name = "attention.annotation_weight",
                                     .units = b.units(in.query),
                                     .deviation = step::kAttentionDeviation},
                                    {in.keys});
  return b.dot_energies(in.query, keys);
}

}  // namespace

Mechanism general() {
  return {.name = "general", .section = "§1.5, §6.2", .formula = "s · W h", .energies = energies};
}

}  // namespace attend::model
