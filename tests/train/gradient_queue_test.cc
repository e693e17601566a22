// Sums of the queue against sums in double, whoever multiplies and when.
#include "train/gradient_queue.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <vector>

#include "base/base.h"
#include "fixtures.h"
#include "train/engine.h"
#include "train/workers.h"

namespace attend::train {
namespace {

using kernels::ConstRows;
using kernels::Operand;
using kernels::Rows;
using testing::pointers;
using testing::random_examples;

constexpr std::size_t kShards = 3, kRows = 5, kA = 700, kB = 400;  // of the large gradient
constexpr std::size_t kBefore = 10;                                // values of the small one

// A small and a large parameter; every shard has factors of its own for the large one.
struct Fixture {
  std::vector<std::size_t> sizes{kBefore, kA* kB};
  kernels::ProductCode code;
  std::vector<std::vector<float>> buffers, a, b;
  GradientQueue queue;

  Fixture() : queue(code, sizes, make_buffers()) {
    use_one_thread_per_call();
    Random random(7);
    for (std::size_t shard = 0; shard < kShards; ++shard) {
      for (auto* factors : {&a, &b}) {
        auto& values = factors->emplace_back(kRows * (factors == &a ? kA : kB));
        for (float& value : values) value = static_cast<float>(random.normal());
      }
    }
  }
  std::vector<std::span<float>> make_buffers() {
    buffers.assign(kShards, std::vector<float>(kBefore + kA * kB));
    return {buffers.begin(), buffers.end()};
  }
  Rows gradient(std::size_t shard) { return {buffers[shard].data() + kBefore, kB}; }
  void add(std::size_t shard) {
    queue.add(shard, Operand(Precision::kFloat32, ConstRows{a[shard].data(), kA}, kRows, kA),
              Operand(Precision::kFloat32, ConstRows{b[shard].data(), kB}, kRows, kB),
              gradient(shard));
  }
  // One update with `products` of every shard; shard s begins `delays[s]` ms late.
  void update(int products, const std::vector<int>& delays) {
    queue.begin_update();
    queue.begin_part();
    Workers workers(kShards);
    workers.run([&](int index) {
      const auto shard = static_cast<std::size_t>(index);
      std::this_thread::sleep_for(std::chrono::milliseconds(delays[shard]));
      for (int i = 0; i < products; ++i) add(shard);
      queue.work_off(shard, workers.patience());
    });
    queue.end_update();
  }
  double expected(std::size_t row, std::size_t column) const {
    double sum = 0;
    for (std::size_t shard = 0; shard < kShards; ++shard) {
      for (std::size_t r = 0; r < kRows; ++r) {
        sum += double{a[shard][r * kA + row]} * double{b[shard][r * kB + column]};
      }
    }
    return sum;
  }
};

TEST(GradientQueue, AddsTheProductsOfAllShards) {
  Fixture f;
  for (int products = 1; products <= 2; ++products) {  // each update replaces the last one's sums
    f.update(products, {0, 0, 0});
    for (std::size_t row = 0; row < kA; ++row) {
      for (std::size_t column = 0; column < kB; ++column) {
        ASSERT_NEAR(f.gradient(0).row(row)[column], products * f.expected(row, column), 1e-4);
      }
    }
  }
  EXPECT_TRUE(f.queue.sums_in(kBefore, kA * kB));
  EXPECT_FALSE(f.queue.sums_in(0, kBefore));
}

TEST(GradientQueue, GivesTheSameBitsWhoeverIsLate) {
  Fixture f;
  f.update(2, {0, 0, 0});
  const std::vector<float> first = f.buffers[0];
  for (const auto& delays :
       std::vector<std::vector<int>>{{20, 0, 0}, {0, 20, 0}, {0, 10, 20}, {20, 10, 0}}) {
    f.update(2, delays);
    EXPECT_EQ(f.buffers[0], first);
  }
}

TEST(GradientQueue, LeavesZerosWhereAnUpdateHasNoProducts) {
  Fixture f;
  f.update(1, {0, 0, 0});
  f.update(0, {0, 0, 0});
  EXPECT_EQ(f.buffers[0], std::vector<float>(kBefore + kA * kB));
}

TEST(GradientQueue, TakesLargeGradientsAlone) {
  Fixture f;
  for (std::size_t shard = 0; shard < kShards; ++shard) {
    const float* values = f.buffers[shard].data();
    EXPECT_FALSE(f.queue.takes(shard, values));
    EXPECT_FALSE(f.queue.takes(shard, values + kBefore - 1));
    EXPECT_TRUE(f.queue.takes(shard, values + kBefore));
    EXPECT_TRUE(f.queue.takes(shard, values + kBefore + kA * kB - 1));
    EXPECT_FALSE(f.queue.takes(shard, f.a[0].data()));
  }
}

TEST(GradientQueue, LetsTheOthersGoWhenAThreadFails) {
  Fixture f;
  f.queue.begin_update();
  f.queue.begin_part();
  Workers workers(kShards);
  EXPECT_THROW(workers.run([&](int index) {
    const auto shard = static_cast<std::size_t>(index);
    if (shard == 1) {
      f.queue.abandon();
      throw Error("out of something");
    }
    f.add(shard);
    f.queue.work_off(shard, workers.patience());
  }),
               Error);
  f.update(1, {0, 0, 0});  // as if nothing had happened
  EXPECT_NEAR(f.gradient(0).row(3)[5], f.expected(3, 5), 1e-4);
}

// Parameters large enough for the queue.
model::Configuration wide_configuration(Precision precision) {
  model::Configuration configuration;
  configuration.encoder.units = configuration.decoder.units = 256;
  configuration.training.precision = precision;
  return configuration;
}

class WideEngines : public ::testing::TestWithParam<Precision> {};

TEST_P(WideEngines, ShardsAddUpToTheWholeGradient) {
  const model::VocabularySizes sizes{40, 50};
  const auto examples = random_examples(9, sizes, 9, 8, 4);
  const model::Configuration configuration = wide_configuration(GetParam());
  TrainingEngine one(configuration, sizes, 1), three(configuration, sizes, 3);
  const double tolerance = GetParam() == Precision::kFloat32 ? 1e-5 : 1e-2;
  for (std::int64_t update = 1; update <= 2; ++update) {
    one.compute_gradient(pointers(examples), update);
    const BatchSums sums = three.compute_gradient(pointers(examples), update);
    const at::Tensor difference = (one.gradient() - three.gradient()).norm();
    EXPECT_LE(difference.item<double>(), tolerance * sums.gradient_norm);
    EXPECT_NEAR(sums.gradient_norm, three.gradient().to(at::kDouble).norm().item<double>(),
                1e-5 * sums.gradient_norm);
  }
}

TEST_P(WideEngines, GiveTheSameBitsInParts) {
  const model::VocabularySizes sizes{40, 50};
  const auto examples = random_examples(24, sizes, 90, 80, 4);
  model::Configuration configuration = wide_configuration(GetParam());
  configuration.training.batch_memory = 8;
  TrainingEngine first(configuration, sizes, 2), second(configuration, sizes, 2);
  configuration.training.batch_memory = 0;
  TrainingEngine whole(configuration, sizes, 2);
  const double tolerance = GetParam() == Precision::kFloat32 ? 1e-5 : 1e-2;
  const BatchSums sums = whole.compute_gradient(pointers(examples), 1);
  for (std::int64_t update = 1; update <= 2; ++update) {
    first.compute_gradient(pointers(examples), update);
    second.compute_gradient(pointers(examples), update);
    EXPECT_TRUE(first.gradient().equal(second.gradient()));
    EXPECT_LE((first.gradient() - whole.gradient()).norm().item<double>(),
              tolerance * sums.gradient_norm);
  }
}

INSTANTIATE_TEST_SUITE_P(Precisions, WideEngines,
                         ::testing::Values(Precision::kFloat32, Precision::kBfloat16));

}  // namespace
}  // namespace attend::train
