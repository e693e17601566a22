// Products of 8-bit integers by instructions that Highway does not offer. Internal to this folder.
#pragma once

#include <cstddef>
#include <cstdint>

namespace attend::kernels {

/// The weights that Int8Product packed.
struct Int8Operands {
  const std::int8_t* panels;   // [⌈outputs / 16⌉, depth / 4, 16, 4]
  const float* scales;         // [outputs, padded to 16]
  const std::int32_t* sums;    // 128 Σ_k w_ok [outputs, padded to 16]
  const float* bias;           // [outputs] or null
  std::size_t outputs, depth;  // depth: a multiple of 4, for tiles of 64
  std::size_t inputs;          // depth without padding
};

/// Weights in 4 bits: w_ok ≈ 16 n_ok + m_o.
struct Int4Operands {
  // [⌈outputs / 16⌉, depth / 8, 16, 4]: n of 4 inputs in the lower bits, n of the next 4 in the
  // upper.
  const std::uint8_t* panels;
  const float* scales;         // [outputs, padded to 16]
  const float* middles;        // m [outputs, padded to 16]
  const float* bias;           // [outputs] or null
  std::size_t outputs, depth;  // depth: a multiple of 8
};

/// Whether the processor has the AVX-512 and VNNI instructions that multiply_vnni() uses.
bool has_vnni();

/// y [rows, outputs] from u or q = u − 128 [rows, depth] and the scales of its rows. multiply_amx()
/// reads q up to the next multiple of 16 rows. Call only where has_vnni() and, for multiply_amx(),
/// has_tiles(TileKind::kInt8) are true.
void multiply_vnni(const Int8Operands& operands, const std::uint8_t* u, const float* row_scales,
                   std::size_t rows, float* y);
void multiply_amx(const Int8Operands& operands, const std::int8_t* q, const float* row_scales,
                  std::size_t rows, float* y);
/// y [rows, outputs] from q [rows, depth]; q must be 0 after the inputs. Call only where has_vnni()
/// is true.
void multiply_int4(const Int4Operands& operands, const std::int8_t* q, const float* row_scales,
                   std::size_t rows, float* y);

}  // namespace attend::kernels
