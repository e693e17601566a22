#include <gtest/gtest.h>

#include <cmath>

#include "trial.h"

namespace attend::testing {
namespace {

// e_j = v · tanh(W s + U h_j + b), §1.5.
TEST(Additive, EqualsItsEquation) {
  const TrialSizes sizes;
  const Trial trial("additive", sizes);
  const Numbers w = trial.weight("attention.query_weight"), s = trial.state();
  const Numbers u = trial.weight("attention.annotation_weight"), h = trial.annotations();
  const Numbers b = trial.weight("attention.bias"), v = trial.weight("attention.energy_weight");
  for (std::int64_t j = 0; j < sizes.positions; ++j) {
    double energy = 0;
    for (std::int64_t k = 0; k < sizes.hidden; ++k) {
      double sum = b(k);
      for (std::int64_t i = 0; i < sizes.state; ++i) sum += w(k, i) * s(i);
      for (std::int64_t i = 0; i < sizes.annotation; ++i) sum += u(k, i) * h(j, i);
      energy += v(k) * std::tanh(sum);
    }
    EXPECT_NEAR(trial.energies()(j), energy, 1e-12) << j;
  }
}

}  // namespace
}  // namespace attend::testing
