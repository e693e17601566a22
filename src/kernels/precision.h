// How many bits the factors of a matrix product have.
#pragma once

namespace attend::kernels {

/// Sums are float32 in both.
enum class Precision {
  kFloat32,
  kBfloat16,  ///< factors rounded to 8 bits of mantissa, to nearest
};

/// Whether the processor multiplies bfloat16 by itself; without that it is right but slow.
bool has_bfloat16_units();

}  // namespace attend::kernels
