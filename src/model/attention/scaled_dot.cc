// The scaled dot score (§1.5; Vaswani et al. 2017): e_ij = s · h_j / √n.
#include <fmt/format.h>

#include <cmath>

#include "model/attention/mechanism.h"

namespace attend::model {
namespace {

void check_sizes(const Configuration& c) { check_equal_sizes(c, "attention.score: scaled-dot"); }

step::Value energies(step::Builder& b, const Configuration&, const ScoreInputs& in) {
  const std::int64_t units = b.units(in.keys);
  const step::Value products = b.dot_energies(in.query, in.keys);
  const step::Value scaled = b.scale(products, 1 / std::sqrt(static_cast<double>(units)));
  b.write(scaled, {"", "", fmt::format("{} / √{}", b.text(products), units)});
  return scaled;
}

}  // namespace

Mechanism scaled_dot() {
  return {.name = "scaled-dot",
          .section = "§1.5",
          .formula = "s · h / √n",
          .energies = energies,
          .check = check_sizes};
}

}  // namespace attend::model
