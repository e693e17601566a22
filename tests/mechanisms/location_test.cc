#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "trial.h"

namespace attend::testing {
namespace {

// e_j = (W s)_j, §6.2: a longer source has positions without a row of W, where attention never
// looks, and a shorter one uses the first rows.
void expect_location(std::int64_t maximum, std::int64_t positions) {
  const TrialSizes sizes{.positions = positions, .maximum_source = maximum};
  const Trial trial("location", sizes);
  const Numbers w = trial.weight("attention.location_weight"), s = trial.state();
  ASSERT_EQ(w.size(), static_cast<std::size_t>(maximum));
  Row energies;
  for (std::int64_t j = 0; j < std::min(positions, maximum); ++j) {
    double energy = 0;
    for (std::int64_t i = 0; i < sizes.state; ++i) energy += w(j, i) * s(i);
    EXPECT_NEAR(trial.energies()(j), energy, 1e-12) << j;
    energies.push_back(energy);
  }
  Row alignment = softmax_of(energies);
  alignment.resize(static_cast<std::size_t>(positions), 0.0);
  expect_near(trial.alignment(), alignment);
}

TEST(Location, EqualsItsEquation) { expect_location(6, 6); }
TEST(Location, IgnoresRowsBeyondTheSource) { expect_location(9, 6); }
TEST(Location, NeverLooksBeyondItsRows) { expect_location(4, 6); }

// The positions of the window that have a row of W share the weight. In the second source they are
// closed, so that attention looks nowhere.
TEST(Location, LooksInWindows) {
  step::Builder b({.annotation_units = 1, .encoder_units = 4, .target_vocabulary = 1},
                  step::Initialization::kGlorot);
  const step::Value h = b.annotations("");
  const step::Value state = b.carry("state", b.first_backward(), "s");
  b.next(state, state);
  b.look_in_window(b.linear({"centre", 1}, {state}), 2);
  const step::Value energies = b.location_energies(state);  // positions 0 … 3
  const step::Value alignment = b.softmax(energies);
  b.observe("alignment", b.spread(alignment), step::Over::kSource);
  b.output({b.weighted_sum(alignment, h), "output.weight", "output.bias"});
  const network::StepProgram program(b.finish());
  network::ProgramInputs inputs;
  inputs.steps = 2;
  inputs.annotations = at::zeros({2, 9, 1}, at::kDouble);
  inputs.first_backward = at::tensor({0.5, -1.0, 2.0, 0.25}, at::kDouble).expand({2, 4});
  inputs.mask = at::zeros({2, 9}, at::kDouble);
  inputs.mask[1].narrow(0, 0, 4).fill_(-std::numeric_limits<double>::infinity());
  network::PlainOperations operations;
  const auto look = [&](double centre) {  // a multiple of the first number of the state
    const at::Tensor weight = at::tensor({centre / 0.5, 0.0, 0.0, 0.0}, at::kDouble).view({1, 4});
    const at::Tensor found =
        program.run({{"centre", weight}}, operations, inputs).observations.at(0)[1];
    expect_near(row_of(found[1]), Row(9, 0.0));
    return row_of(found[0]);
  };
  const Row ends = softmax_of({-1.0, 2.0, 0.25});
  expect_near(look(3.5), {0, ends[0], ends[1], ends[2], 0, 0, 0, 0, 0});
  expect_near(look(5.5), {0, 0, 0, 1, 0, 0, 0, 0, 0});
  expect_near(look(6.5), Row(9, 0.0));
}

}  // namespace
}  // namespace attend::testing
