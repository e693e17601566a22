// Coverage (§13.3, See, Liu and Manning 2017): the energies see how much attention each position
// has had, and a cost punishes looking there again.
#include "model/attention/mechanism.h"

namespace attend::model {

step::Value carry_coverage(step::Builder& b, const Configuration& c) {
  if (c.attention.coverage == Coverage::kNone) return {};
  return b.carry("attention.coverage", b.zero_positions(), "c_{i-1,j}");
}

void add_to_coverage(step::Builder& b, const Configuration& c, step::Value coverage,
                     step::Value alignment) {
  if (!coverage.defined()) return;
  const step::Value sum = b.add(coverage, alignment);
  b.write(sum, {"c_ij", "coverage", ""});
  b.next(coverage, sum);
  b.observe("coverage", coverage, step::Over::kSource);
  if (c.attention.coverage_loss == 0) return;
  b.cost("coverage", b.sum_positions(b.minimum(alignment, coverage)), c.attention.coverage_loss);
}

}  // namespace attend::model
