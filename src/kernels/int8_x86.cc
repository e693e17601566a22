// Equation and layout: int8_product.cc. One vector holds 16 outputs; VNNI adds the products of 4
// inputs to each, a tile instruction those of 64 inputs for 16 rows at once. Must equal: the
// portable way, bit for bit.
#include "kernels/int8_x86.h"

#include <algorithm>

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

// What the sums of a panel become, in registers for all rows. Also what the portable way computes.
struct Finish {
  __m512 scales, bias;
  __m512i sums;  // of u's part that makes it unsigned
  __mmask16 mask;

  ATTEND_VNNI Finish(const Int8Operands& p, std::size_t first) {
    const std::size_t count = std::min(kPanel, p.outputs - first);
    mask = static_cast<__mmask16>((1U << count) - 1U);
    bias = p.bias == nullptr ? _mm512_setzero_ps() : _mm512_maskz_loadu_ps(mask, p.bias + first);
    scales = _mm512_loadu_ps(p.scales + first);
    sums = _mm512_loadu_si512(p.sums + first);
  }
  ATTEND_VNNI void store(__m512i total, float scale, float* y) const {
    const __m512 scaled = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_sub_epi32(total, sums)), scales);
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
      finish.store(sums[r][q], row_scales[r], y + static_cast<std::size_t>(r) * p.outputs + output);
    }
  }
}

template <int rows>
ATTEND_VNNI void multiply_rows(const Int8Operands& p, const std::uint8_t* u,
                               const float* row_scales, float* y) {
  std::size_t first = 0;
  for (; rows == 1 && first + 8 * kPanel <= p.outputs; first += 8 * kPanel) {
    multiply_block<1, 8>(p, u, row_scales, first, y);  // fewer sums would wait for themselves
  }
  for (; first + 4 * kPanel <= p.outputs; first += 4 * kPanel) {
    multiply_block<rows, 4>(p, u, row_scales, first, y);
  }
  for (; first < p.outputs; first += kPanel) multiply_block<rows, 1>(p, u, row_scales, first, y);
}

// 32 rows and two panels; `sums` [32, 32].
ATTEND_AMX inline void multiply_four_tiles(const Int8Operands& p, const std::uint8_t* u,
                                           const std::int8_t* weights, std::int32_t* sums) {
  const std::size_t panel_size = kPanel * p.depth;
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (std::size_t k = 0; k < p.depth; k += 64) {
    _tile_loadd(4, u + k, p.depth);
    _tile_loadd(5, u + 16 * p.depth + k, p.depth);
    _tile_loadd(6, weights + k * kPanel, 64);
    _tile_loadd(7, weights + panel_size + k * kPanel, 64);
    _tile_dpbusd(0, 4, 6);
    _tile_dpbusd(1, 4, 7);
    _tile_dpbusd(2, 5, 6);
    _tile_dpbusd(3, 5, 7);
  }
  _tile_stored(0, sums, 128);
  _tile_stored(1, sums + 16, 128);
  _tile_stored(2, sums + 16 * 32, 128);
  _tile_stored(3, sums + 16 * 32 + 16, 128);
}

// 16 rows and one panel into the upper left of `sums`.
ATTEND_AMX inline void multiply_tile(const Int8Operands& p, const std::uint8_t* u,
                                     const std::int8_t* weights, std::int32_t* sums) {
  _tile_zero(0);
  for (std::size_t k = 0; k < p.depth; k += 64) {
    _tile_loadd(4, u + k, p.depth);
    _tile_loadd(6, weights + k * kPanel, 64);
    _tile_dpbusd(0, 4, 6);
  }
  _tile_stored(0, sums, 128);
}

// The sums [rows, 32] of one or two panels from the output `first` on.
template <int panels>
ATTEND_AMX void finish_tiles(const Int8Operands& p, const std::int32_t* sums,
                             const float* row_scales, std::size_t rows, std::size_t first,
                             float* y) {
  const Finish low(p, first), high(p, first + (panels - 1) * kPanel);
  const float* const end = row_scales + rows;
  for (y += first; row_scales != end; ++row_scales, sums += 32, y += p.outputs) {
    low.store(_mm512_load_si512(sums), *row_scales, y);
    if (panels == 2) high.store(_mm512_load_si512(sums + kPanel), *row_scales, y + kPanel);
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

ATTEND_AMX void multiply_amx(const Int8Operands& p, const std::uint8_t* u, const float* row_scales,
                             std::size_t rows, float* y) {
  static constexpr TileConfiguration kConfiguration;
  _tile_loadconfig(&kConfiguration);
  alignas(64) std::int32_t sums[32 * 32];
  std::size_t first = 0;
  while (first < p.outputs) {
    const std::int8_t* weights = p.panels + first * p.depth;
    const std::size_t panels = first + kPanel < p.outputs ? 2 : 1;
    for (std::size_t row = 0; row < rows;) {
      const std::uint8_t* from = u + row * p.depth;
      const bool whole = panels == 2 && rows - row > 16;
      if (whole) {
        multiply_four_tiles(p, from, weights, sums);
      } else {
        multiply_tile(p, from, weights, sums);
        if (panels == 2) multiply_tile(p, from, weights + kPanel * p.depth, sums + kPanel);
      }
      const std::size_t count = std::min<std::size_t>(whole ? 32 : 16, rows - row);
      (panels == 2 ? finish_tiles<2> : finish_tiles<1>)(p, sums, row_scales + row, count, first,
                                                        y + row * p.outputs);
      row += count;
    }
    first += panels * kPanel;
  }
  _tile_release();
}

#else

bool has_vnni() { return false; }
void multiply_vnni(const Int8Operands&, const std::uint8_t*, const float*, std::size_t, float*) {}
void multiply_amx(const Int8Operands&, const std::uint8_t*, const float*, std::size_t, float*) {}

#endif

}  // namespace attend::kernels
