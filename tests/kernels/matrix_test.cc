#include "kernels/matrix.h"

#include <gtest/gtest.h>

#include <thread>

#include "kernels/onednn_product.h"
#include "kernels/panel_product.h"
#include "reference.h"

namespace attend::kernels {
namespace {

// Every product of both implementations against the triple loop.
template <class Product>
class ProductTest : public ::testing::Test {};
using Products = ::testing::Types<PanelProduct, OneDnnProduct>;
TYPED_TEST_SUITE(ProductTest, Products);

template <class Product>
void expect_product(Random& random, std::size_t rows, std::size_t outputs, std::size_t inputs,
                    bool with_bias) {
  const auto x = reference::random_values(random, rows * inputs);
  const auto weights = reference::random_values(random, outputs * inputs);
  const auto bias = reference::random_values(random, with_bias ? outputs : 0);
  std::vector<float> y(rows * outputs, 99.0F);
  Product(weights, outputs, inputs).multiply(x, rows, bias, y);
  const auto expected = reference::multiply(x, rows, weights, outputs, inputs, bias);
  const double tolerance = 1e-6 * std::sqrt(static_cast<double>(inputs) + 1.0) * 3;
  for (std::size_t i = 0; i < y.size(); ++i) {
    ASSERT_NEAR(y[i], expected[i], tolerance) << rows << " x " << outputs << " x " << inputs;
  }
}

TYPED_TEST(ProductTest, EqualsTheTripleLoop) {
  Random random(9);
  for (const std::size_t rows : {1, 2, 5, 6, 7, 13, 70, 200}) {
    for (const std::size_t outputs : {1, 15, 33, 96, 130, 150}) {
      for (const std::size_t inputs : {1, 2, 17, 64}) {
        expect_product<TypeParam>(random, rows, outputs, inputs, (rows + outputs) % 2 == 0);
      }
    }
  }
}

TYPED_TEST(ProductTest, RowsDoNotDependOnTheirNeighbours) {
  Random random(10);
  constexpr std::size_t kOutputs = 140, kInputs = 50, kRows = 9;
  const auto weights = reference::random_values(random, kOutputs * kInputs);
  const auto x = reference::random_values(random, kRows * kInputs);
  const TypeParam product(weights, kOutputs, kInputs);
  std::vector<float> all(kRows * kOutputs), one(kOutputs);
  product.multiply(x, kRows, {}, all);
  for (std::size_t r = 0; r < kRows; ++r) {
    product.multiply(std::span<const float>(x).subspan(r * kInputs, kInputs), 1, {}, one);
    for (std::size_t o = 0; o < kOutputs; ++o) EXPECT_EQ(one[o], all[r * kOutputs + o]);
  }
}

TYPED_TEST(ProductTest, ThreadsShareOneProduct) {
  Random random(11);
  constexpr std::size_t kOutputs = 96, kInputs = 80;
  const auto weights = reference::random_values(random, kOutputs * kInputs);
  const TypeParam product(weights, kOutputs, kInputs);
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
