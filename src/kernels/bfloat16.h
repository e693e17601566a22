// float32 to bfloat16 and back.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/rows.h"

namespace attend::kernels {

/// The upper half of a float32: 8 bits of exponent, 8 of mantissa.
using Bfloat16 = std::uint16_t;

/// Rounds `count` rows of `units` values to nearest, ties to even; NaN stays NaN. `to` holds them
/// one row behind the other.
void to_bfloat16(ConstRows from, std::size_t count, std::size_t units, Bfloat16* to);

/// The same, widened again to float32; `to` may be the rows themselves if they stand one behind the
/// other.
void round_to_bfloat16(ConstRows from, std::size_t count, std::size_t units, float* to);

}  // namespace attend::kernels
