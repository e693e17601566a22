#include "kernels/convolution.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "reference.h"

namespace attend::kernels {
namespace {

constexpr Precision kPrecisions[] = {Precision::kFloat32, Precision::kBfloat16, Precision::kInt8};

struct Shape {
  Grid grid;
  Patches patches;
  std::size_t inputs = 1, outputs = 1;  // channels
};

// Copies the patch of output (i, j), position by position, with zeros outside the picture.
std::vector<float> patch_of(const Shape& shape, std::span<const float> x, std::size_t i,
                            std::size_t j) {
  std::vector<float> patch;
  for (std::size_t k = 0; k < kPatchPositions; ++k) {
    const auto [stride, before] = shape.patches;
    const std::size_t row = i * stride + k / 3, column = j * stride + k % 3;  // `before` more
    const bool inside = row >= before && row - before < shape.grid.height && column >= before &&
                        column - before < shape.grid.width;
    for (std::size_t c = 0; c < shape.inputs; ++c) {
      const std::size_t at =
          ((row - before) * shape.grid.width + column - before) * shape.inputs + c;
      patch.push_back(inside ? x[at] : 0.0F);
    }
  }
  return patch;
}

// The definition as loops in double, over inputs rather than patches: every input adds to the
// outputs that see it.
std::vector<double> convolve_plainly(const Shape& shape, std::span<const float> x,
                                     std::span<const float> weights) {
  const auto height = static_cast<int>(shape.grid.height);
  const auto s = static_cast<int>(shape.patches.stride);
  const auto before = static_cast<int>(shape.patches.before);
  const auto width = static_cast<int>(shape.grid.width);
  const int high = (height - 1) / s + 1, wide = (width - 1) / s + 1;
  const std::size_t in = shape.inputs, out = shape.outputs;
  std::vector<double> y(static_cast<std::size_t>(high * wide) * out);
  for (int row = 0; row < height; ++row) {
    for (int column = 0; column < width; ++column) {
      for (int k = 0; k < 9; ++k) {
        const int i = row + before - k / 3, j = column + before - k % 3;  // of the output, times s
        if (i < 0 || j < 0 || i >= height || j >= width || i % s != 0 || j % s != 0) continue;
        for (std::size_t o = 0; o < out; ++o) {
          for (std::size_t c = 0; c < in; ++c) {
            y[static_cast<std::size_t>(i / s * wide + j / s) * out + o] +=
                static_cast<double>(x[static_cast<std::size_t>(row * width + column) * in + c]) *
                weights[(o * 9 + static_cast<std::size_t>(k)) * in + c];
          }
        }
      }
    }
  }
  return y;
}

std::vector<float> convolved(const Matrix& matrix, const Shape& shape, std::span<const float> x) {
  std::vector<float> y(convolved_grid(shape.grid, shape.patches.stride).positions() * shape.outputs,
                       9.0F);
  convolve(matrix, shape.grid, shape.patches, x, y);
  return y;
}

TEST(Convolution, EqualsTheLoops) {
  Random random(3);
  for (const Grid grid : {Grid{1, 1}, {1, 2}, {2, 1}, {2, 2}, {3, 5}, {7, 4}, {1, 9}, {12, 12}}) {
    for (const Patches patches : {Patches{1, 1}, {2, 1}, {3, 1}, {1, 0}, {2, 0}, {2, 2}}) {
      for (const std::size_t inputs : {1, 3, 5, 17}) {
        for (const std::size_t outputs : {1, 8, 40}) {
          const Shape shape{grid, patches, inputs, outputs};
          const auto x = reference::random_values(random, grid.positions() * inputs);
          const auto weights = reference::random_values(random, outputs * 9 * inputs);
          const auto y = convolved(Matrix(weights, outputs, 9 * inputs), shape, x);
          const auto expected = convolve_plainly(shape, x, weights);
          ASSERT_EQ(y.size(), expected.size());
          for (std::size_t k = 0; k < y.size(); ++k) {
            ASSERT_NEAR(y[k], expected[k], 4e-5)
                << grid.height << " x " << grid.width << ", stride " << patches.stride << ", "
                << patches.before << " before, " << inputs << " to " << outputs
                << " channels, value " << k;
          }
        }
      }
    }
  }
}

// More positions than are gathered at once, and a matrix of so many inputs that only the fewest
// patches are.
TEST(Convolution, EveryOutputHasTheBitsOfItsPatchAlone) {
  Random random(4);
  for (const Shape& shape : {Shape{{5, 6}, {}, 7, 33}, Shape{{9, 8}, {2, 0}, 16, 20},
                             Shape{{75, 90}, {}, 4, 5}, Shape{{11, 12}, {}, 700, 3}}) {
    const auto x = reference::random_values(random, shape.grid.positions() * shape.inputs);
    const auto weights = reference::random_values(random, shape.outputs * 9 * shape.inputs);
    for (const Precision precision : kPrecisions) {
      const Matrix matrix({weights.data(), shape.outputs, 9 * shape.inputs, 9 * shape.inputs},
                          precision);
      const auto y = convolved(matrix, shape, x);
      const Grid to = convolved_grid(shape.grid, shape.patches.stride);
      std::vector<float> alone(shape.outputs);
      for (std::size_t p = 0; p < to.positions(); ++p) {
        matrix.multiply(patch_of(shape, x, p / to.width, p % to.width), 1, {}, alone);
        const auto found = std::span(y).subspan(p * shape.outputs, shape.outputs);
        ASSERT_TRUE(std::equal(alone.begin(), alone.end(), found.begin()))
            << "position " << p << ", precision " << static_cast<int>(precision);
      }
    }
  }
}

TEST(Convolution, FewerBitsStayNearTheLoops) {
  Random random(5);
  const Shape shape{{9, 7}, {2, 1}, 24, 32};
  const auto x = reference::random_values(random, shape.grid.positions() * shape.inputs);
  const auto weights = reference::random_values(random, shape.outputs * 9 * shape.inputs);
  const auto expected = convolve_plainly(shape, x, weights);
  double square = 0.0;
  for (const double value : expected) square += value * value;
  for (const Precision precision : kPrecisions) {
    const Matrix matrix({weights.data(), shape.outputs, 9 * shape.inputs, 9 * shape.inputs},
                        precision);
    const auto y = convolved(matrix, shape, x);
    double error = 0.0;
    for (std::size_t k = 0; k < y.size(); ++k) error += std::pow(y[k] - expected[k], 2);
    EXPECT_LT(std::sqrt(error / square), precision == Precision::kFloat32 ? 1e-6 : 0.02)
        << static_cast<int>(precision);
  }
}

// Another picture at the end of the memory of x, or NaN, must not be read.
TEST(Convolution, ReadsNoValueBesideThePicture) {
  Random random(6);
  const Shape shape{{4, 5}, {}, 3, 6};
  const std::size_t size = shape.grid.positions() * shape.inputs;
  auto x = reference::random_values(random, size + 200);
  std::fill(x.begin(), x.begin() + 100, std::nanf(""));
  std::fill(x.end() - 100, x.end(), std::nanf(""));
  const auto weights = reference::random_values(random, shape.outputs * 27);
  for (const float value :
       convolved(Matrix(weights, shape.outputs, 27), shape, std::span(x).subspan(100, size))) {
    EXPECT_TRUE(std::isfinite(value));
  }
}

TEST(Convolution, SizesMustFit) {
  const std::vector<float> weights(2 * 18), x(12 * 2);
  std::vector<float> y(12 * 2);
  const Matrix matrix(weights, 2, 18);
  convolve(matrix, {3, 4}, {}, x, y);
  EXPECT_THROW(convolve(matrix, {3, 3}, {}, x, y), CheckFailure);
  EXPECT_THROW(convolve(matrix, {3, 4}, {2, 1}, x, y), CheckFailure);
  EXPECT_THROW(convolve(matrix, {3, 4}, {0, 1}, x, y), CheckFailure);
  EXPECT_THROW(convolve(matrix, {3, 4}, {1, 3}, x, y), CheckFailure);
  EXPECT_THROW(convolve(Matrix(weights, 3, 12), {3, 4}, {}, x, y), CheckFailure);
  EXPECT_THROW(convolve(Matrix(), {3, 4}, {}, x, y), CheckFailure);
}

TEST(Convolution, AnEmptyPictureHasNoOutputs) {
  const std::vector<float> weights(18);
  convolve(Matrix(weights, 2, 9), {0, 4}, {2, 1}, {}, {});
  EXPECT_EQ(convolved_grid({0, 4}, 2), (Grid{0, 2}));
}

}  // namespace
}  // namespace attend::kernels
