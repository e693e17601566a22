#include <gtest/gtest.h>

#include <cmath>

#include "trial.h"

namespace attend::testing {
namespace {

// e_j = g v / |v| · tanh(W s + U h_j + b), §1.5.
TEST(NormedAdditive, EqualsItsEquation) {
  const TrialSizes sizes;
  const Trial trial("normed-additive", sizes);
  const Numbers w = trial.weight("attention.query_weight"), s = trial.state();
  const Numbers u = trial.weight("attention.annotation_weight"), h = trial.annotations();
  const Numbers b = trial.weight("attention.bias"), v = trial.weight("attention.energy_weight");
  const double g = trial.weight("attention.factor")(0);
  double squares = 1e-6;  // keeps the gradient of a vector of zeros finite
  for (std::int64_t k = 0; k < sizes.hidden; ++k) squares += v(k) * v(k);
  for (std::int64_t j = 0; j < sizes.positions; ++j) {
    double energy = 0;
    for (std::int64_t k = 0; k < sizes.hidden; ++k) {
      double sum = b(k);
      for (std::int64_t i = 0; i < sizes.state; ++i) sum += w(k, i) * s(i);
      for (std::int64_t i = 0; i < sizes.annotation; ++i) sum += u(k, i) * h(j, i);
      energy += v(k) * std::tanh(sum);
    }
    EXPECT_NEAR(trial.energies()(j), g * energy / std::sqrt(squares), 1e-12) << j;
  }
}

// The gain begins with 1 / √n', and v with values that have a length, whatever the initialization.
TEST(NormedAdditive, BeginsWithTheGainOfThePaper) {
  for (const auto rule : {model::Initialization::kGlorot, model::Initialization::kNormal}) {
    model::Configuration c;
    c.attention.score = "normed-additive";
    c.attention.units = 16;
    c.training.initialization = rule;
    int seen = 0;
    for (const model::TensorSpec& spec : model::parameter_table(c, {9, 9})) {
      if (spec.name == "attention.factor") {
        ++seen;
        EXPECT_EQ(spec.initial, model::Initial::kConstant);
        EXPECT_DOUBLE_EQ(spec.scale, 0.25);
      }
      if (spec.name == "attention.energy_weight") {
        ++seen;
        EXPECT_EQ(spec.initial, model::Initial::kUniform);
      }
    }
    EXPECT_EQ(seen, 2);
  }
}

}  // namespace
}  // namespace attend::testing
