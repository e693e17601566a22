#include <gtest/gtest.h>

#include <cmath>

#include "trial.h"

namespace attend::testing {
namespace {

// e_j = u · tanh(W h_j + b), §8.
TEST(LearnedQuery, EqualsItsEquation) {
  const TrialSizes sizes;
  const Trial trial("learned-query", sizes);
  const Numbers w = trial.weight("attention.annotation_weight"), h = trial.annotations();
  const Numbers b = trial.weight("attention.bias"), u = trial.weight("attention.energy_weight");
  for (std::int64_t j = 0; j < sizes.positions; ++j) {
    double energy = 0;
    for (std::int64_t k = 0; k < sizes.hidden; ++k) {
      double sum = b(k);
      for (std::int64_t i = 0; i < sizes.annotation; ++i) sum += w(k, i) * h(j, i);
      energy += u(k) * std::tanh(sum);
    }
    EXPECT_NEAR(trial.energies()(j), energy, 1e-12) << j;
  }
}

}  // namespace
}  // namespace attend::testing
