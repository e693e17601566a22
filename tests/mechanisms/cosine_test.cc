#include <gtest/gtest.h>

#include <cmath>

#include "trial.h"

namespace attend::testing {
namespace {

// e_j = g · (s · k_j) / (|s| |k_j|) with k_j = W h_j, §1.5.
TEST(Cosine, EqualsItsEquation) {
  const TrialSizes sizes;
  const Trial trial("cosine", sizes);
  const Numbers w = trial.weight("attention.annotation_weight");
  const Numbers s = trial.state(), h = trial.annotations();
  const double g = trial.weight("attention.factor")(0);
  for (std::int64_t j = 0; j < sizes.positions; ++j) {
    double product = 0, query = 0, key = 0;
    for (std::int64_t i = 0; i < sizes.state; ++i) {
      double k = 0;
      for (std::int64_t d = 0; d < sizes.annotation; ++d) k += w(i, d) * h(j, d);
      product += s(i) * k;
      query += s(i) * s(i);
      key += k * k;
    }
    // The lengths have an epsilon, which keeps the gradient of a vector of zeros finite.
    const double lengths = std::sqrt(query + 1e-6) * std::sqrt(key + 1e-6);
    EXPECT_NEAR(trial.energies()(j), g * product / lengths, 1e-12) << j;
  }
}

}  // namespace
}  // namespace attend::testing
