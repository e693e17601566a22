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
  std::size_t outputs, depth;  // depth: a multiple of 4; the product by tiles: of 64
  std::size_t inputs;          // depth without padding
};

/// Weights in 4 bits: w_ok ≈ 16 n_ok + m_o, where n_ok is 0 … 15 and m_o is the mean of w_ok − 16
/// n_ok over the inputs k of output o.
struct Int4Operands {
  // [⌈outputs / 16⌉, depth / 8, 16, 4]: each byte holds the n of input k in its lower four bits and
  // the n of input k + 4 in its upper four bits.
  const std::uint8_t* panels;
  const float* scales;         // [outputs, padded to 16]
  const float* middles;        // m_o [outputs, padded to 16]
  const float* bias;           // [outputs] or null
  std::size_t outputs, depth;  // depth: a multiple of 8
};

/// Whether the processor has the AVX-512 and VNNI instructions that multiply_vnni() uses.
bool has_vnni();

/// Computes y [rows, outputs] from rows of x that round_rows() has rounded. multiply_vnni() reads u
/// [rows, depth], rounded with zero = 128. multiply_amx() reads q = u − 128 [rows, depth], rounded
/// with zero = 0, up to the next multiple of 16 rows. `row_scales` [rows] are the scales of the
/// rows. Call only where has_vnni() and, for multiply_amx(), has_tiles(TileKind::kInt8) are true.
void multiply_vnni(const Int8Operands& operands, const std::uint8_t* u, const float* row_scales,
                   std::size_t rows, float* y);
void multiply_amx(const Int8Operands& operands, const std::int8_t* q, const float* row_scales,
                  std::size_t rows, float* y);
/// Computes y [rows, outputs] from q [rows, depth], rounded with zero = 0; q must be 0 after the
/// inputs. Call only where has_vnni() is true.
void multiply_int4(const Int4Operands& operands, const std::int8_t* q, const float* row_scales,
                   std::size_t rows, float* y);

}  // namespace attend::kernels
