// The cosine score (§1.5): e_ij = g · (s · W h_j) / (|s| |W h_j|), with a learned factor g.
#include "model/attention/mechanism.h"

namespace attend::model {
namespace {

// A softmax of cosines alone, which lie between −1 and 1, could not become sharp.
constexpr double kFirstFactor = 10;

step::Value energies(step::Builder& b, const Configuration&, const ScoreInputs& in) {
  const step::Value keys = b.linear({"attention.annotation_weight", b.units(in.query)}, {in.keys});
  const step::Value factor =
      b.parameter("attention.factor", 1, "g", step::Initial::kConstant, kFirstFactor);
  return b.multiply(factor, b.dot_energies(b.unit_length(in.query), b.unit_length(keys)));
}

}  // namespace

Mechanism cosine() {
  return {.name = "cosine", .section = "§1.5", .formula = "g · cos(s, W h)", .energies = energies};
}

}  // namespace attend::model
