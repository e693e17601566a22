#include "kernels/matrix.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <thread>

#include "kernels/float32_product.h"
#include "kernels/int8_product.h"
#include "reference.h"

namespace attend::kernels {
namespace {

void expect_product(Random& random, std::size_t rows, std::size_t outputs, std::size_t inputs,
                    bool with_bias) {
  const auto x = reference::random_values(random, rows * inputs);
  const auto weights = reference::random_values(random, outputs * inputs);
  const auto bias = reference::random_values(random, with_bias ? outputs : 0);
  std::vector<float> y(rows * outputs, 99.0F);
  Float32Product(weights, outputs, inputs).multiply(x, rows, bias, y);
  const auto expected = reference::multiply(x, rows, weights, outputs, inputs, bias);
  const double tolerance = 1e-6 * std::sqrt(static_cast<double>(inputs) + 1.0) * 3;
  for (std::size_t i = 0; i < y.size(); ++i) {
    ASSERT_NEAR(y[i], expected[i], tolerance) << rows << " x " << outputs << " x " << inputs;
  }
}

TEST(Float32Product, EqualsTheTripleLoop) {
  Random random(9);
  for (const std::size_t rows : {1, 2, 5, 6, 7, 13, 70, 200}) {
    for (const std::size_t outputs : {1, 15, 33, 96, 130, 150}) {
      for (const std::size_t inputs : {1, 2, 17, 64}) {
        expect_product(random, rows, outputs, inputs, (rows + outputs) % 2 == 0);
      }
    }
  }
}

TEST(Float32Product, RowsDoNotDependOnTheirNeighbours) {
  Random random(10);
  constexpr std::size_t kInputs = 50, kRows = 9;
  for (const std::size_t outputs : {3, 11, 16, 140}) {
    const auto weights = reference::random_values(random, outputs * kInputs);
    const auto x = reference::random_values(random, kRows * kInputs);
    const Float32Product product(weights, outputs, kInputs);
    std::vector<float> all(kRows * outputs), one(outputs);
    product.multiply(x, kRows, {}, all);
    for (std::size_t r = 0; r < kRows; ++r) {
      product.multiply(std::span<const float>(x).subspan(r * kInputs, kInputs), 1, {}, one);
      for (std::size_t o = 0; o < outputs; ++o) EXPECT_EQ(one[o], all[r * outputs + o]);
    }
  }
}

TEST(Float32Product, ThreadsShareOneProduct) {
  Random random(11);
  constexpr std::size_t kOutputs = 96, kInputs = 80;
  const auto weights = reference::random_values(random, kOutputs * kInputs);
  const Float32Product product(weights, kOutputs, kInputs);
  std::vector<std::thread> threads;
  std::vector<double> worst(4, 1.0);
  for (std::size_t t = 0; t < worst.size(); ++t) {
    threads.emplace_back([&, t] {
      Random mine(t);
      double error = 0.0;
      for (std::size_t rows = 1; rows < 40; ++rows) {
        const auto x = reference::random_values(mine, rows * kInputs);
        std::vector<float> y(rows * kOutputs);
        product.multiply(x, rows, {}, y);
        const auto expected = reference::multiply(x, rows, weights, kOutputs, kInputs, {});
        for (std::size_t i = 0; i < y.size(); ++i) {
          error = std::max(error, std::abs(y[i] - expected[i]));
        }
      }
      worst[t] = error;
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const double error : worst) EXPECT_LT(error, 3e-5);
}

std::vector<Int8Way> supported_ways() {
  std::vector<Int8Way> ways;
  for (const Int8Way way : {Int8Way::kPortable, Int8Way::kVnni, Int8Way::kAmx}) {
    if (is_supported(way)) ways.push_back(way);
  }
  return ways;
}

// Multiplies 8-bit integers with 64-bit sums.
std::vector<double> multiply_int8(std::span<const float> x, std::size_t rows,
                                  std::span<const float> weights, std::size_t outputs,
                                  std::size_t inputs, std::span<const float> bias) {
  const auto largest_of = [](std::span<const float> row) {
    float largest = 0.0F;
    for (const float value : row) largest = std::max(largest, std::abs(value));
    return largest;
  };
  std::vector<double> y;
  for (std::size_t r = 0; r < rows; ++r) {
    const auto row = x.subspan(r * inputs, inputs);
    const float a = largest_of(row);
    for (std::size_t o = 0; o < outputs; ++o) {
      const auto w = weights.subspan(o * inputs, inputs);
      const float s = largest_of(w);
      std::int64_t sum = 0;
      for (std::size_t k = 0; k < inputs && a > 0 && s > 0; ++k) {
        sum += static_cast<std::int64_t>(std::nearbyint(row[k] * (127.0F / a))) *
               static_cast<std::int64_t>(std::nearbyint(w[k] / (s / 127.0F)));
      }
      y.push_back(static_cast<double>(sum) * a * s / (127.0 * 127.0) +
                  (bias.empty() ? 0.0 : bias[o]));
    }
  }
  return y;
}

TEST(Int8Product, EveryWayEqualsWholeNumbers) {
  Random random(21);
  for (const std::size_t rows : {1, 2, 4, 5, 7, 8, 15, 16, 17, 32, 33, 70}) {
    for (const std::size_t outputs : {1, 15, 16, 33, 64, 150}) {
      for (const std::size_t inputs : {1, 3, 17, 63, 64, 65, 130}) {
        const auto x = reference::random_values(random, rows * inputs);
        const auto weights = reference::random_values(random, outputs * inputs);
        const auto bias = reference::random_values(random, rows % 2 == 0 ? outputs : 0);
        const auto expected = multiply_int8(x, rows, weights, outputs, inputs, bias);
        for (const Int8Way way : supported_ways()) {
          std::vector<float> y(rows * outputs, 99.0F);
          Int8Product({weights.data(), outputs, inputs, inputs}, way).multiply(x, rows, bias, y);
          for (std::size_t i = 0; i < y.size(); ++i) {
            ASSERT_NEAR(y[i], expected[i], 1e-5)
                << static_cast<int>(way) << ": " << rows << " x " << outputs << " x " << inputs;
          }
        }
      }
    }
  }
}

TEST(Int8Product, WaysAndNeighboursChangeNoBit) {
  Random random(22);
  constexpr std::size_t kOutputs = 100, kInputs = 192, kRows = 45;
  const auto weights = reference::random_values(random, kOutputs * kInputs);
  const auto bias = reference::random_values(random, kOutputs);
  const auto x = reference::random_values(random, kRows * kInputs);
  const WeightView view{weights.data(), kOutputs, kInputs, kInputs};
  std::vector<float> first(kRows * kOutputs), all(kRows * kOutputs), one(kOutputs);
  Int8Product(view, Int8Way::kPortable).multiply(x, kRows, bias, first);
  for (const Int8Way way : supported_ways()) {
    const Int8Product product(view, way);
    product.multiply(x, kRows, bias, all);
    EXPECT_EQ(all, first) << static_cast<int>(way);
    for (std::size_t r = 0; r < kRows; ++r) {
      product.multiply(std::span<const float>(x).subspan(r * kInputs, kInputs), 1, bias, one);
      for (std::size_t o = 0; o < kOutputs; ++o) ASSERT_EQ(one[o], all[r * kOutputs + o]);
    }
  }
}

// |y − ŷ| ≤ a/2 Σ|w| + s/2 Σ|x| + K a s / 4: half a step for every factor.
TEST(Int8Product, StaysWithinHalfAStepOfEveryFactor) {
  Random random(23);
  constexpr std::size_t kOutputs = 40, kInputs = 300;
  for (int round = 0; round < 20; ++round) {
    const auto x = reference::random_values(random, kInputs);
    const auto weights = reference::random_values(random, kOutputs * kInputs);
    const auto exact = reference::multiply(x, 1, weights, kOutputs, kInputs, {});
    std::vector<float> y(kOutputs);
    Int8Product({weights.data(), kOutputs, kInputs, kInputs}).multiply(x, 1, {}, y);
    const auto sum_and_largest = [](std::span<const float> row) {
      std::pair<double, double> result;
      for (const float value : row) {
        result.first += std::abs(value);
        result.second = std::max<double>(result.second, std::abs(value));
      }
      return result;
    };
    const auto [x_sum, x_largest] = sum_and_largest(x);
    for (std::size_t o = 0; o < kOutputs; ++o) {
      const auto [w_sum, w_largest] =
          sum_and_largest(std::span(weights).subspan(o * kInputs, kInputs));
      const double a = x_largest / 127, s = w_largest / 127;
      EXPECT_LE(std::abs(y[o] - exact[o]),
                a / 2 * w_sum + s / 2 * x_sum + kInputs * a * s / 4 + 1e-4);
    }
  }
}

TEST(Int8Product, RowsOfZerosAndRowsThatAreNotFinite) {
  const std::vector<float> weights = {0, 0, 0, 1, -1, 0.5F}, bias = {3, 4};
  for (const Int8Way way : supported_ways()) {
    const Int8Product product({weights.data(), 2, 3, 3}, way);
    std::vector<float> y(6);
    const float infinity = std::numeric_limits<float>::infinity();
    product.multiply(std::vector<float>{0, 0, 0, 1, 2, infinity, std::nanf(""), 1, 1}, 3, bias, y);
    EXPECT_EQ(y[0], 3.0F);
    EXPECT_EQ(y[1], 4.0F);
    for (std::size_t i = 2; i < 6; ++i) EXPECT_TRUE(std::isnan(y[i])) << i;
  }
}

TEST(Int8Product, KnownScalesKeepWholeNumbers) {
  constexpr float kScale = 0.03F;  // the largest integer of a row need not be 127
  std::vector<float> weights;
  for (int k = 0; k < 64; ++k) weights.push_back(kScale * static_cast<float>(k - 30));
  const std::vector<float> scales = {kScale};
  std::vector<float> x(64, 0.0F), y(1);
  for (std::size_t k = 0; k < 64; ++k) {
    std::fill(x.begin(), x.end(), 0.0F);
    x[k] = 1.27F;
    Int8Product({weights.data(), 1, 64, 64, scales}).multiply(x, 1, {}, y);
    EXPECT_NEAR(y[0], 1.27F * weights[k], 1e-6);
  }
}

std::vector<Bfloat16Way> supported_bfloat16_ways() {
  std::vector<Bfloat16Way> ways;
  for (const Bfloat16Way way : {Bfloat16Way::kPortable, Bfloat16Way::kAmx}) {
    if (is_supported(way)) ways.push_back(way);
  }
  return ways;
}

// Rounds values to 8 significant bits.
std::vector<float> rounded(std::vector<float> values) {
  for (float& value : values) {
    int exponent = 0;
    const double mantissa = std::frexp(static_cast<double>(value), &exponent);
    value = static_cast<float>(std::ldexp(std::nearbyint(mantissa * 256) / 256, exponent));
  }
  return values;
}

TEST(Bfloat16Product, EveryWayEqualsTheTripleLoopOverRoundedFactors) {
  Random random(24);
  for (const std::size_t rows : {1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 32, 33, 64, 70}) {
    for (const std::size_t outputs : {1, 15, 16, 17, 33, 64, 150}) {
      for (const std::size_t inputs : {1, 2, 17, 31, 32, 33, 64, 90}) {
        const auto x = reference::random_values(random, rows * inputs);
        const auto weights = reference::random_values(random, outputs * inputs);
        const auto bias = reference::random_values(random, rows % 2 == 0 ? outputs : 0);
        const auto expected =
            reference::multiply(rounded(x), rows, rounded(weights), outputs, inputs, bias);
        for (const Bfloat16Way way : supported_bfloat16_ways()) {
          std::vector<float> y(rows * outputs, 99.0F);
          Bfloat16Product({weights.data(), outputs, inputs, inputs}, way)
              .multiply(x, rows, bias, y);
          for (std::size_t i = 0; i < y.size(); ++i) {
            ASSERT_NEAR(y[i], expected[i], 3e-5)
                << static_cast<int>(way) << ": " << rows << " x " << outputs << " x " << inputs;
          }
        }
      }
    }
  }
}

// Covers denormal products too, which tiles treat as 0.
TEST(Bfloat16Product, WaysAndNeighboursChangeNoBit) {
  Random random(26);
  constexpr std::size_t kOutputs = 100, kInputs = 192, kRows = 69;
  for (const double scale : {1.0, 3e-20}) {
    const auto weights = reference::random_values(random, kOutputs * kInputs, scale);
    const auto bias = reference::random_values(random, kOutputs, scale * scale);
    const auto x = reference::random_values(random, kRows * kInputs, scale);
    const WeightView view{weights.data(), kOutputs, kInputs, kInputs};
    std::vector<float> first(kRows * kOutputs), all(kRows * kOutputs), one(kOutputs);
    Bfloat16Product(view, Bfloat16Way::kPortable).multiply(x, kRows, bias, first);
    for (const Bfloat16Way way : supported_bfloat16_ways()) {
      const Bfloat16Product product(view, way);
      product.multiply(x, kRows, bias, all);
      EXPECT_EQ(all, first) << static_cast<int>(way) << ", " << scale;
      for (std::size_t r = 0; r < kRows; ++r) {
        product.multiply(std::span<const float>(x).subspan(r * kInputs, kInputs), 1, bias, one);
        for (std::size_t o = 0; o < kOutputs; ++o) ASSERT_EQ(one[o], all[r * kOutputs + o]);
      }
    }
  }
}

TEST(Matrix, SelectedOutputsInEveryPrecision) {
  Random random(27);
  constexpr std::size_t kOutputs = 50, kInputs = 70;
  const auto weights = reference::random_values(random, kOutputs * kInputs);
  const std::vector<std::int32_t> ids = {0,  3,  15, 16, 17, 31, 32, 40, 41, 42,
                                         43, 44, 45, 46, 47, 48, 49, 2,  2};
  for (const Precision one : {Precision::kFloat32, Precision::kBfloat16, Precision::kInt8}) {
    const Matrix whole({weights.data(), kOutputs, kInputs, kInputs}, one);
    for (const std::size_t rows : {1, 40}) {
      const auto x = reference::random_values(random, rows * kInputs);
      std::vector<float> all(rows * kOutputs), some(rows * ids.size());
      whole.multiply(x, rows, {}, all);
      whole.select(ids).multiply(x, rows, {}, some);
      for (std::size_t r = 0; r < rows; ++r) {
        for (std::size_t i = 0; i < ids.size(); ++i) {
          ASSERT_EQ(some[r * ids.size() + i], all[r * kOutputs + static_cast<std::size_t>(ids[i])]);
        }
      }
    }
  }
}

TEST(Matrix, PanelsInEveryPrecision) {
  Random random(21);
  for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16, Precision::kInt8}) {
    for (const std::size_t outputs : {1, 7, 16, 33, 90}) {
      for (const std::size_t inputs : {3, 40, 130}) {
        const auto values = reference::random_values(random, outputs * inputs);
        const auto bias = reference::random_values(random, inputs % 2 == 0 ? outputs : 0);
        const auto x = reference::random_values(random, inputs);
        const Matrix matrix({values.data(), outputs, inputs, inputs}, precision);
        std::vector<float> whole(outputs), parts(outputs, 9.0F);
        matrix.multiply(x, 1, bias, whole);
        const std::size_t panels = (outputs + matrix.panel_width() - 1) / matrix.panel_width();
        for (std::size_t panel = panels; panel-- > 0;) {
          matrix.multiply_panel(x, panel, bias, parts);
          for (std::size_t o = 0; o < panel * matrix.panel_width(); ++o) ASSERT_EQ(parts[o], 9.0F);
        }
        ASSERT_EQ(parts, whole) << outputs << " x " << inputs;
        EXPECT_THROW(matrix.multiply_panel(x, panels, bias, parts), CheckFailure);
      }
    }
  }
}

TEST(Matrix, BlocksOfAMatrixInEveryPrecision) {
  Random random(25);
  constexpr std::size_t kRows = 9, kColumns = 40;
  const auto all = reference::random_values(random, kRows * kColumns);
  const auto x = reference::random_values(random, 12);
  std::vector<float> block;
  for (std::size_t o = 2; o < 7; ++o) {
    for (std::size_t k = 0; k < 12; ++k) block.push_back(all[o * kColumns + 20 + k]);
  }
  for (const Precision one : {Precision::kFloat32, Precision::kBfloat16, Precision::kInt8}) {
    std::vector<float> found(5), expected(5);
    Matrix({all.data() + 2 * kColumns + 20, 5, 12, kColumns}, one).multiply(x, 1, {}, found);
    Matrix({block.data(), 5, 12, 12}, one).multiply(x, 1, {}, expected);
    EXPECT_EQ(found, expected);
  }
}

TEST(Matrix, SmallAndLargeAgree) {
  Random random(12);
  for (const std::size_t outputs : {511, 513}) {  // one value below and above the limit
    constexpr std::size_t kInputs = 512;
    const auto weights = reference::random_values(random, outputs * kInputs, 0.05);
    const auto bias = reference::random_values(random, outputs);
    const auto x = reference::random_values(random, 3 * kInputs);
    std::vector<float> y(3 * outputs);
    Matrix(weights, outputs, kInputs).multiply(x, 3, bias, y);
    const auto expected = reference::multiply(x, 3, weights, outputs, kInputs, bias);
    for (std::size_t i = 0; i < y.size(); ++i) ASSERT_NEAR(y[i], expected[i], 5e-6);
  }
}

TEST(Matrix, EmptySidesAreAllowed) {
  const std::vector<float> bias = {1, 2};
  std::vector<float> y(2);
  Matrix(std::span<const float>(), 2, 0).multiply({}, 1, bias, y);
  EXPECT_EQ(y, bias);
  Matrix(std::span<const float>(bias), 2, 1).multiply({}, 0, {}, {});
  Matrix().multiply({}, 5, {}, {});
}

TEST(Matrix, SizesMustFit) {
  const std::vector<float> six(6);
  std::vector<float> two(2);
  EXPECT_THROW(Matrix(six, 2, 2), CheckFailure);
  const Matrix matrix(six, 2, 3);
  EXPECT_THROW(matrix.multiply(six, 1, {}, two), CheckFailure);
  EXPECT_THROW(matrix.multiply(six, 2, {}, two), CheckFailure);
  EXPECT_THROW(matrix.multiply(std::span<const float>(six).first(3), 1, six, two), CheckFailure);
}

}  // namespace
}  // namespace attend::kernels
