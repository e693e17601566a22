// Tests the products of training against sums in double over the rounded inputs.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <thread>
#include <tuple>
#include <vector>

#include "base/base.h"
#include "kernels/kernels.h"
#include "reference.h"

namespace attend::kernels {
namespace {

using reference::random_values;

constexpr std::uint16_t kNaN = 0x7FC0;

float widen(Bfloat16 value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16);
}

float rounded(Precision precision, float value) {
  if (precision == Precision::kFloat32) return value;
  Bfloat16 half = 0;
  to_bfloat16({&value, 1}, 1, 1, &half);
  return widen(half);
}

TEST(Bfloat16, RoundsToNearestTiesToEven) {
  const auto convert = [](float value) {
    Bfloat16 half = 0;
    to_bfloat16({&value, 1}, 1, 1, &half);
    return half;
  };
  EXPECT_EQ(convert(1.0F), 0x3F80);
  EXPECT_EQ(convert(std::bit_cast<float>(0x3F808000U)), 0x3F80);  // a tie, even below
  EXPECT_EQ(convert(std::bit_cast<float>(0x3F818000U)), 0x3F82);  // a tie, even above
  EXPECT_EQ(convert(std::bit_cast<float>(0x3F808001U)), 0x3F81);
  EXPECT_EQ(convert(-2.0F), 0xC000);
  EXPECT_EQ(convert(std::numeric_limits<float>::infinity()), 0x7F80);
  EXPECT_EQ(convert(std::numeric_limits<float>::max()), 0x7F80);
  EXPECT_EQ(convert(std::numeric_limits<float>::quiet_NaN()), kNaN);
  EXPECT_EQ(convert(std::bit_cast<float>(0x7F800001U)), kNaN);  // only its lower half says NaN
}

TEST(Bfloat16, RoundsRowsOfAnyLength) {
  Random random(3);
  for (const std::size_t units : {1, 7, 16, 33}) {
    const std::vector<float> values = random_values(random, 3 * 40);
    std::vector<Bfloat16> halves(3 * units + 1, 77);
    to_bfloat16({values.data(), 40}, 3, units, halves.data());
    for (std::size_t r = 0; r < 3; ++r) {
      for (std::size_t i = 0; i < units; ++i) {
        const float value = values[r * 40 + i];
        EXPECT_NEAR(widen(halves[r * units + i]), value, std::abs(value) / 256);
      }
    }
    EXPECT_EQ(halves.back(), 77);
    std::vector<float> rounded(3 * units);
    round_to_bfloat16({values.data(), 40}, 3, units, rounded.data());
    for (std::size_t i = 0; i < rounded.size(); ++i) EXPECT_EQ(rounded[i], widen(halves[i]));
  }
}

using Sizes = std::tuple<Precision, std::size_t, std::size_t, std::size_t>;

class TrainingProducts : public ::testing::TestWithParam<Sizes> {};

TEST_P(TrainingProducts, EqualSums) {
  const auto [precision, rows, outputs, inputs] = GetParam();
  Random random(rows * outputs + inputs);
  const PrimitiveCache primitives;
  const std::size_t x_stride = inputs + 3, y_stride = outputs + 5;
  const std::vector<float> x = random_values(random, rows * x_stride);
  const std::vector<float> bias = random_values(random, outputs);
  std::vector<float> weights(outputs * inputs, 0.0F);
  for (const bool transposed : {false, true}) {
    const WeightStrides strides = transposed ? WeightStrides{1, outputs} : WeightStrides{inputs, 1};
    for (const RowsPerProduct typical : {RowsPerProduct::kStep, RowsPerProduct::kBatch}) {
      TrainingMatrix product(primitives, precision, typical, weights.data(), outputs, inputs,
                             strides);
      std::ranges::copy(random_values(random, weights.size()), weights.begin());
      product.pack();
      const std::vector<float> before = random_values(random, rows * y_stride);
      std::vector<float> y = before, sum = before;
      product.multiply({x.data(), x_stride}, rows, bias.data(), {y.data(), y_stride},
                       Write::kReplace);
      product.multiply({x.data(), x_stride}, rows, nullptr, {sum.data(), y_stride}, Write::kAdd);
      for (std::size_t r = 0; r < rows; ++r) {
        for (std::size_t o = 0; o < y_stride; ++o) {
          const std::size_t at = r * y_stride + o;
          if (o >= outputs) {  // gap between the rows
            EXPECT_EQ(y[at], before[at]);
            EXPECT_EQ(sum[at], before[at]);
            continue;
          }
          double expected = 0;
          for (std::size_t k = 0; k < inputs; ++k) {
            expected += static_cast<double>(rounded(precision, x[r * x_stride + k])) *
                        rounded(precision, weights[o * strides.output + k * strides.input]);
          }
          const double tolerance = 2e-6 * static_cast<double>(inputs + 4);
          ASSERT_NEAR(y[at], expected + bias[o], tolerance) << r << " " << o;
          ASSERT_NEAR(sum[at], expected + before[at], tolerance) << r << " " << o;
        }
      }
    }
  }
}

bool by_tiles(Precision precision) { return keeps_logit_gradient(precision, 1 << 10); }

// Packs a block of columns while the rows in memory change a few at a time.
TEST_P(TrainingProducts, PackRowsAsTheyChange) {
  const auto [precision, rows, outputs, inputs] = GetParam();
  Random random(rows * outputs + inputs);
  const PrimitiveCache primitives;
  const std::vector<float> x = random_values(random, rows * inputs);
  for (const bool transposed : {false, true}) {
    constexpr std::size_t kBefore = 32, kBehind = 7, kAtOnce = 64;  // rows
    const std::size_t own = transposed ? inputs : outputs;
    const std::size_t stride = (transposed ? outputs : inputs) + 6;
    std::vector<float> memory((kBefore + own + kBehind) * stride);
    TrainingMatrix product(primitives, precision, RowsPerProduct::kBatch,
                           memory.data() + kBefore * stride + 5, outputs, inputs,
                           transposed ? WeightStrides{1, stride} : WeightStrides{stride, 1});
    std::ranges::copy(random_values(random, memory.size()), memory.begin());
    std::size_t packed = 0;
    for (std::size_t row = 0; row < kBefore + own + kBehind; row += kAtOnce) {
      const std::size_t count = std::min(kAtOnce, kBefore + own + kBehind - row);
      packed += product.pack_among({memory.data() + row * stride, stride}, count);
    }
    EXPECT_EQ(packed, by_tiles(precision) && (inputs > 1 || !transposed) ? outputs * inputs : 0);
    std::vector<float> found(rows * outputs), expected = found;
    if (packed == 0) product.pack();
    product.multiply({x.data(), inputs}, rows, nullptr, {found.data(), outputs}, Write::kReplace);
    product.pack();
    product.multiply({x.data(), inputs}, rows, nullptr, {expected.data(), outputs},
                     Write::kReplace);
    EXPECT_EQ(found, expected);
  }
}

TEST_P(TrainingProducts, GradientsEqualSums) {
  const auto [precision, rows, a_units, b_units] = GetParam();
  Random random(rows + a_units * b_units);
  const PrimitiveCache primitives;
  const std::vector<float> a = random_values(random, rows * (a_units + 2));
  const std::vector<float> b = random_values(random, rows * (b_units + 1));
  const std::size_t stride = b_units + 4;
  const std::vector<float> before = random_values(random, a_units * stride);
  const PackedRows left(precision, {a.data(), a_units + 2}, rows, a_units);
  const PackedRows right(precision, {b.data(), b_units + 1}, rows, b_units);
  for (const Write write : {Write::kReplace, Write::kAdd}) {
    std::vector<float> gradient = before;
    const std::optional<double> squares =
        gradient_product(primitives, left, right, {gradient.data(), stride}, write);
    double expected_squares = 0;
    for (std::size_t i = 0; i < a_units; ++i) {
      for (std::size_t k = 0; k < stride; ++k) {
        const std::size_t at = i * stride + k;
        double expected = k >= b_units || write == Write::kAdd ? before[at] : 0;
        for (std::size_t r = 0; k < b_units && r < rows; ++r) {
          expected += static_cast<double>(rounded(precision, a[r * (a_units + 2) + i])) *
                      rounded(precision, b[r * (b_units + 1) + k]);
        }
        ASSERT_NEAR(gradient[at], expected, 2e-6 * static_cast<double>(rows + 4)) << i << " " << k;
        if (k < b_units) expected_squares += double{gradient[at]} * double{gradient[at]};
      }
    }
    ASSERT_EQ(squares.has_value(), by_tiles(precision));
    EXPECT_NEAR(squares.value_or(expected_squares), expected_squares, 1e-6 * expected_squares);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, TrainingProducts,
    ::testing::Combine(::testing::Values(Precision::kFloat32, Precision::kBfloat16),
                       ::testing::Values(1, 2, 17, 63, 64), ::testing::Values(1, 5, 48, 80, 300),
                       ::testing::Values(1, 6, 63, 130)));

// These sizes have more rows, inputs and units than are multiplied at once.
INSTANTIATE_TEST_SUITE_P(Large, TrainingProducts,
                         ::testing::Values(Sizes{Precision::kBfloat16, 300, 40, 2100},
                                           Sizes{Precision::kBfloat16, 33, 290, 2050},
                                           Sizes{Precision::kFloat32, 300, 40, 2100}));

TEST(PackedRows, PartsOfRowsMultiplyAsThemselves) {
  Random random(8);
  const PrimitiveCache primitives;
  const std::vector<float> x = random_values(random, 9 * 20), weights = random_values(random, 40);
  for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16}) {
    const TrainingMatrix product(primitives, precision, RowsPerProduct::kBatch, weights.data(), 4,
                                 10, {10, 1});
    const PackedRows whole(precision, {x.data(), 20}, 9, 20);
    std::vector<float> part(12), alone(12);
    product.multiply(whole.rows(5, 3).columns(6, 10), nullptr, {part.data(), 4}, Write::kReplace);
    product.multiply({x.data() + 5 * 20 + 6, 20}, 3, nullptr, {alone.data(), 4}, Write::kReplace);
    EXPECT_EQ(part, alone);
    EXPECT_THROW(whole.rows(5, 5), CheckFailure);
    EXPECT_THROW(whole.columns(11, 10), CheckFailure);
  }
}

TEST(PackedRows, PacksRowsWhenTheyAreComputed) {
  Random random(10);
  const PrimitiveCache primitives;
  const std::vector<float> later = random_values(random, 21 * 40),
                           weights = random_values(random, 35);
  for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16}) {
    const TrainingMatrix product(primitives, precision, RowsPerProduct::kBatch, weights.data(), 1,
                                 35, {35, 1});
    std::vector<float> rows(later.size(), 7.0F);
    PackedRows packed = PackedRows::unpacked(precision, {rows.data(), 40}, 21, 35);
    std::ranges::copy(later, rows.begin());
    packed.pack(8, 13);
    packed.pack(0, 8);
    std::vector<float> found(21), expected(21);
    product.multiply(packed, nullptr, {found.data(), 1}, Write::kReplace);
    product.multiply(PackedRows(precision, {later.data(), 40}, 21, 35), nullptr,
                     {expected.data(), 1}, Write::kReplace);
    EXPECT_EQ(found, expected);
    EXPECT_THROW(packed.pack(20, 2), CheckFailure);
    EXPECT_THROW(packed.rows(2, 3).pack(0, 1), CheckFailure);
  }
}

TEST(TrainingProducts, GiveTheSameBitsInEveryThread) {
  Random random(9);
  const PrimitiveCache primitives;
  const std::vector<float> x = random_values(random, 30 * 200);
  const std::vector<float> weights = random_values(random, 300 * 200);
  const TrainingMatrix product(primitives, Precision::kFloat32, RowsPerProduct::kStep,
                               weights.data(), 300, 200, {200, 1});
  std::vector<std::vector<float>> results(4, std::vector<float>(30 * 300));
  std::vector<std::thread> threads;
  for (std::vector<float>& y : results) {
    threads.emplace_back([&product, &x, &y] {
      for (std::size_t rows = 1; rows <= 30; ++rows) {
        product.multiply({x.data(), 200}, rows, nullptr, {y.data(), 300}, Write::kReplace);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::vector<float>& y : results) EXPECT_EQ(y, results[0]);
}

}  // namespace
}  // namespace attend::kernels
