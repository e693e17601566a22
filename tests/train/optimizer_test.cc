// Compares optimisers with scalar versions of their equations (§1.7); tests clipping and schedules.
#include "train/optimizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
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
  Workers workers(1);
  std::int64_t update = 0;
  for (const double gradient : kGradients) {
    optimizer.step(values, at::full({3}, gradient, at::kDouble), {kRate, ++update, 1.0}, workers);
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

TEST(ClipScale, ScalesOnlyLargeGradients) {
  EXPECT_DOUBLE_EQ(clip_scale(5, 10), 1);
  EXPECT_DOUBLE_EQ(clip_scale(5, 5), 1);
  EXPECT_DOUBLE_EQ(clip_scale(5, 1), 0.2);
  EXPECT_DOUBLE_EQ(clip_scale(10, 0), 1);
}

TEST(Optimizer, ScalesTheGradientFirst) {
  for (const OptimizerKind kind : {OptimizerKind::kSgd, OptimizerKind::kAdadelta,
                                   OptimizerKind::kAdam, OptimizerKind::kRmsProp}) {
    OptimizerConfig config = of_kind(kind);
    config.weight_decay = 0.1;
    Workers workers(1);
    const at::Tensor scaled = at::full({3}, 2.0, at::kDouble), whole = scaled.clone();
    Optimizer(config, scaled)
        .step(scaled, at::full({3}, 4.0, at::kDouble), {kRate, 1, 0.25}, workers);
    Optimizer(config, whole).step(whole, at::full({3}, 1.0, at::kDouble), {kRate, 1, 1.0}, workers);
    EXPECT_TRUE(scaled.allclose(whole, 1e-14)) << scaled << whole;
  }
}

// Compares the float32 pass that threads share with tensor operations in double.
TEST(Optimizer, FusedAdamEqualsTensorOperationsOnAnyNumberOfThreads) {
  for (const OptimizerKind kind : {OptimizerKind::kAdam, OptimizerKind::kAdamW}) {
    OptimizerConfig config = of_kind(kind);
    config.weight_decay = 0.05;
    const at::Tensor start = at::arange(1, 72, at::kDouble) / 40;
    const at::Tensor exact = start.clone();
    Optimizer reference(config, exact);
    Workers one(1), three(3);
    const at::Tensor alone = start.to(at::kFloat), shared = start.to(at::kFloat);
    Optimizer by_one(config, alone), by_three(config, shared);
    for (std::int64_t update = 1; update <= 5; ++update) {
      const at::Tensor gradient = at::sin(start * static_cast<double>(update));
      const UpdateOptions options{0.01, update, 0.5};
      reference.step(exact, gradient.clone(), options, one);
      by_one.step(alone, gradient.to(at::kFloat), options, one);
      by_three.step(shared, gradient.to(at::kFloat), options, three);
    }
    EXPECT_LE((alone - exact).abs().max().item<double>(), 1e-6);
    EXPECT_TRUE(alone.equal(shared));
  }
}

// Row blocks with a gap that is too long for one between parameters: values 32 to 63 are frozen.
TEST(Optimizer, ChangesTheRowBlocksAlone) {
  const std::vector<RowBlock> row_blocks{{0, 2, 8}, {16, 4, 3}, {64, 7, 1}};
  for (const OptimizerKind kind :
       {OptimizerKind::kSgd, OptimizerKind::kAdadelta, OptimizerKind::kAdam, OptimizerKind::kAdamW,
        OptimizerKind::kRmsProp}) {
    for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
      OptimizerConfig config = of_kind(kind);
      config.momentum = 0.5;
      config.weight_decay = 0.1;
      Workers workers(2);
      const at::Tensor start = at::arange(1, 72, at::kDouble).to(type) / 40;
      const at::Tensor all = start.clone(), some = start.clone();
      Optimizer whole(config, all), parts(config, some);
      std::vector<std::atomic<int>> calls(row_blocks.size());
      for (std::int64_t update = 1; update <= 3; ++update) {
        const at::Tensor gradient = at::cos(start * static_cast<double>(update));
        const UpdateOptions options{0.01, update, 0.5};
        whole.step(all, gradient.clone(), options, workers);
        parts.step(some, gradient.clone(), options, workers, row_blocks,
                   [&](std::size_t index) { ++calls[index]; });
      }
      EXPECT_TRUE(some.narrow(0, 32, 32).equal(start.narrow(0, 32, 32)));
      for (const RowBlock& block : row_blocks) {
        const auto part = [&](const at::Tensor& values) {
          return values.narrow(0, static_cast<std::int64_t>(block.first),
                               static_cast<std::int64_t>(block.count()));
        };
        EXPECT_TRUE(part(some).allclose(part(all), 1e-6));
        EXPECT_FALSE(part(some).equal(part(start)));
      }
      for (const auto& [name, buffer] : parts.state()) {
        EXPECT_EQ(buffer.narrow(0, 32, 32).abs().max().item<double>(), 0) << name;
      }
      for (const std::atomic<int>& count : calls) EXPECT_EQ(count, 3);
    }
  }
}

TEST(Workers, DoEverythingOnce) {
  for (const int count : {1, 2, 3, 7}) {
    Workers workers(count);
    for (const std::size_t size : {0, 1, 16, 17, 1000}) {
      std::vector<std::atomic<int>> done(size);
      workers.for_each(size, [&](std::size_t index) { ++done[index]; });
      EXPECT_TRUE(std::all_of(done.begin(), done.end(), [](int times) { return times == 1; }));
    }
  }
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
