#include <gtest/gtest.h>

#include "base/base.h"
#include "trial.h"

namespace attend::testing {
namespace {

// e_j = s · h_j, §1.5.
TEST(Dot, EqualsItsEquation) {
  const TrialSizes sizes{.state = 4};
  const Trial trial("dot", sizes);
  const Numbers s = trial.state(), h = trial.annotations();
  for (std::int64_t j = 0; j < sizes.positions; ++j) {
    double energy = 0;
    for (std::int64_t i = 0; i < sizes.state; ++i) energy += s(i) * h(j, i);
    EXPECT_NEAR(trial.energies()(j), energy, 1e-12) << j;
  }
}

TEST(Dot, NeedsStatesAsLargeAsAnnotations) {
  model::Configuration configuration = model::preset("luong");
  configuration.attention.score = "dot";
  EXPECT_NO_THROW(model::check(configuration));
  configuration.encoder.direction = model::Direction::kBidirectional;
  configuration.decoder.initial_state = model::InitialState::kMean;
  EXPECT_THROW(model::check(configuration), UsageError);
}

}  // namespace
}  // namespace attend::testing
