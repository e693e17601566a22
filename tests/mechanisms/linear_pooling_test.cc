#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "decoder_trial.h"
#include "trial.h"

namespace attend::testing {
namespace {

// e_j = w · tanh(h_j), §9.
TEST(LinearPooling, EqualsItsEquation) {
  const TrialSizes sizes;
  const Trial trial("linear-pooling", sizes);
  const Numbers w = trial.weight("attention.energy_weight"), h = trial.annotations();
  for (std::int64_t j = 0; j < sizes.positions; ++j) {
    double energy = 0;
    for (std::int64_t i = 0; i < sizes.annotation; ++i) energy += w(i) * std::tanh(h(j, i));
    EXPECT_NEAR(trial.energies()(j), energy, 1e-12) << j;
  }
}

// The state of the decoder does not change where the model looks.
TEST(LinearPooling, LooksInAllStepsAtTheSamePositions) {
  for (const auto order : {model::Order::kLookUpdateGenerate, model::Order::kLookGenerateUpdate,
                           model::Order::kUpdateLookGenerate, model::Order::kUpdateLookUpdate}) {
    model::Configuration c = small_decoder();
    c.attention.score = "linear-pooling";
    c.decoder.order = order;
    model::check(c);
    const DecoderTrial trial(c);
    Row energies;
    for (std::int64_t j = 0; j < DecoderTrial::kPositions; ++j) {
      energies.push_back(
          dot(trial.vector("attention.energy_weight"), tanh_of(trial.annotation(j))));
    }
    for (std::int64_t i = 0; i < DecoderTrial::kSteps; ++i) {
      expect_near(trial.observed("alignment", i), softmax_of(energies));
    }
  }
}

// No parameter of a decoder without a cell is without an effect.
TEST(LinearPooling, NeedsNoQueryWithoutACell) {
  model::Configuration c;
  c.decoder.cell.type = model::Cell::kNone;
  c.decoder.initial_state = model::InitialState::kZero;
  const auto has_query = [&](const char* score) {
    c.attention.score = score;
    model::check(c);
    const auto table = model::parameter_table(c, {9, 9});
    return std::any_of(table.begin(), table.end(), [](const model::TensorSpec& spec) {
      return spec.name == "attention.query";
    });
  };
  EXPECT_TRUE(has_query("additive"));
  EXPECT_TRUE(has_query("location"));
  EXPECT_FALSE(has_query("linear-pooling"));
  EXPECT_FALSE(has_query("learned-query"));
}

}  // namespace
}  // namespace attend::testing
