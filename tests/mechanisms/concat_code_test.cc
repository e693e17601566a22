#include <gtest/gtest.h>

#include <cmath>

#include "trial.h"

namespace attend::testing {
namespace {

// e_j = v · tanh(W s + h_j), §6.2.
TEST(ConcatCode, EqualsItsEquation) {
  const TrialSizes sizes;
  const Trial trial("concat-code", sizes);
  const Numbers w = trial.weight("attention.query_weight"), s = trial.state();
  const Numbers v = trial.weight("attention.energy_weight"), h = trial.annotations();
  for (std::int64_t j = 0; j < sizes.positions; ++j) {
    double energy = 0;
    for (std::int64_t k = 0; k < sizes.annotation; ++k) {
      double sum = h(j, k);
      for (std::int64_t i = 0; i < sizes.state; ++i) sum += w(k, i) * s(i);
      energy += v(k) * std::tanh(sum);
    }
    EXPECT_NEAR(trial.energies()(j), energy, 1e-12) << j;
  }
}

}  // namespace
}  // namespace attend::testing
