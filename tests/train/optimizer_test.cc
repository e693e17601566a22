// Optimisers against scalar versions of their equations (§1.7), the clip, the schedules.
#include "train/optimizer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "train/schedule.h"

namespace attend::train {
namespace {

using model::OptimizerConfig;
using model::OptimizerKind;

const std::vector<double> kGradients = {0.5, -0.2, 0.1, 0.9, -1.5};
constexpr double kRate = 0.1;

double run(const OptimizerConfig& config, double start) {
  const at::Tensor values = at::full({3}, start, at::kDouble);
  Optimizer optimizer(config, values);
  std::int64_t update = 0;
  for (const double gradient : kGradients) {
    optimizer.step(values, at::full({3}, gradient, at::kDouble), kRate, ++update);
  }
  EXPECT_TRUE(values.eq(values[0]).all().item<bool>());
  return values[0].item<double>();
}

OptimizerConfig of_kind(OptimizerKind kind) {
  OptimizerConfig config;
  config.kind = kind;
  config.epsilon = 1e-6;
  return config;
}

TEST(Optimizer, SgdWithMomentumAndDecay) {
  OptimizerConfig config = of_kind(OptimizerKind::kSgd);
  config.momentum = 0.9;
  config.weight_decay = 0.01;
  double x = 2, b = 0;
  for (const double g : kGradients) {
    b = 0.9 * b + g + 0.01 * x;
    x -= kRate * b;
  }
  EXPECT_NEAR(run(config, 2), x, 1e-12);
}

TEST(Optimizer, PlainSgdKeepsNoState) {
  const OptimizerConfig config = of_kind(OptimizerKind::kSgd);
  EXPECT_TRUE(Optimizer(config, at::zeros({3})).state().empty());
  double x = 2;
  for (const double g : kGradients) x -= kRate * g;
  EXPECT_NEAR(run(config, 2), x, 1e-12);
}

TEST(Optimizer, Adadelta) {
  double x = 2, e = 0, d = 0;
  for (const double g : kGradients) {
    e = 0.95 * e + 0.05 * g * g;
    const double change = std::sqrt(d + 1e-6) / std::sqrt(e + 1e-6) * g;
    d = 0.95 * d + 0.05 * change * change;
    x -= kRate * change;
  }
  EXPECT_NEAR(run(of_kind(OptimizerKind::kAdadelta), 2), x, 1e-12);
}

double scalar_adam(double x, double decoupled, double l2) {
  double m = 0, v = 0;
  int u = 0;
  for (double g : kGradients) {
    ++u;
    x *= 1 - kRate * decoupled;
    g += l2 * x;
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    x -= kRate * (m / (1 - std::pow(0.9, u))) / (std::sqrt(v / (1 - std::pow(0.999, u))) + 1e-6);
  }
  return x;
}

TEST(Optimizer, Adam) {
  OptimizerConfig config = of_kind(OptimizerKind::kAdam);
  EXPECT_NEAR(run(config, 2), scalar_adam(2, 0, 0), 1e-12);
  config.weight_decay = 0.1;
  EXPECT_NEAR(run(config, 2), scalar_adam(2, 0, 0.1), 1e-12);
}

TEST(Optimizer, AdamWDecouplesItsDecay) {
  OptimizerConfig config = of_kind(OptimizerKind::kAdamW);
  config.weight_decay = 0.1;
  EXPECT_NEAR(run(config, 2), scalar_adam(2, 0.1, 0), 1e-12);
}

TEST(Optimizer, RmsProp) {
  double x = 2, v = 0;
  for (const double g : kGradients) {
    v = 0.95 * v + 0.05 * g * g;
    x -= kRate * g / (std::sqrt(v) + 1e-6);
  }
  EXPECT_NEAR(run(of_kind(OptimizerKind::kRmsProp), 2), x, 1e-12);
}

TEST(ClipByNorm, ScalesOnlyLargeGradients) {
  at::Tensor gradient = at::tensor({3.0, 4.0}, at::kDouble);
  EXPECT_DOUBLE_EQ(clip_by_norm(gradient, 10), 5);
  EXPECT_DOUBLE_EQ(gradient[0].item<double>(), 3);
  EXPECT_DOUBLE_EQ(clip_by_norm(gradient, 1), 5);
  EXPECT_NEAR(gradient[0].item<double>(), 0.6, 1e-15);
  EXPECT_NEAR(gradient[1].item<double>(), 0.8, 1e-15);
  EXPECT_DOUBLE_EQ(clip_by_norm(gradient.mul_(10), 0), 10);
  EXPECT_NEAR(gradient[0].item<double>(), 6, 1e-12);
}

TEST(LearningRate, FollowsTheSchedules) {
  OptimizerConfig optimizer;
  optimizer.learning_rate = 0.5;
  model::ScheduleConfig schedule;
  EXPECT_DOUBLE_EQ(learning_rate(optimizer, schedule, 1000, 1), 0.5);
  schedule.kind = model::ScheduleKind::kDecay;
  schedule.decay = 0.01;
  EXPECT_DOUBLE_EQ(learning_rate(optimizer, schedule, 1, 1), 0.5);
  EXPECT_DOUBLE_EQ(learning_rate(optimizer, schedule, 101, 1), 0.25);
  schedule.minimum = 0.3;
  EXPECT_DOUBLE_EQ(learning_rate(optimizer, schedule, 101, 1), 0.3);
}

TEST(LearningRate, WarmsUp) {
  OptimizerConfig optimizer;
  optimizer.learning_rate = 0.5;
  model::ScheduleConfig schedule;
  schedule.warmup = 100;
  EXPECT_DOUBLE_EQ(learning_rate(optimizer, schedule, 50, 1), 0.25);
  EXPECT_DOUBLE_EQ(learning_rate(optimizer, schedule, 100, 1), 0.5);
  EXPECT_DOUBLE_EQ(learning_rate(optimizer, schedule, 400, 1), 0.5);
  schedule.kind = model::ScheduleKind::kInverseSquareRoot;
  EXPECT_DOUBLE_EQ(learning_rate(optimizer, schedule, 50, 1), 0.25);
  EXPECT_DOUBLE_EQ(learning_rate(optimizer, schedule, 400, 1), 0.25);
}

TEST(LearningRate, FallsOnAPlateau) {
  OptimizerConfig optimizer;
  optimizer.learning_rate = 0.5;
  model::ScheduleConfig schedule;
  schedule.kind = model::ScheduleKind::kPlateau;
  EXPECT_DOUBLE_EQ(learning_rate(optimizer, schedule, 9, 0.25), 0.125);
}

}  // namespace
}  // namespace attend::train
