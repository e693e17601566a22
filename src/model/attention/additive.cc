// The additive score (§1.5, §4.1): e_ij = v · tanh(W s + U h_j + b), with coverage (§13.3) v ·
// tanh(W s + U h_j + b + W_c c_ij). The query may be [s; c] of an LSTM in place of s.
#include "model/attention/mechanism.h"

namespace attend::model {

AdditiveParts additive_parts(step::Builder& b, const Configuration& c, const ScoreInputs& in) {
  const std::int64_t units = c.attention.units;
  const double deviation = step::kAttentionDeviation;
  std::vector<step::Value> sources{in.query};
  if (in.cell.defined()) sources.push_back(in.cell);
  const step::Value query = b.linear(
      {.name = "attention.query_weight", .units = units, .symbol = "W", .deviation = deviation},
      sources);
  const step::Value keys = b.linear({.name = "attention.annotation_weight",
                                     .units = units,
                                     .symbol = "U",
                                     .deviation = deviation},
                                    {in.keys}, {"attention.bias"});
  return {query, keys};
}

namespace {

step::Value energies(step::Builder& b, const Configuration& c, const ScoreInputs& in) {
  const auto [query, keys] = additive_parts(b, c, in);
  return b.additive_energies("attention.energy_weight", query, keys, in.coverage,
                             "attention.coverage_weight");
}

}  // namespace

Mechanism additive() {
  return {.name = "additive",
          .section = "§1.5, §4.1",
          .formula = "v · tanh(W s + U h + b)",
          .energies = energies,
          .reads_coverage = true,
          .reads_cell = true};
}

}  // namespace attend::model
