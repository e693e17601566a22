// The scaled general score (§1.5; tensorflow/nmt): e_ij = g · s · W h_j, with a learned factor g.
#include "model/attention/mechanism.h"

namespace attend::model {
namespace {

step::Value energies(step::Builder& b, const Configuration&, const ScoreInputs& in) {
  const step::Value keys = b.linear({.name = "attention.annotation_weight",
                                     .units = b.units(in.query),
                                     .deviation = step::kAttentionDeviation},
                                    {in.keys});
  const step::Value factor = b.parameter("attention.factor", 1, "g", step::Initial::kOne);
  return b.multiply(factor, b.dot_energies(in.query, keys));
}

}  // namespace

Mechanism scaled_general() {
  return {
      .name = "scaled-general", .section = "§1.5", .formula = "g · s · W h", .energies = energies};
}

}  // namespace attend::model
