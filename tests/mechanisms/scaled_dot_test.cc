#include <gtest/gtest.h>

#include <cmath>

#include "base/base.h"
#include "trial.h"

namespace attend::testing {
namespace {

// e_j = s · h_j / √n, §1.5.
TEST(ScaledDot, EqualsItsEquation) {
  const TrialSizes sizes{.state = 4};
  const Trial trial("scaled-dot", sizes);
  const Numbers s = trial.state(), h = trial.annotations();
  for (std::int64_t j = 0; j < sizes.positions; ++j) {
    double energy = 0;
    for (std::int64_t i = 0; i < sizes.state; ++i) energy += s(i) * h(j, i);
    EXPECT_NEAR(trial.energies()(j), energy / std::sqrt(4.0), 1e-12) << j;
  }
}

TEST(ScaledDot, HasTheAlignmentOfTheExample) {  // §16
  const Trial trial("scaled-dot",
                    {at::tensor({0.3, -0.7}, at::kDouble).view({1, 2}),
                     at::tensor({1.0, 0.0, 0.0, 1.0, 0.5, -0.5}, at::kDouble).view({1, 3, 2})});
  expect_near(trial.alignment(), {0.378075, 0.186417, 0.435508}, 5e-7);
}

TEST(ScaledDot, NeedsStatesAsLargeAsAnnotations) {
  model::Configuration configuration = model::preset("luong");
  configuration.attention.score = "scaled-dot";
  EXPECT_NO_THROW(model::check(configuration));
  configuration.encoder.direction = model::Direction::kBidirectional;
  configuration.decoder.initial_state = model::InitialState::kMean;
  EXPECT_THROW(model::check(configuration), UsageError);
}

}  // namespace
}  // namespace attend::testing
