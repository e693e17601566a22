// Products of 8-bit numbers by instructions that Highway has no name for. Internal to this folder.
#pragma once

#include <cstddef>
#include <cstdint>

namespace attend::kernels {

/// What Int8Product packed.
struct Int8Operands {
  const std::int8_t* panels;   // [⌈outputs / 16⌉, depth / 4, 16, 4]
  const float* scales;         // [outputs, padded to 16]
  const std::int32_t* sums;    // 128 Σ_k w_ok, likewise
  const float* bias;           // [outputs] or null
  std::size_t outputs, depth;  // depth: a multiple of 4, for tiles of 64
  std::size_t inputs;          // of depth, without padding
};

/// Weights in 4 bits: w_ok ≈ 16 n_ok + m_o.
struct Int4Operands {
  const std::uint8_t*
      panels;            // [⌈outputs / 16⌉, depth / 8, 16, 4], n of 4 inputs below n of 4 more
  const float* scales;   // [outputs, padded to 16]
  const float* middles;  // m, likewise
  const float* bias;     // [outputs] or null
  std::size_t outputs, depth;  // depth: a multiple of 8
};

/// Whether processor and system have the instructions.
bool has_vnni();

/// y [rows, outputs] from u or q = u − 128 [rows, depth] and the scales of its rows. Tiles read up
/// to the next multiple of 16 rows. Only where has_vnni() or has_tiles() says so.
void multiply_vnni(const Int8Operands& operands, const std::uint8_t* u, const float* row_scales,
                   std::size_t rows, float* y);
void multiply_amx(const Int8Operands& operands, const std::int8_t* q, const float* row_scales,
                  std::size_t rows, float* y);
/// y [rows, outputs] from q [rows, depth]; q is 0 behind the inputs.
void multiply_int4(const Int4Operands& operands, const std::int8_t* q, const float* row_scales,
                   std::size_t rows, float* y);

}  // namespace attend::kernels
