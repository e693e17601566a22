// Sums of the queue against sums in double, whoever multiplies and when.
#include "fused/gradient_queue.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>
#include <vector>

#include "base/base.h"

namespace attend::fused {
namespace {

using kernels::ConstRows;
using kernels::PackedRows;
using kernels::Rows;

constexpr std::size_t kShards = 3, kRows = 5, kA = 700, kB = 400;  // of the large gradient
constexpr std::size_t kBefore = 10;                                // values of the small one

// A small and a large parameter; every shard has factors of its own for the large one.
struct Fixture {
  kernels::PrimitiveCache primitives;
  std::vector<std::vector<float>> buffers, a, b;
  GradientQueue queue;

  Fixture() : queue(primitives, {{0, kBefore}, {kBefore, kBefore + kA * kB}}, make_buffers()) {
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
    queue.add(shard, PackedRows(Precision::kFloat32, ConstRows{a[shard].data(), kA}, kRows, kA),
              PackedRows(Precision::kFloat32, ConstRows{b[shard].data(), kB}, kRows, kB),
              gradient(shard));
  }
  // One update; shard s begins `delays[s]` ms late and adds as many products as it is told.
  void update(const std::vector<int>& products, const std::vector<int>& delays) {
    queue.begin_update();
    queue.begin_part();
    Workers workers(kShards);
    workers.run([&](int index) {
      const auto shard = static_cast<std::size_t>(index);
      std::this_thread::sleep_for(std::chrono::milliseconds(delays[shard]));
      for (int i = 0; i < products[shard]; ++i) add(shard);
      queue.drain(shard, workers.spin_time());
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
    f.update({products, products, products}, {0, 0, 0});
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
  for (const auto& products : std::vector<std::vector<int>>{{2, 2, 2}, {0, 3, 1}, {3, 0, 2}}) {
    f.update(products, {0, 0, 0});
    const std::vector<float> first = f.buffers[0];
    for (const auto& delays :
         std::vector<std::vector<int>>{{20, 0, 0}, {0, 20, 0}, {0, 10, 20}, {20, 10, 0}}) {
      f.update(products, delays);
      EXPECT_EQ(f.buffers[0], first);
    }
  }
}

TEST(GradientQueue, LeavesZerosWhereAnUpdateHasNoProducts) {
  Fixture f;
  f.update({1, 1, 1}, {0, 0, 0});
  f.update({0, 0, 0}, {0, 0, 0});
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
      f.queue.cancel();
      throw Error("out of something");
    }
    f.add(shard);
    f.queue.drain(shard, workers.spin_time());
  }),
               Error);
  f.update({1, 1, 1}, {0, 0, 0});  // as if nothing had happened
  EXPECT_NEAR(f.gradient(0).row(3)[5], f.expected(3, 5), 1e-4);
}

}  // namespace
}  // namespace attend::fused
