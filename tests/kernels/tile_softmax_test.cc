// Tests the softmax layer by tiles against cross-entropy of a product in double.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <tuple>
#include <vector>

#include "kernels/kernels.h"
#include "reference.h"

namespace attend::kernels {
namespace {

using reference::random_values;

double widen(Bfloat16 value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16);
}

std::vector<double> rounded(const std::vector<float>& values) {
  std::vector<Bfloat16> halves(values.size());
  to_bfloat16({values.data(), values.size()}, 1, values.size(), halves.data());
  std::vector<double> result;
  for (const Bfloat16 half : halves) result.push_back(widen(half));
  return result;
}

// Returns the value (row, column) of bfloat16 rows.
double value_at(const PackedRows& operand, std::size_t row, std::size_t column) {
  const auto* values = static_cast<const Bfloat16*>(operand.values());
  return widen(values[column / 32 * operand.panel_stride() + row * operand.stride() + column % 32]);
}

// A softmax layer of random weights.
struct Layer {
  Layer(std::size_t row_count, std::size_t output_count, std::size_t input_count,
        double spread = 1.0)
      : rows(row_count), outputs(output_count), inputs(input_count) {
    Random random(rows * outputs + inputs);
    x = random_values(random, rows * inputs);
    weights = random_values(random, outputs * inputs, spread);
    bias = random_values(random, outputs);
    for (std::size_t r = 0; r < rows; ++r) {
      targets.push_back(static_cast<std::int64_t>(random.below(outputs)));
    }
  }

  LogitGradient gradient(const CrossEntropyOptions& options, std::vector<float>& d_bias) const {
    const TrainingMatrix product(primitives, Precision::kBfloat16, RowsPerProduct::kBatch,
                                 weights.data(), outputs, inputs, {inputs, 1});
    return product.cross_entropy(operand(), bias.data(), targets.data(), options, d_bias.data(),
                                 std::make_shared<Buffer>());
  }
  PackedRows operand() const { return {Precision::kBfloat16, {x.data(), inputs}, rows, inputs}; }
  std::vector<double> logits(std::size_t row) const {
    const std::vector<double> w = rounded(weights), factors = rounded(x);
    std::vector<double> result;
    for (std::size_t o = 0; o < outputs; ++o) {
      double sum = bias[o];
      for (std::size_t k = 0; k < inputs; ++k) sum += w[o * inputs + k] * factors[row * inputs + k];
      result.push_back(sum);
    }
    return result;
  }

  PrimitiveCache primitives;
  std::size_t rows, outputs, inputs;
  std::vector<float> x, weights, bias;
  std::vector<std::int64_t> targets;
};

bool has_tiles() {
  const float weight = 1.0F;
  const PrimitiveCache primitives;
  return TrainingMatrix(primitives, Precision::kBfloat16, RowsPerProduct::kBatch, &weight, 1, 1,
                        {1, 1})
      .has_cross_entropy();
}

#define SKIP_WITHOUT_TILES() \
  if (!has_tiles()) GTEST_SKIP() << "the processor has no tiles for bfloat16"

std::vector<double> log_softmax(std::vector<double> logits) {
  const double highest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const double x : logits) sum += std::exp(x - highest);
  for (double& x : logits) x -= highest + std::log(sum);
  return logits;
}

// Compares everything with the definition. Gradients may be off by one rounding to bfloat16, a
// relative 1 / 256, or by two roundings with smoothing; the sums must have the accuracy of float32
// logits.
void expect_definition(const Layer& layer, const CrossEntropyOptions& options) {
  const std::vector<float> before(layer.outputs, 0.25F);
  std::vector<float> d_bias = before;
  const LogitGradient found = layer.gradient(options, d_bias);
  const double even = options.smoothing / static_cast<double>(layer.outputs);
  const double ulps = options.smoothing > 0.0 ? 2.0 : 1.0;
  CrossEntropySums sums;
  double sum_slack = 0.0;
  std::vector<double> expected_bias(layer.outputs, 0.25), slack(layer.outputs, 1e-6);
  for (std::size_t r = 0; r < layer.rows; ++r) {
    const std::vector<double> logits = layer.logits(r), log_p = log_softmax(logits);
    for (const double x : {*std::ranges::min_element(logits), *std::ranges::max_element(logits)}) {
      sum_slack += 1e-5 + 2e-7 * std::abs(x);
    }
    const auto target = static_cast<std::size_t>(layer.targets[r]);
    sums.log_likelihood += log_p[target];
    for (std::size_t k = 0; k < layer.outputs; ++k) {
      const double p = std::exp(log_p[k]);
      const double wanted = (k == target ? 1.0 - options.smoothing : 0.0) + even;
      sums.cost -= wanted * log_p[k];
      const double gradient = options.scale * (p - wanted);
      const double tolerance = options.scale * (p + wanted) * (ulps / 255) + 1e-9;
      ASSERT_NEAR(found.scales[r] * value_at(found.d_logits, r, k), gradient, tolerance)
          << r << " " << k;
      expected_bias[k] += gradient;
      slack[k] += tolerance;
    }
  }
  EXPECT_NEAR(found.sums.cost, sums.cost, sum_slack);
  EXPECT_NEAR(found.sums.log_likelihood, sums.log_likelihood, sum_slack);
  for (std::size_t k = 0; k < layer.outputs; ++k) {
    ASSERT_NEAR(d_bias[k], expected_bias[k], slack[k]) << k;
  }
}

class TileSoftmax
    : public ::testing::TestWithParam<std::tuple<std::size_t, std::size_t, std::size_t>> {};

TEST_P(TileSoftmax, EqualsItsDefinitionInDouble) {
  SKIP_WITHOUT_TILES();
  const auto [rows, outputs, inputs] = GetParam();
  const Layer layer(rows, outputs, inputs, 0.5);
  for (const double smoothing : {0.0, 0.1}) expect_definition(layer, {smoothing, 0.37});
}

INSTANTIATE_TEST_SUITE_P(Shapes, TileSoftmax,
                         ::testing::Combine(::testing::Values(1, 16, 17, 33, 70),
                                            ::testing::Values(1, 5, 16, 31, 32, 33, 300),
                                            ::testing::Values(1, 33, 130)));
// This layer has more weights than stay in a cache.
INSTANTIATE_TEST_SUITE_P(Large, TileSoftmax, ::testing::Values(std::tuple(40, 2100, 530)));

// Rows 1 and 34 have sums that float32 cannot hold; the others of their blocks are shifted as well.
TEST(TileSoftmax, LogitsOfAnySize) {
  SKIP_WITHOUT_TILES();
  for (const float factor : {3e3F, -3e3F}) {
    Layer layer(40, 70, 20);
    layer.bias.assign(70, 0.0F);
    for (const std::size_t row : {1U, 34U}) {
      for (std::size_t k = 0; k < 20; ++k) layer.x[row * 20 + k] *= factor;
    }
    expect_definition(layer, {0.0, 1.0});
  }
  Layer low(40, 70, 20);  // every logit far below 0
  for (float& bias : low.bias) bias -= 500.0F;
  expect_definition(low, {0.1, 1.0});
}

// The target's exponential equals the one in the sum, so nothing but rounding is left of the
// gradient, and no cost is below 0.
TEST(TileSoftmax, CertaintyLeavesNoGradient) {
  SKIP_WITHOUT_TILES();
  for (const float top : {0.3F, 20.0F, 57.0F}) {
    Layer layer(1, 64, 4);
    layer.x.assign(4, 0.0F);
    layer.bias.assign(64, top - 30.0F);
    layer.bias[0] = top;
    layer.targets[0] = 0;
    std::vector<float> d_bias(64);
    const LogitGradient found = layer.gradient({}, d_bias);
    EXPECT_NEAR(found.sums.cost, 0.0, 3e-7) << top;
    EXPECT_NEAR(found.scales[0] * value_at(found.d_logits, 0, 0), 0.0, 3e-7) << top;
  }
}

TEST(TileSoftmax, HandsNaNOn) {
  SKIP_WITHOUT_TILES();
  Layer layer(20, 40, 8);
  layer.x[3] = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> d_bias(40);
  EXPECT_TRUE(std::isnan(layer.gradient({}, d_bias).sums.cost));
}

// Uses the gradient in both kinds of products, whole and from a column on.
TEST(TileSoftmax, ItsGradientIsAFactor) {
  SKIP_WITHOUT_TILES();
  const Layer layer(45, 150, 40);
  std::vector<float> d_bias(150);
  const LogitGradient found = layer.gradient({}, d_bias);
  const std::vector<double> w = rounded(layer.weights), x = rounded(layer.x);
  const TrainingMatrix back(layer.primitives, Precision::kBfloat16, RowsPerProduct::kBatch,
                            layer.weights.data(), 40, 150, {1, 40});
  std::vector<float> d_rows(45 * 40), d_weights(150 * 40);
  back.multiply(found.d_logits, nullptr, {d_rows.data(), 40}, Write::kReplace);
  for (const std::size_t first : {0U, 64U}) {
    gradient_product(layer.primitives, found.d_logits.columns(first, first == 0 ? 64 : 86),
                     layer.operand(), {d_weights.data() + first * 40, 40}, Write::kReplace);
  }
  for (std::size_t k = 0; k < 40; ++k) {
    for (std::size_t r = 0; r < 45; ++r) {
      double sum = 0, size = 0;
      for (std::size_t o = 0; o < 150; ++o) {
        sum += value_at(found.d_logits, r, o) * w[o * 40 + k];
        size += std::abs(value_at(found.d_logits, r, o));
      }
      ASSERT_NEAR(d_rows[r * 40 + k], sum, 1e-5 * size) << r << " " << k;
    }
    for (std::size_t o = 0; o < 150; ++o) {
      double sum = 0, size = 0;
      for (std::size_t r = 0; r < 45; ++r) {
        sum += value_at(found.d_logits, r, o) * x[r * 40 + k];
        size += std::abs(value_at(found.d_logits, r, o));
      }
      ASSERT_NEAR(d_weights[o * 40 + k], sum, 1e-5 * size) << o << " " << k;
    }
  }
  EXPECT_THROW(found.d_logits.columns(16, 32), CheckFailure);
}

}  // namespace
}  // namespace attend::kernels
