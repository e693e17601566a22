// Equation and layout: see int8_product.cc. One vector holds 16 outputs. VNNI adds the products of
// 4 inputs to each output; a tile instruction adds those of 64 inputs for 16 rows at once. Must
// equal: the portable way, bit for bit.
#include "kernels/int8_x86.h"

#include <algorithm>
#include <numeric>

#include "kernels/x86_tiles.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace attend::kernels {

#if defined(__x86_64__)

// g++ 12 takes the deliberately undefined operands inside its own intrinsics for mistakes.
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#define ATTEND_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))
#define ATTEND_AMX __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni,amx-tile,amx-int8")))

bool has_vnni() {
  static const bool found =
      __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
      __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512vnni") != 0;
  return found;
}

namespace {

constexpr std::size_t kPanel = 16;  // outputs

// Turns the sums of a panel into y, with scales and bias in registers for all rows. The portable
// way computes this too.
struct Finish {
  __m512 scales, bias;
  __m512i sums;  // 128 Σ_k w_ok, from the offset of u
  __mmask16 mask;

  ATTEND_VNNI Finish(const Int8Operands& p, std::size_t first) {
    const std::size_t count = std::min(kPanel, p.outputs - first);
    mask = static_cast<__mmask16>((1U << count) - 1U);
    bias = p.bias == nullptr ? _mm512_setzero_ps() : _mm512_maskz_loadu_ps(mask, p.bias + first);
    scales = _mm512_loadu_ps(p.scales + first);
    sums = _mm512_loadu_si512(p.sums + first);
  }
  ATTEND_VNNI void store(__m512i total, float scale, float* y) const {
    const __m512 scaled = _mm512_mul_ps(_mm512_cvtepi32_ps(total), scales);
    const __m512 result = _mm512_fmadd_ps(scaled, _mm512_set1_ps(scale), bias);
    if (mask == 0xFFFF) {
      _mm512_storeu_ps(y, result);
    } else {
      _mm512_mask_storeu_ps(y, mask, result);
    }
  }
};

template <int rows, int panels>
ATTEND_VNNI inline void multiply_block(const Int8Operands& p, const std::uint8_t* u,
                                       const float* row_scales, std::size_t first, float* y) {
  const std::int8_t* weights = p.panels + first * p.depth;
  const std::size_t panel_size = kPanel * p.depth;
  __m512i sums[rows][panels];
#pragma GCC unroll 8
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 8
    for (int q = 0; q < panels; ++q) sums[r][q] = _mm512_setzero_si512();
  }
  for (std::size_t k = 0; k < p.inputs; k += 4) {
    __m512i w[panels];
#pragma GCC unroll 8
    for (int q = 0; q < panels; ++q) {
      w[q] = _mm512_loadu_si512(weights + static_cast<std::size_t>(q) * panel_size + k * kPanel);
    }
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r) {
      int four = 0;
      __builtin_memcpy(&four, u + static_cast<std::size_t>(r) * p.depth + k, sizeof four);
      const __m512i x = _mm512_set1_epi32(four);
#pragma GCC unroll 8
      for (int q = 0; q < panels; ++q) sums[r][q] = _mm512_dpbusd_epi32(sums[r][q], x, w[q]);
    }
  }
#pragma GCC unroll 8
  for (int q = 0; q < panels; ++q) {
    const std::size_t output = first + static_cast<std::size_t>(q) * kPanel;
    const Finish finish(p, output);
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r) {
      finish.store(_mm512_sub_epi32(sums[r][q], finish.sums), row_scales[r],
                   y + static_cast<std::size_t>(r) * p.outputs + output);
    }
  }
}

template <int rows>
ATTEND_VNNI void multiply_rows(const Int8Operands& p, const std::uint8_t* u,
                               const float* row_scales, float* y) {
  std::size_t first = 0;
  for (; rows == 1 && first + 8 * kPanel <= p.outputs; first += 8 * kPanel) {
    multiply_block<1, 8>(p, u, row_scales, first, y);  // fewer sums would wait for each other
  }
  for (; first + 4 * kPanel <= p.outputs; first += 4 * kPanel) {
    multiply_block<rows, 4>(p, u, row_scales, first, y);
  }
  for (; first < p.outputs; first += kPanel) multiply_block<rows, 1>(p, u, row_scales, first, y);
}

// The block that tiles compute at once: 16 rows, or the last ones, of two panels or of the last
// one.
struct TileBlock {
  std::size_t first_row, rows;
  std::size_t first_output;
};

// Computes the sums [16, 32] of a block.
ATTEND_AMX inline void multiply_tiles(const Int8Operands& p, const std::int8_t* q,
                                      const TileBlock& block, std::int32_t* sums) {
  const std::int8_t* weights = p.panels + block.first_output * p.depth;
  const bool two = block.first_output + kPanel < p.outputs;
  const std::int8_t* const others = two ? weights + kPanel * p.depth : weights;
  q += block.first_row * p.depth;
  _tile_zero(0);
  _tile_zero(1);
  for (std::size_t k = 0; k < p.depth; k += 64) {
    _tile_loadd(2, q + k, p.depth);
    _tile_loadd(3, weights + k * kPanel, 64);
    _tile_loadd(4, others + k * kPanel, 64);
    _tile_dpbssd(0, 2, 3);
    _tile_dpbssd(1, 2, 4);
  }
  _tile_stored(0, sums, 128);
  _tile_stored(1, sums + kPanel, 128);
}

// Computes y from the sums of a block.
ATTEND_AMX inline void finish_tiles(const Int8Operands& p, const TileBlock& block,
                                    const std::int32_t* sums, const float* row_scales, float* y) {
  const bool two = block.first_output + kPanel < p.outputs;
  const Finish low(p, block.first_output), high(p, block.first_output + (two ? kPanel : 0));
  row_scales += block.first_row;
  y += block.first_row * p.outputs + block.first_output;
  const float* const end = row_scales + block.rows;
  for (; row_scales != end; ++row_scales, sums += 2 * kPanel, y += p.outputs) {
    low.store(_mm512_load_si512(sums), *row_scales, y);
    if (two) high.store(_mm512_load_si512(sums + kPanel), *row_scales, y + kPanel);
  }
}

}  // namespace

ATTEND_VNNI void multiply_vnni(const Int8Operands& p, const std::uint8_t* u,
                               const float* row_scales, std::size_t rows, float* y) {
  constexpr std::size_t kRows = 5;  // 4 · 5 sums, 4 weights, 1 value: 25 of 32 registers
  for (; rows >= kRows; rows -= kRows) {
    multiply_rows<kRows>(p, u, row_scales, y);
    u += kRows * p.depth;
    row_scales += kRows;
    y += kRows * p.outputs;
  }
  switch (rows) {
    case 4:
      return multiply_rows<4>(p, u, row_scales, y);
    case 3:
      return multiply_rows<3>(p, u, row_scales, y);
    case 2:
      return multiply_rows<2>(p, u, row_scales, y);
    case 1:
      return multiply_rows<1>(p, u, row_scales, y);
    default:
      return;
  }
}

// Tiles multiply a block while vectors finish the previous one. The sums of both blocks fill 4 KiB,
// within which the processor tells the addresses of loads from those of earlier stores.
ATTEND_AMX void multiply_amx(const Int8Operands& p, const std::int8_t* q, const float* row_scales,
                             std::size_t rows, float* y) {
  static constexpr TileConfiguration kConfiguration;
  _tile_loadconfig(&kConfiguration);
  alignas(64) std::int32_t sums[2][16 * 2 * kPanel];
  std::size_t turn = 0;
  TileBlock before{};  // no rows yet
  for (std::size_t first = 0; first < p.outputs; first += 2 * kPanel) {
    for (std::size_t row = 0; row < rows; row += 16) {
      const TileBlock block{row, std::min<std::size_t>(16, rows - row), first};
      multiply_tiles(p, q, block, sums[turn]);
      turn = 1 - turn;
      finish_tiles(p, before, sums[turn], row_scales, y);
      before = block;
    }
  }
  _tile_release();
  finish_tiles(p, before, sums[1 - turn], row_scales, y);
}

namespace {

// Computes y of `rows` rows and `panels` panels of 4-bit weights from output `first` on.
template <int rows, int panels>
ATTEND_VNNI inline void multiply_int4_block(const Int4Operands& p, const std::int8_t* q,
                                            const float* row_scales, const std::int32_t* sums_of_q,
                                            std::size_t first, float* y) {
  const std::uint8_t* weights = p.panels + first * p.depth / 2;
  const std::size_t panel_size = kPanel * p.depth / 2;
  const __m512i low_bits = _mm512_set1_epi8(15);
  __m512i sums[rows][panels];
#pragma GCC unroll 8
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 8
    for (int i = 0; i < panels; ++i) sums[r][i] = _mm512_setzero_si512();
  }
  for (std::size_t k = 0; k < p.depth; k += 8) {
#pragma GCC unroll 8
    for (int i = 0; i < panels; ++i) {
      const __m512i both =
          _mm512_loadu_si512(weights + static_cast<std::size_t>(i) * panel_size + k * kPanel / 2);
      const __m512i low = _mm512_and_si512(both, low_bits);
      const __m512i high = _mm512_and_si512(_mm512_srli_epi16(both, 4), low_bits);
#pragma GCC unroll 8
      for (int r = 0; r < rows; ++r) {
        const std::int8_t* from = q + static_cast<std::size_t>(r) * p.depth + k;
        int four = 0, next = 0;
        __builtin_memcpy(&four, from, sizeof four);
        __builtin_memcpy(&next, from + 4, sizeof next);
        sums[r][i] = _mm512_dpbusd_epi32(sums[r][i], low, _mm512_set1_epi32(four));
        sums[r][i] = _mm512_dpbusd_epi32(sums[r][i], high, _mm512_set1_epi32(next));
      }
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < panels; ++i) {
    const std::size_t output = first + static_cast<std::size_t>(i) * kPanel;
    const std::size_t count = std::min(kPanel, p.outputs - output);
    const auto mask = static_cast<__mmask16>((1U << count) - 1U);
    const __m512 bias =
        p.bias == nullptr ? _mm512_setzero_ps() : _mm512_maskz_loadu_ps(mask, p.bias + output);
    const __m512 scales = _mm512_loadu_ps(p.scales + output);
    const __m512 middles = _mm512_loadu_ps(p.middles + output);
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r) {
      const __m512 offset =
          _mm512_mul_ps(middles, _mm512_set1_ps(static_cast<float>(sums_of_q[r])));
      const __m512 total =
          _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums[r][i]), _mm512_set1_ps(16.0F), offset);
      const __m512 scaled = _mm512_mul_ps(total, scales);
      _mm512_mask_storeu_ps(y + static_cast<std::size_t>(r) * p.outputs + output, mask,
                            _mm512_fmadd_ps(scaled, _mm512_set1_ps(row_scales[r]), bias));
    }
  }
}

template <int rows>
ATTEND_VNNI void multiply_int4_rows(const Int4Operands& p, const std::int8_t* q,
                                    const float* row_scales, float* y) {
  constexpr int kPanels = rows == 1 ? 8 : 4;
  std::int32_t sums_of_q[rows] = {};
  for (int r = 0; r < rows; ++r) {
    const std::int8_t* row = q + static_cast<std::size_t>(r) * p.depth;
    sums_of_q[r] = std::accumulate(row, row + p.depth, 0);
  }
  std::size_t first = 0;
  for (; first + kPanels * kPanel <= p.outputs; first += kPanels * kPanel) {
    multiply_int4_block<rows, kPanels>(p, q, row_scales, sums_of_q, first, y);
  }
  for (; first < p.outputs; first += kPanel) {
    multiply_int4_block<rows, 1>(p, q, row_scales, sums_of_q, first, y);
  }
}

}  // namespace

void multiply_int4(const Int4Operands& p, const std::int8_t* q, const float* row_scales,
                   std::size_t rows, float* y) {
  constexpr std::size_t kRows = 3;  // 4 · 3 sums, 2 weights: more rows gain nothing from fewer bits
  for (; rows >= kRows; rows -= kRows) {
    multiply_int4_rows<kRows>(p, q, row_scales, y);
    q += kRows * p.depth;
    row_scales += kRows;
    y += kRows * p.outputs;
  }
  if (rows == 2) multiply_int4_rows<2>(p, q, row_scales, y);
  if (rows == 1) multiply_int4_rows<1>(p, q, row_scales, y);
}

#else

bool has_vnni() { return false; }
void multiply_int4(const Int4Operands&, const std::int8_t*, const float*, std::size_t, float*) {}
void multiply_vnni(const Int8Operands&, const std::uint8_t*, const float*, std::size_t, float*) {}
void multiply_amx(const Int8Operands&, const std::int8_t*, const float*, std::size_t, float*) {}

#endif

}  // namespace attend::kernels
