#include <gtest/gtest.h>

#include <algorithm>

#include "trial.h"

namespace attend::testing {
namespace {

// e_j = g · s · W h_j, §1.5.
TEST(ScaledGeneral, EqualsItsEquation) {
  const TrialSizes sizes;
  const Trial trial("scaled-general", sizes);
  const Numbers w = trial.weight("attention.annotation_weight");
  const Numbers s = trial.state(), h = trial.annotations();
  for (std::int64_t j = 0; j < sizes.positions; ++j) {
    double energy = 0;
    for (std::int64_t i = 0; i < sizes.state; ++i) {
      for (std::int64_t k = 0; k < sizes.annotation; ++k) energy += s(i) * w(i, k) * h(j, k);
    }
    EXPECT_NEAR(trial.energies()(j), trial.weight("attention.factor")(0) * energy, 1e-12) << j;
  }
}

TEST(ScaledGeneral, BeginsAsTheGeneralScore) {
  model::Configuration c;
  c.attention.score = "scaled-general";
  const auto table = model::parameter_table(c, {9, 9});
  const auto factor = std::find_if(table.begin(), table.end(), [](const model::TensorSpec& spec) {
    return spec.name == "attention.factor";
  });
  ASSERT_NE(factor, table.end());
  EXPECT_EQ(factor->initial, model::Initial::kOne);
}

}  // namespace
}  // namespace attend::testing
