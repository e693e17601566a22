// The dot score (§1.5, §6.2): e_ij = s · h_j.
#include "model/attention/mechanism.h"

namespace attend::model {
namespace {

void check_sizes(const Configuration& c) { check_equal_sizes(c, "attention.score: dot"); }

step::Value energies(step::Builder& b, const Configuration&, const ScoreInputs& in) {
  return b.dot_energies(in.query, in.keys);
}

}  // namespace

Mechanism dot() {
  return {.name = "dot",
          .section = "§1.5, §6.2",
          .formula = "s · h",
          .energies = energies,
          .check = check_sizes};
}

}  // namespace attend::model
