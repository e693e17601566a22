// Equation: y_ijo = Σ_{k_i, k_j, c} W_o,(3 k_i + k_j) C + c · x_(i s + k_i − b),(j s + k_j − b),c
// with 0 ≤ k_i, k_j ≤ 2, stride s, b positions before, and x = 0 outside the picture.
// Layout: x [height, width, C], W [C_out, 9 C], y [⌈height / s⌉, ⌈width / s⌉, C_out]. The patches
// of some outputs are gathered as rows [outputs, 9 C], which one matrix product multiplies while
// they are in a cache. A patch is three rows of the picture, each of 3 C values that lie side by
// side. Must equal: the loops over i, j, o, k_i, k_j and c in double.
#include "kernels/convolution.h"

#include <algorithm>

#include "base/base.h"
#include "kernels/buffer.h"

namespace attend::kernels {
namespace {

constexpr std::size_t kSide = 3;  // rows and columns of a patch

// Values of patches that are gathered at once: few enough to stay in a cache, and enough for a
// product to read its weights seldom.
constexpr std::size_t kGathered = std::size_t{3} << 15;
// Patches are gathered in multiples of this number, which fills the blocks of every product.
constexpr std::size_t kPatchesTogether = 48;

// The picture that patches are taken from.
struct Picture {
  const float* values;  // [grid.height, grid.width, channels]
  Grid grid;
  std::size_t channels;
};

// Copies to `patch` [3, 3, channels] the positions from `before` rows above and columns left of
// (row, column), with zeros in place of those outside the picture.
void gather(const Picture& picture, std::size_t row, std::size_t column, std::size_t before,
            float* patch) {
  const auto [height, width] = picture.grid;
  const std::size_t channels = picture.channels;
  const std::size_t left = before - std::min(before, column);
  const std::size_t end = column + kSide - before;  // behind the last column
  const std::size_t right = std::min(end - std::min(end, width), kSide - left);
  const std::size_t inside = kSide - left - right;
  for (std::size_t k = 0; k < kSide; ++k) {
    const std::size_t above = row + k;  // the row, and `before` more
    if (above < before || above - before >= height) {
      patch = std::fill_n(patch, kSide * channels, 0.0F);
      continue;
    }
    const float* from =
        picture.values + ((above - before) * width + column + left - before) * channels;
    patch = std::fill_n(patch, left * channels, 0.0F);
    patch = std::copy_n(from, inside * channels, patch);
    patch = std::fill_n(patch, right * channels, 0.0F);
  }
}

}  // namespace

Grid convolved_grid(Grid grid, std::size_t stride) {
  ATTEND_CHECK(stride > 0);
  return {(grid.height + stride - 1) / stride, (grid.width + stride - 1) / stride};
}

void convolve(const Matrix& weights, Grid grid, Patches patches, std::span<const float> x,
              std::span<float> y) {
  const std::size_t inputs = weights.inputs(), outputs = weights.outputs();
  ATTEND_CHECK(inputs > 0 && inputs % kPatchPositions == 0);
  const Picture picture{x.data(), grid, inputs / kPatchPositions};
  ATTEND_CHECK(patches.before < kSide);
  const Grid to = convolved_grid(grid, patches.stride);
  ATTEND_CHECK_EQ(x.size(), grid.positions() * picture.channels);
  ATTEND_CHECK_EQ(y.size(), to.positions() * outputs);
  const std::size_t blocks = std::max<std::size_t>(1, kGathered / inputs / kPatchesTogether);
  const std::size_t together = std::min(blocks * kPatchesTogether, to.positions());
  Buffer memory;
  const std::span<float> gathered = memory.get(together * inputs);
  for (std::size_t first = 0; first < to.positions(); first += together) {
    const std::size_t count = std::min(together, to.positions() - first);
    for (std::size_t k = 0; k < count; ++k) {
      const std::size_t row = (first + k) / to.width, column = (first + k) % to.width;
      gather(picture, row * patches.stride, column * patches.stride, patches.before,
             gathered.data() + k * inputs);
    }
    weights.multiply(gathered.first(count * inputs), count, {},
                     y.subspan(first * outputs, count * outputs));
  }
}

}  // namespace attend::kernels
