// 3 × 3 convolutions of pictures, whose values are [height, width, channels].
#pragma once

#include <cstddef>
#include <span>

#include "kernels/matrix.h"

namespace attend::kernels {

/// Rows and columns of the positions of a picture. Position p stands at row p / width and column
/// p % width.
struct Grid {
  std::size_t height = 0;
  std::size_t width = 0;
  std::size_t positions() const { return height * width; }
  friend bool operator==(const Grid&, const Grid&) = default;
};

/// The number of positions that an output of convolve() sees: 3 rows of 3.
inline constexpr std::size_t kPatchPositions = 9;

/// Which positions the outputs of convolve() see: output (i, j) sees the input rows
/// i · stride − before … i · stride − before + 2, and the columns likewise.
struct Patches {
  std::size_t stride = 1;  ///< at least 1
  std::size_t before = 1;  ///< at most 2
};

/// Returns the grid of the outputs of convolve(): ⌈height / stride⌉ × ⌈width / stride⌉. `stride` is
/// at least 1.
Grid convolved_grid(Grid grid, std::size_t stride);

/// Convolves one picture x [height, width, C_in], with zeros around it, to y
/// [⌈height / stride⌉, ⌈width / stride⌉, C_out]. `weights` is [C_out, 9 C_in], and its column
/// (3 k_i + k_j) C_in + c belongs to channel c at row k_i and column k_j of the patch. An output
/// has the bits that weights.multiply() gives for its patch alone. x and y may not overlap.
void convolve(const Matrix& weights, Grid grid, Patches patches, std::span<const float> x,
              std::span<float> y);

}  // namespace attend::kernels
