// Equations: Y = X Wᵀ + 1 bᵀ or Y += X Wᵀ; G = Aᵀ B or G += Aᵀ B. One instruction adds to a tile of
// sums [16, 16] the products of a tile [16, 32] with a tile of pairs [16, 16, 2], whose element (p,
// o, i) belongs to output o and input 2 p + i.
// Layout: X row by row; W in panels of 32 outputs, [panel, ⌈inputs / 32⌉, 2, 16, 16, 2], with zeros
// after the last output and input. For G both matrices are first cut into tiles: B as W, Aᵀ as X.
// Must equal: the triple loop in double, to the rounding of the inputs.
#include "kernels/tile_product.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include "base/base.h"
#include "kernels/onednn_matmul.h"
#include "kernels/tile_instructions.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace attend::kernels {

#if defined(__x86_64__) && defined(__linux__)

using namespace tiles;

bool has_bfloat16_tiles() {
  static const bool found = [] {
    const auto isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
    const auto needed = static_cast<unsigned>(dnnl::cpu_isa::avx512_core_amx);
    if ((isa & needed) != needed) return false;
    unsigned a = 0, b = 0, c = 0, d = 0;
    constexpr unsigned kRounding = 1U << 5;  // avx512_bf16
    if (__get_cpuid_count(7, 1, &a, &b, &c, &d) == 0 || (a & kRounding) == 0) return false;
    return has_tiles(TileKind::kBfloat16);
  }();
  return found;
}

namespace {

// Tiles along the inputs after which sums are stored: so many of 32 rows and of 32 outputs stay in
// the first cache.
constexpr std::size_t kNear = 16;
static_assert(kPanel == kTileDepth, "rows in memory are packed by as many, outputs or inputs");
constexpr std::size_t kCached = std::size_t{1} << 20;  // bytes that stay in the second cache

Bfloat16* halves_of(std::span<float> memory) { return reinterpret_cast<Bfloat16*>(memory.data()); }

// Loads 32 values of a row as bfloat16, with zeros after `count`.
ATTEND_TILES inline __m512i load_row(const float* from, std::size_t count) {
  const __m512 low = _mm512_maskz_loadu_ps(lanes16(count), from);
  const __m512 high =
      _mm512_maskz_loadu_ps(count > 16 ? lanes16(count - 16) : __mmask16{0}, from + 16);
  return reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low));
}
ATTEND_TILES inline __m512i load_row(const Bfloat16* from, std::size_t count) {
  return _mm512_maskz_loadu_epi16(lanes32(count), from);
}

// Loads 16 values of one row and then 16 of another.
ATTEND_TILES inline __m512i load_two(const float* first, const float* second, __mmask16 lanes) {
  const __m512 low = _mm512_maskz_loadu_ps(lanes, first);
  const __m512 high =
      second == nullptr ? _mm512_setzero_ps() : _mm512_maskz_loadu_ps(lanes, second);
  return reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low));
}
ATTEND_TILES inline __m512i load_two(const Bfloat16* first, const Bfloat16* second,
                                     __mmask16 lanes) {
  const __m256i low = _mm256_maskz_loadu_epi16(lanes, first);
  const __m256i high =
      second == nullptr ? _mm256_setzero_si256() : _mm256_maskz_loadu_epi16(lanes, second);
  return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

// Transposes 16 × 16 pairs.
ATTEND_TILES inline void transpose(__m512i (&rows)[16]) {
  __m512i t[16];
#pragma GCC unroll 16
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
  }
#pragma GCC unroll 16
  for (int i = 0; i < 16; i += 4) {
    rows[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    rows[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    rows[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    rows[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
#pragma GCC unroll 16
  for (int i = 0; i < 4; ++i) {
    t[i] = _mm512_shuffle_i32x4(rows[i], rows[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_i32x4(rows[i], rows[i + 4], 0xDD);
    t[i + 8] = _mm512_shuffle_i32x4(rows[i + 8], rows[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_i32x4(rows[i + 8], rows[i + 12], 0xDD);
  }
#pragma GCC unroll 16
  for (int i = 0; i < 4; ++i) {
    rows[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
    rows[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
    rows[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xDD);
    rows[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xDD);
  }
}

ATTEND_TILES inline void store(const __m512i (&rows)[16], Bfloat16* tile) {
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) _mm512_store_si512(tile + i * kTileDepth, rows[i]);
}

// Packs the tile of pairs of up to 16 outputs and 32 inputs, where each row of `from` is one
// output.
ATTEND_TILES inline void pack_rows(BasicRows<const float> from, std::size_t outputs,
                                   std::size_t factors, Bfloat16* tile) {
  __m512i rows[16];
#pragma GCC unroll 16
  for (std::size_t o = 0; o < 16; ++o) {
    rows[o] = o < outputs ? load_row(from.row(o), factors) : _mm512_setzero_si512();
  }
  transpose(rows);
  store(rows, tile);
}

// Packs the tile of pairs where each row of `from` is one input; if `transposed`, it packs a tile
// of X instead, whose rows are the outputs.
template <bool transposed, class Matrix>
ATTEND_TILES inline void pack_columns(const Matrix& from, std::size_t outputs, std::size_t factors,
                                      Bfloat16* tile) {
  const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24,
                                         8, 23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  const __mmask16 lanes = lanes16(outputs);
  __m512i rows[16];
#pragma GCC unroll 16
  for (std::size_t p = 0; p < 16; ++p) {
    const std::size_t k = 2 * p;
    rows[p] =
        k >= factors
            ? _mm512_setzero_si512()
            : _mm512_permutexvar_epi16(
                  order, load_two(from.row(k), k + 1 < factors ? from.row(k + 1) : nullptr, lanes));
  }
  if (transposed) transpose(rows);
  store(rows, tile);
}

// Packs panels [panel, depth, 2 tiles] of a matrix whose rows hold one input of all outputs;
// `depth` may exceed the tiles that these inputs fill. Rows are read from beginning to end, which
// processors foresee.
template <bool transposed, class Matrix>
ATTEND_TILES void pack_panels(const Matrix& from, std::size_t outputs, std::size_t factors,
                              std::size_t depth, Bfloat16* to) {
  for (std::size_t k = 0; k < tiles_of(factors, kTileDepth); ++k) {
    const std::size_t count = std::min(kTileDepth, factors - k * kTileDepth);
    const Matrix rows = from.from(k * kTileDepth);
    for (std::size_t o = 0; o < tiles_of(outputs, kPanel) * kPanel; o += kTileRows) {
      Bfloat16* tile = to + ((o / kPanel * depth + k) * 2 + o % kPanel / kTileRows) * kTile;
      if (o < outputs) {
        pack_columns<transposed>(rows.column(o), std::min(kTileRows, outputs - o), count, tile);
      } else {
        std::fill_n(tile, kTile, Bfloat16{0});
      }
    }
  }
}

// Packs panels [panel, depth, 2 tiles] of a matrix whose rows hold all inputs of one output.
ATTEND_TILES void pack_panels_of_rows(BasicRows<const float> from, std::size_t outputs,
                                      std::size_t factors, Bfloat16* tile) {
  for (std::size_t o = 0; o < outputs; o += kPanel) {
    for (std::size_t k = 0; k < factors; k += kTileDepth) {
      for (std::size_t first = o; first < o + kPanel; first += kTileRows, tile += kTile) {
        const std::size_t count = first < outputs ? std::min(kTileRows, outputs - first) : 0;
        pack_rows(from.from(first).column(k), count, std::min(kTileDepth, factors - k), tile);
      }
    }
  }
}

// The operands of up to 32 × 32 sums: X from `x` on, whose tiles have `row_stride` values from row
// to row, `second` to the tile below and `step` to the next inputs.
struct Block {
  const Bfloat16* x;
  std::size_t row_stride, second, step;
  const Bfloat16* weights;
  std::size_t depth;  // tiles
  bool passing;       // the weights exceed the first cache; rows of x may stay
};

// Passing weights are streamed so that they do not evict rows of x.
template <bool passing>
ATTEND_TILES inline void load_weights(const Bfloat16* w) {
  if (passing) {
    _tile_stream_loadd(6, w, 64);
    _tile_stream_loadd(7, w + kTile, 64);
  } else {
    _tile_loadd(6, w, 64);
    _tile_loadd(7, w + kTile, 64);
  }
}

// y [32 or 16, 32] ← start + X Wᵀ.
template <bool two, bool passing>
ATTEND_TILES inline void multiply_block(const Block& block, ConstRows start, Rows y) {
  const std::size_t from = start.stride * sizeof(float), to = y.stride * sizeof(float);
  const std::size_t row = block.row_stride * sizeof(Bfloat16);
  finish_writes();
  _tile_loadd(0, start.values, from);
  _tile_loadd(1, start.values + 16, from);
  if (two) {
    _tile_loadd(2, start.row(16), from);
    _tile_loadd(3, start.row(16) + 16, from);
  }
  const Bfloat16* x = block.x;
  const Bfloat16* w = block.weights;
  for (std::size_t k = 0; k < block.depth; ++k, x += block.step, w += 2 * kTile) {
    _tile_loadd(4, x, row);
    load_weights<passing>(w);
    _tile_dpbf16ps(0, 4, 6);
    if (two) _tile_loadd(5, x + block.second, row);
    _tile_dpbf16ps(1, 4, 7);
    if (two) {
      _tile_dpbf16ps(2, 5, 6);
      _tile_dpbf16ps(3, 5, 7);
    }
  }
  _tile_stored(0, y.values, to);
  _tile_stored(1, y.values + 16, to);
  if (two) {
    _tile_stored(2, y.row(16), to);
    _tile_stored(3, y.row(16) + 16, to);
  }
}

// Prefetches the next up to 32 × 32 sums into the first cache, even sums that are only written:
// stores would wait for their cache lines.
ATTEND_TILES inline void fetch_sums(ConstRows y, std::size_t rows, std::size_t columns) {
  for (std::size_t r = 0; r < rows; ++r) {
    _mm_prefetch(reinterpret_cast<const char*>(y.row(r)), _MM_HINT_T0);
    if (columns > 16) _mm_prefetch(reinterpret_cast<const char*>(y.row(r) + 16), _MM_HINT_T0);
  }
}

// Whether so many pairs of tiles exceed the part of the first cache that rows of x leave.
bool passes(std::size_t pairs) { return pairs * 2 * kTile * sizeof(Bfloat16) > 32768; }

alignas(64) constexpr float kZeros[kPanel] = {};

template <bool two>
ATTEND_TILES inline void multiply_block(const Block& block, ConstRows start, Rows y) {
  if (block.passing) return multiply_block<two, true>(block, start, y);
  multiply_block<two, false>(block, start, y);
}

// Computes a block of up to 32 `rows` and `columns`. A start with a stride of 0 is one row for all.
ATTEND_TILES void multiply_part(const Block& block, ConstRows start, Rows y, std::size_t rows,
                                std::size_t columns) {
  if (columns == kPanel && rows == kPanel) return multiply_block<true>(block, start, y);
  if (columns == kPanel && rows == kTileRows) return multiply_block<false>(block, start, y);
  alignas(64) float sums[kPanel * kPanel];
  for (std::size_t r = 0; r < kPanel; ++r) {
    const std::size_t known = r < rows ? columns : 0;
    std::copy_n(start.row(r < rows ? r : 0), known, sums + r * kPanel);
    std::fill_n(sums + r * kPanel + known, kPanel - known, 0.0F);
  }
  const Rows all{sums, kPanel};
  if (rows > kTileRows) {
    multiply_block<true>(block, all, all);
  } else {
    multiply_block<false>(block, all, all);
  }
  for (std::size_t r = 0; r < rows; ++r) std::copy_n(sums + r * kPanel, columns, y.row(r));
}

// Returns Σ y² over up to 32 columns.
ATTEND_TILES inline double sum_of_squares(ConstRows y, std::size_t rows, std::size_t columns) {
  const __mmask16 low = lanes16(columns), high = lanes16(columns > 16 ? columns - 16 : 0);
  __m512 sums[4] = {};
  for (std::size_t r = 0; r < rows; ++r) {
    const __m512 left = _mm512_maskz_loadu_ps(low, y.row(r));
    const __m512 right = _mm512_maskz_loadu_ps(high, y.row(r) + 16);
    sums[r % 2] = _mm512_fmadd_ps(left, left, sums[r % 2]);
    sums[2 + r % 2] = _mm512_fmadd_ps(right, right, sums[2 + r % 2]);
  }
  return _mm512_reduce_add_ps((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

// Scratch memory of the calling thread; it lives as long as the thread.
struct TileMemory {
  Buffer a, b;
};

TileMemory& tile_memory() {
  thread_local TileMemory memory;
  return memory;
}

}  // namespace

// The stride is an odd number of cache lines, so that the rows of a tile lie in different sets of
// the first cache.
std::size_t tile_stride(std::size_t units) {
  return (tiles_of(units, kTileDepth) | 1U) * kTileDepth;
}

// Parts of the rows may begin at any row and column: tiles then read up to 15 rows after the last
// one, and some values more.
std::size_t tile_values(std::size_t count, std::size_t units) {
  return (count + kTileRows) * tile_stride(units) + kTileDepth;
}

ATTEND_TILES void round_for_tiles(ConstRows from, std::size_t count, std::size_t units,
                                  Bfloat16* to) {
  const std::size_t stride = tile_stride(units);
  for (std::size_t r = 0; r < count; ++r, to += stride) {
    const float* row = from.row(r);
    std::size_t k = 0;
    for (; k < units; k += kTileDepth) _mm512_storeu_si512(to + k, load_row(row + k, units - k));
    if (k < stride) _mm512_storeu_si512(to + k, _mm512_setzero_si512());
  }
}

TileProduct::TileProduct(const float* values, std::size_t outputs, std::size_t inputs,
                         WeightStrides strides)
    : values_(values),
      outputs_(outputs),
      inputs_(inputs),
      stored_(strides.input == 1 || inputs == 1 ? Stored{true, outputs, strides.output}
                                                : Stored{false, inputs, strides.input}),
      tiles_(tiles_of(outputs, kPanel) * tiles_of(inputs, kTileDepth) * kTile) {
  ATTEND_CHECK(outputs > 0 && inputs > 0);
  ATTEND_CHECK(strides.input == 1 || strides.output == 1 || inputs == 1 || outputs == 1);
}

void TileProduct::pack(std::size_t first, std::size_t count) {
  const std::size_t depth = tiles_of(inputs_, kTileDepth), number = first / kTileDepth;
  const ConstRows rows = ConstRows{values_, stored_.stride}.from(first);
  Bfloat16* tiles = halves_of(tiles_.span());
  if (stored_.outputs) {
    pack_panels_of_rows(rows, count, inputs_, tiles + number * 2 * depth * kTile);
  } else {
    pack_panels<false>(rows, outputs_, count, depth, tiles + number * 2 * kTile);
  }
}

std::size_t TileProduct::pack_among(ConstRows rows, std::size_t count) {
  const auto rows_before = [&](const float* place) {
    if (!std::less<>()(values_, place)) return std::size_t{0};
    return std::min(stored_.count,
                    tiles_of(static_cast<std::size_t>(place - values_), rows.stride));
  };
  if (rows.stride != stored_.stride) return 0;
  const std::size_t first = rows_before(rows.values), end = rows_before(rows.row(count));
  const bool whole = first % kTileDepth == 0 && (end % kTileDepth == 0 || end == stored_.count);
  if (first == end || !whole) return 0;
  pack(first, end - first);
  return (end - first) * (stored_.outputs ? inputs_ : outputs_);
}

void TileProduct::multiply(HalfMatrix x, std::size_t rows, const float* bias, Rows y,
                           Write write) const {
  constexpr std::size_t kDepth = 32;  // tiles at once: panels of 64 KiB
  const std::size_t depth = tiles_of(inputs_, kTileDepth);
  const bool passing = passes(tiles_of(outputs_, kPanel) * depth);
  const Tiles configured;
  for (std::size_t k = 0; k < depth; k += kDepth) {
    const std::size_t step_depth = std::min(depth - k, kDepth);
    // Weights that stay in the second cache are used for 32 rows, some inputs of which stay in the
    // first.
    const std::size_t fitting = kCached / (step_depth * 2 * kTile * sizeof(Bfloat16)) * kPanel;
    const std::size_t blocks = tiles_of(outputs_, fitting);
    const std::size_t at_once = tiles_of(tiles_of(outputs_, kPanel), blocks) * kPanel;
    for (std::size_t begin = 0; begin < outputs_; begin += at_once) {
      const std::size_t end = std::min(outputs_, begin + at_once);
      for (std::size_t r = 0; r < rows; r += kPanel) {
        for (std::size_t near = k; near < k + step_depth; near += kNear) {
          for (std::size_t o = begin; o < end; o += kPanel) {
            const Rows to = y.from(r).column(o);
            ConstRows start = to;
            if (near == 0 && write == Write::kReplace) start = {kZeros, 0};
            if (near == 0 && bias != nullptr) start = {bias + o, 0};
            multiply_part(
                {x.from(r).column(near * kTileDepth).values, x.row_stride, kTileRows * x.row_stride,
                 x.panel_stride, tiles() + (o / kPanel * depth + near) * 2 * kTile,
                 std::min(kNear, k + step_depth - near), passing},
                start, to, std::min(kPanel, rows - r), std::min(kPanel, outputs_ - o));
          }
        }
      }
    }
  }
}

namespace {

// Prefetches the first 32 values of a matrix's rows into the second cache, a share at a time while
// something else is computed. The rows are too far apart for processors to foresee.
class RowsAhead {
 public:
  /// Spreads the rows over `shares` calls of fetch().
  RowsAhead(HalfMatrix from, std::size_t rows, std::size_t shares)
      : from_(from), rows_(rows), share_(tiles_of(rows, shares)) {}
  void fetch() {
    const std::size_t end = std::min(rows_, next_ + share_);
    for (; next_ < end; ++next_) {
      _mm_prefetch(reinterpret_cast<const char*>(from_.row(next_)), _MM_HINT_T1);
    }
  }

 private:
  HalfMatrix from_;
  std::size_t rows_, share_, next_ = 0;
};

}  // namespace

double tile_gradient(HalfMatrix a, std::size_t a_units, HalfMatrix b, std::size_t b_units,
                     std::size_t count, Rows gradient, Write write) {
  double squares = 0;
  const Tiles configured;
  const std::size_t panels = tiles_of(b_units, kPanel);
  const std::size_t fitting = kCached / (panels * kPanel * sizeof(Bfloat16));
  const std::size_t at_once = std::max<std::size_t>(256, fitting / kTileDepth * kTileDepth);
  for (std::size_t k = 0; k < count; k += at_once) {
    const std::size_t rows = std::min(at_once, count - k);
    const std::size_t depth = tiles_of(rows, kTileDepth);
    Bfloat16* b_tiles = halves_of(tile_memory().b.get(panels * depth * kTile));
    Bfloat16* a_tiles = halves_of(tile_memory().a.get(depth * kTile));
    pack_panels<false>(b.from(k), b_units, rows, depth, b_tiles);
    const bool passing = passes(panels * depth);
    for (std::size_t m = 0; m < a_units; m += kPanel) {
      const std::size_t columns_of_a = std::min(kPanel, a_units - m);
      pack_panels<true>(a.from(k).column(m), columns_of_a, rows, depth, a_tiles);
      const bool more = m + kPanel < a_units;
      RowsAhead next(more ? a.from(k).column(m + kPanel) : a, more ? rows : 0,
                     tiles_of(depth, kNear) * panels);
      for (std::size_t near = 0; near < depth; near += kNear) {
        for (std::size_t n = 0; n < b_units; n += kPanel) {
          next.fetch();
          if (n + kPanel < b_units) {
            fetch_sums(gradient.from(m).column(n + kPanel), columns_of_a, b_units - n - kPanel);
          }
          const std::size_t columns_of_b = std::min(kPanel, b_units - n);
          const Rows to = gradient.from(m).column(n);
          const bool first = k == 0 && near == 0 && write == Write::kReplace;
          multiply_part({a_tiles + near * 2 * kTile, kTileDepth, kTile, 2 * kTile,
                         b_tiles + (n / kPanel * depth + near) * 2 * kTile,
                         std::min(kNear, depth - near), passing},
                        first ? ConstRows{kZeros, 0} : ConstRows(to), to, columns_of_a,
                        columns_of_b);
          const bool last = k + rows == count && near + kNear >= depth;
          if (last) squares += sum_of_squares(to, columns_of_a, columns_of_b);
        }
      }
    }
  }
  return squares;
}

#else

bool has_bfloat16_tiles() { return false; }
std::size_t tile_stride(std::size_t units) { return units; }
std::size_t tile_values(std::size_t count, std::size_t units) { return count * units; }
void round_for_tiles(ConstRows, std::size_t, std::size_t, Bfloat16*) {}
TileProduct::TileProduct(const float* values, std::size_t outputs, std::size_t inputs,
                         WeightStrides strides)
    : values_(values), outputs_(outputs), inputs_(inputs), stored_{true, 0, strides.output} {}
void TileProduct::pack(std::size_t, std::size_t) {}
std::size_t TileProduct::pack_among(ConstRows, std::size_t) { return 0; }
void TileProduct::multiply(HalfMatrix, std::size_t, const float*, Rows, Write) const {}
double tile_gradient(HalfMatrix, std::size_t, HalfMatrix, std::size_t, std::size_t, Rows, Write) {
  return 0;
}

#endif

}  // namespace attend::kernels
