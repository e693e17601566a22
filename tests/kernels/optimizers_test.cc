#include "kernels/optimizers.h"

#include <gtest/gtest.h>

#include "reference.h"

namespace attend::kernels {
namespace {

TEST(AddAndSquare, EqualsSumsInDouble) {
  Random random(2);
  for (const std::size_t size : {1, 15, 16, 4096, 5000, 9001}) {
    std::vector<float> sum = reference::random_values(random, size);
    const std::vector<float> a = reference::random_values(random, size);
    const std::vector<float> b = reference::random_values(random, size);
    const std::vector<float> before = sum;
    const float* others[] = {a.data(), b.data()};
    const double squares = add_and_square(sum.data(), others, size);
    double expected = 0;
    for (std::size_t i = 0; i < size; ++i) {
      EXPECT_EQ(sum[i], before[i] + a[i] + b[i]);
      expected += static_cast<double>(sum[i]) * sum[i];
    }
    EXPECT_NEAR(squares, expected, 1e-6 * expected);
    EXPECT_EQ(add_and_square(sum.data(), {}, size), squares);
  }
}

TEST(Adam, EqualsItsEquationsInDouble) {
  Random random(4);
  const AdamStep step{0.5F, 0.01F, 0.99F, 0.9F, 0.98F, 0.002F, 1.5F, 1e-6F};
  for (const std::size_t size : reference::kSizes) {
    const std::vector<float> gradient = reference::random_values(random, size);
    std::vector<float> mean = reference::random_values(random, size, 0.1);
    std::vector<float> squares = reference::random_values(random, size);
    for (float& square : squares) square *= square;
    std::vector<float> values = reference::random_values(random, size);
    const std::vector<float> old_mean = mean, old_squares = squares, old_values = values;
    adam(step, gradient.data(), mean.data(), squares.data(), values.data(), size);
    for (std::size_t i = 0; i < size; ++i) {
      const double g = static_cast<double>(step.gradient_scale) * gradient[i] +
                       static_cast<double>(step.l2) * old_values[i];
      const double m = static_cast<double>(step.beta1) * old_mean[i] + (1.0 - step.beta1) * g;
      const double v =
          static_cast<double>(step.beta2) * old_squares[i] + (1.0 - step.beta2) * g * g;
      EXPECT_NEAR(mean[i], m, 1e-6);
      EXPECT_NEAR(squares[i], v, 1e-6 * (1 + v));
      const double change = step.step * m / (std::sqrt(v * step.square_scale) + step.epsilon);
      EXPECT_NEAR(values[i], step.keep * static_cast<double>(old_values[i]) - change, 1e-6);
    }
  }
}

}  // namespace
}  // namespace attend::kernels
