// Conversion of float32 to bfloat16 and back.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/rows.h"

namespace attend::kernels {

/// The upper half of a float32: 1 bit of sign, 8 of exponent, 7 of mantissa (8 significant bits
/// with the implied one).
using Bfloat16 = std::uint16_t;

/// Rounds `count` rows of `units` values to nearest, ties to even; NaN stays NaN. `to` receives the
/// rows without gaps.
void to_bfloat16(ConstRows from, std::size_t count, std::size_t units, Bfloat16* to);

/// Rounds to bfloat16 like to_bfloat16() and widens the values to float32 again. `to` receives the
/// rows without gaps; it may be the memory of the rows themselves if these have no gaps.
void round_to_bfloat16(ConstRows from, std::size_t count, std::size_t units, float* to);

}  // namespace attend::kernels
