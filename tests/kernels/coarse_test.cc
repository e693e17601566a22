#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/kernels.h"
#include "reference.h"

namespace attend::kernels {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNotANumber = std::numeric_limits<float>::quiet_NaN();
constexpr Precision kPrecisions[] = {Precision::kFloat32, Precision::kBfloat16, Precision::kInt8};

// A matrix and its coarse copy.
struct Pair {
  Pair(std::span<const float> values, std::size_t outputs, std::size_t inputs, Precision precision)
      : exact({values.data(), outputs, inputs, inputs}, precision),
        coarse({values.data(), outputs, inputs, inputs}, precision) {}
  Matrix exact;
  CoarseProduct coarse;
};

// Ranks the rows of x with and without the coarse copy; log-probabilities may differ by the
// tolerance.
void expect_same_ranking(const Pair& pair, std::span<const float> x, std::size_t rows,
                         std::span<const float> bias, std::size_t wanted, double tolerance) {
  const std::size_t outputs = pair.exact.outputs();
  std::vector<float> y(rows * outputs), memory(rows * outputs);
  std::vector<Ranked> expected(wanted), found(rows * wanted);
  pair.exact.multiply(x, rows, bias, y);
  rank_log_softmax(pair.exact, pair.coarse, x, rows, bias, memory, found);
  for (std::size_t r = 0; r < rows; ++r) {
    rank_log_softmax(std::span(y).subspan(r * outputs, outputs), expected);
    for (std::size_t k = 0; k < wanted; ++k) {
      ASSERT_EQ(found[r * wanted + k].index, expected[k].index) << "row " << r << ", place " << k;
      if (expected[k].index < 0) continue;
      ASSERT_NEAR(found[r * wanted + k].value, expected[k].value, tolerance);
    }
  }
}

// Allowed error of a log-probability: some deviations of the error aimed at.
double tolerance_of(Precision precision) {
  return precision == Precision::kFloat32 ? 3e-5 : precision == Precision::kBfloat16 ? 3e-3 : 2e-2;
}

TEST(CoarseProduct, ErrorsStayWithinTheirBounds) {
  Random random(71);
  for (const Precision precision : kPrecisions) {
    for (const double scale : {1e-38, 1e-30, 1.0, 1e15}) {
      for (const std::size_t inputs : {1, 3, 8, 67, 200}) {
        constexpr std::size_t kOutputs = 70, kRows = 5;
        const auto values = reference::random_values(random, kOutputs * inputs, scale);
        const auto x = reference::random_values(random, kRows * inputs);
        const auto bias = reference::random_values(random, kOutputs, scale);
        const Pair pair(values, kOutputs, inputs, precision);
        if (pair.coarse.empty()) continue;
        std::vector<float> exact(kRows * kOutputs), coarse(kRows * kOutputs);
        pair.exact.multiply(x, kRows, bias, exact);
        pair.coarse.multiply(x, kRows, bias, coarse);
        // The error relative to the residues of rounding, without the rounding of sums.
        double largest = 0.0;
        for (std::size_t i = 0; i < exact.size(); ++i) {
          const float norm = pair.coarse.norm(std::span(x).subspan(i / kOutputs * inputs, inputs));
          const double bound = double{norm} * pair.coarse.errors()[i % kOutputs] +
                               pair.coarse.rounding() * std::abs(exact[i]) + pair.coarse.smallest();
          ASSERT_LE(std::abs(exact[i] - coarse[i]), bound) << precision_name(precision);
          largest = std::max(largest, std::abs(exact[i] - coarse[i]) / bound);
        }
        const bool rounds = scale > 1e-36 && inputs >= 8;
        EXPECT_TRUE(largest > 1e-2 || !rounds) << "the bound says nothing";
      }
    }
  }
}

TEST(CoarseProduct, RowsDoNotDependOnTheirNeighbours) {
  Random random(72);
  constexpr std::size_t kOutputs = 150, kInputs = 37, kRows = 7;
  const auto values = reference::random_values(random, kOutputs * kInputs);
  const auto x = reference::random_values(random, kRows * kInputs);
  for (const Precision precision : kPrecisions) {
    const Pair pair(values, kOutputs, kInputs, precision);
    if (pair.coarse.empty()) continue;
    std::vector<float> all(kRows * kOutputs), one(kOutputs);
    pair.coarse.multiply(x, kRows, {}, all);
    for (std::size_t r = 0; r < kRows; ++r) {
      pair.coarse.multiply(std::span(x).subspan(r * kInputs, kInputs), 1, {}, one);
      for (std::size_t o = 0; o < kOutputs; ++o) ASSERT_EQ(one[o], all[r * kOutputs + o]);
    }
  }
}

TEST(CoarseRanking, FindsWhatTheWholeProductFinds) {
  Random random(73);
  for (const Precision precision : kPrecisions) {
    for (const std::size_t outputs : {1, 15, 33, 130, 700}) {
      for (const std::size_t inputs : {1, 9, 64, 130}) {
        for (const double scale : {0.02, 0.3}) {
          const auto values = reference::random_values(random, outputs * inputs, scale);
          const auto x = reference::random_values(random, 4 * inputs);
          const auto bias = reference::random_values(random, inputs % 2 == 0 ? outputs : 0, 0.1);
          const Pair pair(values, outputs, inputs, precision);
          if (pair.coarse.empty()) continue;
          for (const std::size_t wanted : {1, 3, 12}) {
            for (const std::size_t rows : {1, 2, 3, 4}) {
              expect_same_ranking(pair, std::span(x).first(rows * inputs), rows, bias, wanted,
                                  tolerance_of(precision));
            }
          }
        }
      }
    }
  }
}

// Many rows of W differ in their last bits only, so the coarse copy cannot tell their outputs
// apart.
TEST(CoarseRanking, NearTiesAreDecidedByTheWeightsThemselves) {
  Random random(74);
  constexpr std::size_t kOutputs = 200, kInputs = 60;
  const auto row = reference::random_values(random, kInputs);
  std::vector<float> values;
  for (std::size_t o = 0; o < kOutputs; ++o) {
    for (const float value : row) {
      values.push_back(value * static_cast<float>(1.0 + 3e-7 * random.normal()));
    }
  }
  const Pair pair(values, kOutputs, kInputs, Precision::kFloat32);
  const auto x = reference::random_values(random, kInputs);
  std::vector<float> coarse(kOutputs);
  pair.coarse.multiply(x, 1, {}, coarse);
  std::vector<Ranked> of_coarse(5), of_exact(5);
  rank(coarse, of_coarse);
  std::vector<float> exact(kOutputs);
  pair.exact.multiply(x, 1, {}, exact);
  rank(exact, of_exact);
  ASSERT_NE(of_coarse[0].index, of_exact[0].index) << "these weights test nothing";
  expect_same_ranking(pair, x, 1, {}, 5, 3e-5);
}

// In the coarse copy the best output lies below the others by as much as its error can be, because
// all residues of its weights have one sign.
TEST(CoarseRanking, TheBestMayBeAsFarOffAsItsBound) {
  constexpr std::size_t kOutputs = 600, kInputs = 64, kFirst = 3;  // kFirst is in another panel
  const float step = 0x1p-20F;
  std::vector<float> values(kOutputs * kInputs);
  for (std::size_t o = 0; o < kOutputs; ++o) {
    float* const row = values.data() + o * kInputs;
    row[0] = 32767.0F * step;  // makes the scale equal the step
    for (std::size_t k = 1; k < kInputs; ++k) row[k] = (o == kFirst ? 106.0F : 100.0F) * step;
  }
  float* const best = values.data() + (kOutputs - 1) * kInputs;
  for (std::size_t k = 1; k < kInputs; ++k) best[k] = 105.4921875F * step;  // 105 in the copy
  best[1] += 32.0F * step;  // 63 · 105.4921875 + 32 steps, where the first has 63 · 106
  const Pair pair(values, kOutputs, kInputs, Precision::kFloat32);
  const std::vector<float> x(kInputs, 1.0F);
  std::vector<float> coarse(kOutputs), y(kOutputs);
  pair.coarse.multiply(x, 1, {}, coarse);
  ASSERT_LT(coarse.back(), coarse[kFirst] - 30.0F * step) << "the copy is not far off";
  std::vector<Ranked> found(1);
  rank_log_softmax(pair.exact, pair.coarse, x, 1, {}, y, found);
  EXPECT_EQ(found[0].index, static_cast<std::int32_t>(kOutputs - 1));
}

// Many weights are 0 and inputs have one sign: the residues of 4 bits must not add up.
TEST(CoarseRanking, SparseWeightsAndInputsOfOneSign) {
  Random random(77);
  constexpr std::size_t kOutputs = 1000, kInputs = 256;
  auto values = reference::random_values(random, kOutputs * kInputs, 0.5);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool sparse = i / kInputs % 2 == 0;
    if (sparse && random.below(100) < 95) values[i] = 0.0F;
  }
  for (const Precision precision : kPrecisions) {
    const Pair pair(values, kOutputs, kInputs, precision);
    if (pair.coarse.empty()) continue;
    for (int i = 0; i < 40; ++i) {
      auto x = reference::random_values(random, kInputs);
      for (float& value : x) value = -std::abs(value);
      expect_same_ranking(pair, x, 1, {}, 4, tolerance_of(precision));
    }
  }
}

TEST(CoarseRanking, ProductsThatAreTooSmallOrTooLarge) {
  Random random(78);
  constexpr std::size_t kOutputs = 167, kInputs = 50;
  for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16}) {
    for (const auto& [of_weights, of_x] :
         {std::pair{1e-31, 1e-11}, {1e-38, 1.0}, {1e30, 1e7}, {1e30, 1e9}, {1e-20, 1e20}}) {
      const auto values = reference::random_values(random, kOutputs * kInputs, of_weights);
      const Pair pair(values, kOutputs, kInputs, precision);
      for (int i = 0; i < 10; ++i) {
        const auto x = reference::random_values(random, kInputs, of_x);
        expect_same_ranking(pair, x, 1, {}, 3, tolerance_of(precision));
      }
    }
  }
}

// Most of the probability is on a few outputs, as in trained models.
TEST(CoarseRanking, NormalisersOfPeakedDistributions) {
  Random random(75);
  constexpr std::size_t kOutputs = 2000, kInputs = 100;
  const auto values = reference::random_values(random, kOutputs * kInputs, 0.3);
  for (const Precision precision : kPrecisions) {
    const Pair pair(values, kOutputs, kInputs, precision);
    if (pair.coarse.empty()) continue;
    for (int i = 0; i < 20; ++i) {
      const auto x = reference::random_values(random, kInputs);
      expect_same_ranking(pair, x, 1, {}, 2, tolerance_of(precision));
    }
  }
}

TEST(CoarseRanking, WhatIsNotFinite) {
  Random random(76);
  constexpr std::size_t kOutputs = 90, kInputs = 20;
  auto values = reference::random_values(random, kOutputs * kInputs);
  auto x = reference::random_values(random, kInputs);
  auto bias = reference::random_values(random, kOutputs);
  for (const Precision precision : kPrecisions) {
    const Pair pair(values, kOutputs, kInputs, precision);
    if (pair.coarse.empty()) continue;
    for (const float strange : {kInfinity, -kInfinity, kNotANumber}) {
      auto biases = bias;
      biases[7] = biases[50] = strange;
      expect_same_ranking(pair, x, 1, biases, 5, tolerance_of(precision));
      auto inputs = x;
      inputs[3] = strange;
      expect_same_ranking(pair, inputs, 1, bias, 5, tolerance_of(precision));
    }
    expect_same_ranking(pair, std::vector<float>(kInputs, 0.0F), 1, bias, 5, 3e-5);
    expect_same_ranking(pair, std::vector<float>(kInputs, 1e30F), 1, bias, 5, 3e-5);
    expect_same_ranking(pair, std::vector<float>(kInputs, 1e-30F), 1, bias, 5, 3e-5);
  }
  values[123] = kNotANumber;
  for (const Precision precision : kPrecisions) {
    EXPECT_TRUE(CoarseProduct({values.data(), kOutputs, kInputs, kInputs}, precision).empty());
  }
  const std::vector<float> zeros(kOutputs * kInputs, 0.0F);
  for (const Precision precision : kPrecisions) {
    const Pair pair(zeros, kOutputs, kInputs, precision);
    if (!pair.coarse.empty()) expect_same_ranking(pair, x, 1, bias, 5, 3e-5);
  }
}

}  // namespace
}  // namespace attend::kernels
