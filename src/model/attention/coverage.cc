// Coverage (§13.3): the energies see how much attention each position has had. It is the sum of the
// alignments (See, Liu and Manning 2017), with a cost that punishes looking again; or that of Tu et
// al. 2016: the sum divided by the fertility of each annotation, or the state of a GRU.
#include <fmt/format.h>

#include "model/attention/mechanism.h"

namespace attend::model {
namespace {

using step::Builder;
using step::Value;

// c_ij = c_{i-1,j} + α_ij, and the cost of what both have.
Value sum(Builder& b, const Configuration& c, const ScoreInputs& in, Value alignment) {
  const Value next = b.add(in.coverage, alignment);
  b.write(next, {"c_ij", "coverage", ""});
  if (c.attention.coverage_loss > 0) {
    b.cost("coverage", b.sum_positions(b.minimum(alignment, in.coverage)),
           c.attention.coverage_loss);
  }
  return next;
}

// C_ij = C_{i-1,j} + α_ij / Φ_j, Φ_j = N σ(U_f h_j + b_f): annotation j asks for Φ_j in all, at
// most N, and is covered when C_ij is 1.
Value linguistic(Builder& b, const Configuration& c, const ScoreInputs& in, Value alignment) {
  const Value share =
      b.sigmoid(b.linear({.name = "attention.fertility_weight", .units = 1, .symbol = "U_f"},
                         {in.keys}, {"attention.fertility_bias", "b_f"}));
  const Value fertility = b.scale(share, c.attention.fertility);
  b.write(fertility, {"Φ_j", "fertility", ""});
  b.observe("fertility", fertility, step::Over::kSource);
  const Value next = b.add(in.coverage, b.divide(alignment, fertility));
  b.write(next, {"C_ij", "coverage", ""});
  return next;
}

// C_ij = GRU(C_{i-1,j}; [α_ij; h_j; s]), s being the query of the step. The GRU has the conventions
// of the decoder's.
Value neural(Builder& b, const Configuration& c, const ScoreInputs& in, Value alignment) {
  const std::string name = "attention.coverage";
  const std::int64_t units = c.attention.coverage_units;
  CellConfig cell = c.decoder.cell;
  cell.type = Cell::kGru;
  cell.bias = GruBias::kBoth;
  b.parameters().cell(name, cell, 1 + b.units(in.keys) + b.units(in.query), units);
  const Value gates = b.linear({name + ".input_weight", cell.gate_count() * units},
                               {alignment, in.keys, in.query}, {name + ".bias"});
  const Value next = b.cell(cell, name, gates, {in.coverage, {}}, 0).hidden;
  b.write(next, {"C_ij", "coverage",
                 fmt::format("GRU({}, [{}; {}; {}])", b.text(in.coverage), b.text(alignment),
                             b.text(in.keys), b.text(in.query))});
  return next;
}

}  // namespace

Value carry_coverage(Builder& b, const Configuration& c) {
  const Coverage kind = c.attention.coverage;
  if (kind == Coverage::kNone) return {};
  const std::int64_t units = kind == Coverage::kNeural ? c.attention.coverage_units : 1;
  return b.carry("attention.coverage", b.zero_positions(units),
                 kind == Coverage::kSum ? "c_{i-1,j}" : "C_{i-1,j}");
}

void add_to_coverage(Builder& b, const Configuration& c, const ScoreInputs& in, Value alignment) {
  const Coverage kind = c.attention.coverage;
  if (kind == Coverage::kNone) return;
  const bool is_number = kind != Coverage::kNeural;
  b.observe("coverage", in.coverage, is_number ? step::Over::kSource : step::Over::kHeads);
  b.next(in.coverage, kind == Coverage::kSum          ? sum(b, c, in, alignment)
                      : kind == Coverage::kLinguistic ? linguistic(b, c, in, alignment)
                                                      : neural(b, c, in, alignment));
}

}  // namespace attend::model
