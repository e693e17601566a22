#include <gtest/gtest.h>

#include "trial.h"

namespace attend::testing {
namespace {

// e_j = s · W h_j, §1.5.
TEST(General, EqualsItsEquation) {
  const TrialSizes sizes;
  const Trial trial("general", sizes);
  const Numbers w = trial.weight("attention.annotation_weight");
  const Numbers s = trial.state(), h = trial.annotations();
  for (std::int64_t j = 0; j < sizes.positions; ++j) {
    double energy = 0;
    for (std::int64_t i = 0; i < sizes.state; ++i) {
      for (std::int64_t k = 0; k < sizes.annotation; ++k) energy += s(i) * w(i, k) * h(j, k);
    }
    EXPECT_NEAR(trial.energies()(j), energy, 1e-12) << j;
  }
}

}  // namespace
}  // namespace attend::testing
