// The normed additive score (§1.5; Raffel et al. 2017): e_ij = g v / |v| · tanh(W s + U h_j + b).
// The length of v has no effect, and g is a learned gain, which begins with 1 / √n'. The scalar r
// that Raffel et al. add is the option attention.energy_bias.
#include <cmath>

#include "model/attention/mechanism.h"

namespace attend::model {
namespace {

using step::Builder;
using step::Value;

// Returns g / |v|.
Value gain(Builder& b, std::int64_t units) {
  const Value v = learned_vector(b, "attention.energy_weight", units, "v");
  const Value g = b.parameter("attention.factor", 1, "g", step::Initial::kConstant,
                              1 / std::sqrt(static_cast<double>(units)));
  const Value quotient = b.multiply(g, b.inverse_length(v));
  b.write(quotient, {"", "", "g / |v|"});
  return quotient;
}

Value energies(Builder& b, const Configuration& c, const ScoreInputs& in) {
  const auto [query, keys] = additive_parts(b, c, in);
  const Value factor = gain(b, c.attention.units);
  return b.multiply(factor, b.additive_energies("attention.energy_weight", query, keys, in.coverage,
                                                "attention.coverage_weight"));
}

}  // namespace

Mechanism normed_additive() {
  return {.name = "normed-additive",
          .section = "§1.5",
          .formula = "g v / |v| · tanh(W s + U h + b)",
          .energies = energies,
          .reads_coverage = true,
          .reads_cell = true};
}

}  // namespace attend::model
