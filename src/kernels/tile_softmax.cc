// Equations: x_k = w_k · x + b_k, e_k = exp(x_k − m), Z = Σ_k e_k, p_k = e_k / Z; with ε =
// smoothing and s = scale, ∂x_k = s (p_k − (1 − ε) [k = y] − ε / V) = (s / Z) (e_k − Z (1 − ε) [k =
// y] − Z ε / V). Logits exist 32 × 32 at a time. Only the second factor of ∂x_k is kept, in
// bfloat16, so that no value has to be divided by Z once Z is known. m is 0 where Z stays in range,
// else the highest logit. Must equal: cross_entropy() of the product, to the rounding of the
// gradient.
#include "kernels/tile_softmax.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

#include "base/base.h"
#include "kernels/tile_instructions.h"

namespace attend::kernels {

#if defined(__x86_64__) && defined(__linux__)

using namespace tiles;

std::size_t tile_panel_stride(std::size_t rows) {
  return tiles_of(rows, kTileRows) * kTileRows * kTileDepth;
}

std::size_t tile_panel_values(std::size_t rows, std::size_t units) {
  return tiles_of(units, kTileDepth) * tile_panel_stride(rows);
}

namespace {

constexpr std::size_t kLanes = 16;
// Bytes of weights that all rows use before the next weights: they stay in a cache.
constexpr std::size_t kCached = std::size_t{1} << 20;
// A Z between these bounds is far from the limits of float32, and so are its large terms.
constexpr float kLeast = 1e-20F, kMost = 1e25F;

// Scratch memory of the calling thread; it lives as long as the thread.
Buffer& thread_memory() {
  thread_local Buffer memory;
  return memory;
}

// exp(x), and 0 in lanes outside `lanes`. The relative error is 2.5e-7, for large x too, because
// log2(e) has two parts. NaN stays NaN.
ATTEND_TILES inline __m512 exponential(__m512 x, __mmask16 lanes) {
  const __m512 log2_e = _mm512_set1_ps(1.44269504F), rest = _mm512_set1_ps(1.925963e-8F);
  const __m512 far = _mm512_set1_ps(200.0F);  // exp is 0 or infinite
  x = _mm512_min_ps(far, _mm512_max_ps(_mm512_sub_ps(_mm512_setzero_ps(), far), x));
  const __m512 n =
      _mm512_roundscale_ps(_mm512_mul_ps(x, log2_e), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const __m512 f = _mm512_fmadd_ps(x, rest, _mm512_fmsub_ps(x, log2_e, n));
  __m512 p = _mm512_set1_ps(1.5403530e-4F);  // ln(2)^k / k!, k = 6 … 0
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(1.3333558e-3F));
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(9.6181291e-3F));
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(5.5504109e-2F));
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(2.4022651e-1F));
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(6.9314718e-1F));
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(1.0F));
  return _mm512_maskz_scalef_ps(lanes, p, n);
}

ATTEND_TILES float exponential(float x) {
  return _mm512_cvtss_f32(exponential(_mm512_set1_ps(x), lanes16(1)));
}

ATTEND_TILES inline void widen(const Bfloat16* from, __m512& low, __m512& high) {
  const __m512i values = _mm512_loadu_si512(from);
  low = _mm512_castsi512_ps(
      _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm512_castsi512_si256(values)), 16));
  high = _mm512_castsi512_ps(
      _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(values, 1)), 16));
}

class Softmax {
 public:
  Softmax(const TileProduct& weights, HalfMatrix x, std::size_t rows, const float* bias,
          const std::int64_t* targets, const CrossEntropyOptions& options,
          const TileLogitGradient& gradient);
  CrossEntropySums run();

 private:
  // Panels of outputs [first, end).
  struct Panels {
    std::size_t first, end;
  };
  // Logits whose exponentials are not computed yet: rows [next, end) of the block whose first row
  // is `first`.
  struct Pending {
    const float* logits = nullptr;
    Bfloat16* values = nullptr;  // of row 0
    std::size_t first = 0, next = 0, end = 0;
    __mmask16 low = 0, high = 0;  // mask of the real outputs
  };
  Panels all_panels() const { return {0, tiles_of(outputs_, kPanel)}; }
  std::size_t count_of(std::size_t row) const { return std::min(kPanel, rows_ - row); }

  void multiply(std::size_t row, std::size_t panel, float* logits, Pending& pending);
  void exponentials(std::size_t row, Panels panels);
  void take_exponentials(Pending& pending, std::size_t count);
  void find_targets(std::size_t row, std::size_t panel, const float* logits);
  void shift_by_highest(std::size_t row);
  bool in_range(std::size_t row) const;
  CrossEntropySums finish_row(std::size_t row);
  void finish_panel(std::size_t panel);

  const TileProduct& weights_;
  HalfMatrix x_;
  std::size_t rows_, outputs_, depth_;
  CrossEntropyOptions options_;
  const TileLogitGradient& gradient_;
  const std::int64_t* targets_;
  float* bias_;           // [panels, 32], 0 after the last output
  float* shifts_;         // [rows]: m
  float* target_logits_;  // [rows]
  float* sums_;           // [rows, 16]: partial sums of Z
  float* logit_sums_;     // [rows, 16]: partial sums of logits
  float* even_shares_;    // [rows]: Z ε / V
  alignas(64) float logits_[2][kPanel * kPanel];
};

Softmax::Softmax(const TileProduct& weights, HalfMatrix x, std::size_t rows, const float* bias,
                 const std::int64_t* targets, const CrossEntropyOptions& options,
                 const TileLogitGradient& gradient)
    : weights_(weights),
      x_(x),
      rows_(rows),
      outputs_(weights.outputs()),
      depth_(tiles_of(weights.inputs(), kTileDepth)),
      options_(options),
      gradient_(gradient),
      targets_(targets) {
  const std::size_t biases = tiles_of(outputs_, kPanel) * kPanel;
  float* memory = thread_memory().zeros(biases + rows * (2 * kLanes + 3)).data();
  const auto take = [&](std::size_t count) { return std::exchange(memory, memory + count); };
  bias_ = take(biases);
  sums_ = take(rows * kLanes);
  logit_sums_ = take(rows * kLanes);
  shifts_ = take(rows);
  target_logits_ = take(rows);
  even_shares_ = take(rows);
  std::copy_n(bias, outputs_, bias_);
}

// Computes the logits [32, 32] of up to 32 rows and one panel of outputs. Meanwhile it takes
// exponentials of `pending` logits, so that tiles and vectors work at the same time.
ATTEND_TILES void Softmax::multiply(std::size_t row, std::size_t panel, float* logits,
                                    Pending& pending) {
  constexpr std::size_t kStride = kPanel * sizeof(float);
  const bool two = rows_ - row > kTileRows;
  const HalfMatrix rows = x_.from(row);
  const std::size_t stride = rows.row_stride * sizeof(Bfloat16);
  const std::size_t at_once = tiles_of(pending.end - pending.next, depth_);
  const Bfloat16* x = rows.values;
  const Bfloat16* w = weights_.tiles() + panel * depth_ * 2 * kTile;
  const float* bias = bias_ + panel * kPanel;
  _tile_loadd(0, bias, 0);
  _tile_loadd(1, bias + kTileRows, 0);
  _tile_loadd(2, bias, 0);
  _tile_loadd(3, bias + kTileRows, 0);
  for (std::size_t k = 0; k < depth_; ++k, x += rows.panel_stride, w += 2 * kTile) {
    _tile_loadd(4, x, stride);
    _tile_stream_loadd(6, w, 64);
    _tile_stream_loadd(7, w + kTile, 64);
    _tile_dpbf16ps(0, 4, 6);
    if (two) _tile_loadd(5, x + kTileRows * rows.row_stride, stride);
    _tile_dpbf16ps(1, 4, 7);
    if (two) {
      _tile_dpbf16ps(2, 5, 6);
      _tile_dpbf16ps(3, 5, 7);
    }
    take_exponentials(pending, at_once);
  }
  _tile_stored(0, logits, kStride);
  _tile_stored(1, logits + kTileRows, kStride);
  _tile_stored(2, logits + kTileRows * kPanel, kStride);
  _tile_stored(3, logits + kTileRows * kPanel + kTileRows, kStride);
  finish_writes();
}

// Takes the exponentials of at most `count` pending rows.
ATTEND_TILES inline void Softmax::take_exponentials(Pending& pending, std::size_t count) {
  const std::size_t end = std::min(pending.end, pending.next + count);
  for (std::size_t& r = pending.next; r < end; ++r) {
    const float* logits = pending.logits + (r - pending.first) * kPanel;
    const __m512 shift = _mm512_set1_ps(shifts_[r]);
    const __m512 x_low = _mm512_load_ps(logits), x_high = _mm512_load_ps(logits + kLanes);
    const __m512 low = exponential(_mm512_sub_ps(x_low, shift), pending.low);
    const __m512 high = exponential(_mm512_sub_ps(x_high, shift), pending.high);
    float* sums = sums_ + r * kLanes;
    _mm512_storeu_ps(sums, _mm512_add_ps(_mm512_loadu_ps(sums), _mm512_add_ps(low, high)));
    _mm512_store_si512(pending.values + r * kPanel,
                       reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low)));
    if (options_.smoothing == 0.0) continue;
    sums = logit_sums_ + r * kLanes;
    const __m512 both = _mm512_add_ps(_mm512_maskz_mov_ps(pending.low, x_low),
                                      _mm512_maskz_mov_ps(pending.high, x_high));
    _mm512_storeu_ps(sums, _mm512_add_ps(_mm512_loadu_ps(sums), both));
  }
}

void Softmax::find_targets(std::size_t row, std::size_t panel, const float* logits) {
  const auto first = static_cast<std::int64_t>(panel * kPanel);
  for (std::size_t r = 0; r < count_of(row); ++r) {
    const auto place = static_cast<std::size_t>(targets_[row + r] - first);
    if (place < kPanel) target_logits_[row + r] = logits[r * kPanel + place];
  }
}

ATTEND_TILES void Softmax::exponentials(std::size_t row, Panels panels) {
  Pending pending;
  for (std::size_t panel = panels.first; panel < panels.end; ++panel) {
    float* logits = logits_[panel % 2];
    multiply(row, panel, logits, pending);
    find_targets(row, panel, logits);
    const std::size_t outputs = std::min(kPanel, outputs_ - panel * kPanel);
    pending = {logits,
               gradient_.values + panel * gradient_.panel_stride,
               row,
               row,
               row + count_of(row),
               lanes16(outputs),
               outputs > kLanes ? lanes16(outputs - kLanes) : __mmask16{0}};
  }
  take_exponentials(pending, kPanel);
}

// Recomputes up to 32 rows with m = their highest logit, because the sum of one of them is out of
// range.
void Softmax::shift_by_highest(std::size_t row) {
  const std::size_t count = count_of(row);
  Pending nothing;
  float* shifts = shifts_ + row;
  std::fill_n(shifts, count, -std::numeric_limits<float>::infinity());
  for (std::size_t panel = 0; panel < all_panels().end; ++panel) {
    const float* logits = logits_[0];
    multiply(row, panel, logits_[0], nothing);
    const std::size_t outputs = std::min(kPanel, outputs_ - panel * kPanel);
    for (std::size_t r = 0; r < count; ++r, logits += kPanel) {
      shifts[r] = std::max(shifts[r], *std::max_element(logits, logits + outputs));
    }
  }
  std::fill_n(sums_ + row * kLanes, count * kLanes, 0.0F);
  std::fill_n(logit_sums_ + row * kLanes, count * kLanes, 0.0F);
  exponentials(row, all_panels());
}

float sum_of(const float* lanes) {
  float sum = 0.0F;
  for (std::size_t i = 0; i < kLanes; ++i) sum += lanes[i];
  return sum;
}

// Whether Z is in range for all of up to 32 rows from `row` on. NaN is out of range.
bool Softmax::in_range(std::size_t row) const {
  for (std::size_t r = row; r < row + count_of(row); ++r) {
    const float sum = sum_of(sums_ + r * kLanes);
    if (!(sum >= kLeast && sum <= kMost)) return false;
  }
  return true;
}

CrossEntropySums Softmax::finish_row(std::size_t row) {
  const auto vocabulary = static_cast<double>(outputs_);
  const float sum = sum_of(sums_ + row * kLanes);
  const double log_sum = static_cast<double>(shifts_[row]) + std::log(static_cast<double>(sum));
  CrossEntropySums sums;
  sums.log_likelihood = target_logits_[row] - log_sum;
  sums.cost = -(1.0 - options_.smoothing) * sums.log_likelihood;
  if (options_.smoothing > 0.0) {
    sums.cost -= options_.smoothing * (sum_of(logit_sums_ + row * kLanes) / vocabulary - log_sum);
  }
  gradient_.scales[row] = static_cast<float>(options_.scale / sum);
  even_shares_[row] = static_cast<float>(sum * options_.smoothing / vocabulary);
  const float e = exponential(target_logits_[row] - shifts_[row]);  // computed as in Z
  const float wanted = sum * static_cast<float>(1.0 - options_.smoothing);
  const float d_target = e - wanted;
  const auto target = static_cast<std::size_t>(targets_[row]);
  to_bfloat16(
      {&d_target, 1}, 1, 1,
      gradient_.values + target / kPanel * gradient_.panel_stride + row * kPanel + target % kPanel);
  return sums;
}

// Subtracts Z ε / V from a panel of outputs and adds the panel's gradients of biases.
ATTEND_TILES void Softmax::finish_panel(std::size_t panel) {
  const std::size_t outputs = std::min(kPanel, outputs_ - panel * kPanel);
  const __mmask32 all = lanes32(outputs);
  __m512 d_low = _mm512_setzero_ps(), d_high = _mm512_setzero_ps();
  Bfloat16* values = gradient_.values + panel * gradient_.panel_stride;
  for (std::size_t r = 0; r < rows_; ++r, values += kPanel) {
    __m512 low, high;
    widen(values, low, high);
    if (options_.smoothing > 0.0) {
      const __m512 share = _mm512_set1_ps(even_shares_[r]);
      low = _mm512_sub_ps(low, share);
      high = _mm512_sub_ps(high, share);
      _mm512_mask_storeu_epi16(values, all,
                               reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low)));
    }
    const __m512 scale = _mm512_set1_ps(gradient_.scales[r]);
    d_low = _mm512_fmadd_ps(low, scale, d_low);
    d_high = _mm512_fmadd_ps(high, scale, d_high);
  }
  float* bias = gradient_.bias + panel * kPanel;
  const __mmask16 first = lanes16(outputs);
  const __mmask16 second = outputs > kLanes ? lanes16(outputs - kLanes) : __mmask16{0};
  _mm512_mask_storeu_ps(bias, first, _mm512_add_ps(_mm512_maskz_loadu_ps(first, bias), d_low));
  _mm512_mask_storeu_ps(bias + kLanes, second,
                        _mm512_add_ps(_mm512_maskz_loadu_ps(second, bias + kLanes), d_high));
}

CrossEntropySums Softmax::run() {
  const std::size_t panels = all_panels().end;
  {
    const Tiles configured;
    const std::size_t at_once =
        std::max<std::size_t>(1, kCached / (depth_ * 2 * kTile * sizeof(Bfloat16)));
    for (std::size_t first = 0; first < panels; first += at_once) {
      const Panels some{first, std::min(panels, first + at_once)};
      for (std::size_t row = 0; row < rows_; row += kPanel) exponentials(row, some);
    }
    for (std::size_t row = 0; row < rows_; row += kPanel) {
      if (!in_range(row)) shift_by_highest(row);
    }
  }
  CrossEntropySums sums;
  for (std::size_t row = 0; row < rows_; ++row) {
    const CrossEntropySums one = finish_row(row);
    sums.cost += one.cost;
    sums.log_likelihood += one.log_likelihood;
  }
  for (std::size_t panel = 0; panel < panels; ++panel) finish_panel(panel);
  return sums;
}

}  // namespace

CrossEntropySums tile_cross_entropy(const TileProduct& weights, HalfMatrix x, std::size_t rows,
                                    const float* bias, const std::int64_t* targets,
                                    const CrossEntropyOptions& options,
                                    const TileLogitGradient& gradient) {
  return Softmax(weights, x, rows, bias, targets, options, gradient).run();
}

#else

std::size_t tile_panel_stride(std::size_t rows) { return rows * kTileDepth; }
std::size_t tile_panel_values(std::size_t rows, std::size_t units) { return rows * units; }
CrossEntropySums tile_cross_entropy(const TileProduct&, HalfMatrix, std::size_t, const float*,
                                    const std::int64_t*, const CrossEntropyOptions&,
                                    const TileLogitGradient&) {
  return {};
}

#endif

}  // namespace attend::kernels
