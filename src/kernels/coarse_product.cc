// Equation: y_o ≈ b_o + s_o Σ_k x_k q_ok, q_ok = round(W_ok / s_o), s_o = max_k |W_ok| / (2^(B−1) −
// 1) for B bits. Layout: q as panels [⌈outputs / P⌉, inputs, P] with P = two vectors, as in
// float32_product.cc; 4 bits as in int8_x86.h.
// With the residue of rounding, r_o = W_o − s_o q_o, the error of y_o is at most
//   ‖x‖ e_o + c |y_o| + 2⁻¹²⁶ inputs,  e_o = ‖r_o‖ + c ‖W_o‖,
// where c bounds the rounding of the sums of either product and the last term covers values too
// small for a float. In 4 bits W_ok ≈ s_o (16 n_ok + m_o) with the mean m_o of the residues, and
// e_o is 6 standard deviations of the rest.
#include "kernels/coarse_product.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>

#include "kernels/bfloat16.h"
#include "kernels/buffer.h"
#include "kernels/int8_product.h"
#include "kernels/int8_x86.h"
#include "kernels/matrix.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/coarse_product.cc"
#include <hwy/foreach_target.h>
// after foreach_target.h
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attend::kernels::HWY_NAMESPACE {

std::size_t coarse_panel_width() { return 2 * hn::Lanes(Floats()); }

// Loads one vector of integers as floats.
template <class Whole>
HWY_INLINE Vector load_whole(const Whole* from) {
  const hn::RebindToSigned<Floats> integers;
  const hn::Rebind<Whole, Floats> narrow;
  return hn::ConvertTo(Floats(), hn::PromoteTo(integers, hn::LoadU(narrow, from)));
}

// Computes y of `rows` rows for the outputs of `panels` panels from `first` on.
template <class Whole, int rows, int panels>
HWY_INLINE void multiply_panels(const CoarseOperands& w, const float* x, std::size_t first,
                                float* y) {
  const Floats d;
  const std::size_t lanes = hn::Lanes(d), width = 2 * lanes;
  const Whole* const begin = static_cast<const Whole*>(w.panels) + first * w.inputs;
  Vector low[panels][rows], high[panels][rows];
  for (int p = 0; p < panels; ++p) {
    for (int r = 0; r < rows; ++r) low[p][r] = high[p][r] = hn::Zero(d);
  }
  for (std::size_t k = 0; k < w.inputs; ++k) {
#pragma GCC unroll 8
    for (int p = 0; p < panels; ++p) {
      const Whole* panel = begin + (static_cast<std::size_t>(p) * w.inputs + k) * width;
      const Vector weights_low = load_whole(panel), weights_high = load_whole(panel + lanes);
#pragma GCC unroll 8
      for (int r = 0; r < rows; ++r) {
        const Vector value = hn::Set(d, x[static_cast<std::size_t>(r) * w.inputs + k]);
        low[p][r] = hn::MulAdd(value, weights_low, low[p][r]);
        high[p][r] = hn::MulAdd(value, weights_high, high[p][r]);
      }
    }
  }
  HWY_ALIGN float sums[2 * kMaximumLanes];
  for (int p = 0; p < panels; ++p) {
    const std::size_t output = first + static_cast<std::size_t>(p) * width;
    for (int r = 0; r < rows; ++r) {
      hn::Store(low[p][r], d, sums);
      hn::Store(high[p][r], d, sums + lanes);
      float* const to = y + static_cast<std::size_t>(r) * w.outputs + output;
      for_each(std::min(width, w.outputs - output), [&](auto at) HWY_ATTR {
        const Vector bias = w.bias == nullptr ? constant(0.0F) : at.load(w.bias + output);
        at.store(hn::MulAdd(at.load(sums), at.load(w.scales + output), bias), to);
      });
    }
  }
}

template <class Whole, int rows>
void multiply_rows(const CoarseOperands& w, const float* x, float* y) {
  constexpr int kTogether = 4;  // panels of a single row, so that their sums overlap
  const std::size_t width = coarse_panel_width();
  std::size_t first = 0;
  for (; rows == 1 && first + kTogether * width <= w.outputs; first += kTogether * width) {
    multiply_panels<Whole, rows, kTogether>(w, x, first, y);
  }
  for (; first + 2 * width <= w.outputs; first += 2 * width) {
    multiply_panels<Whole, rows, 2>(w, x, first, y);
  }
  for (; first < w.outputs; first += width) multiply_panels<Whole, rows, 1>(w, x, first, y);
}

template <class Whole>
HWY_INLINE void multiply_all(const CoarseOperands& w, const float* x, std::size_t rows, float* y) {
  constexpr std::size_t kRows = 3;  // 2 · 2 · 3 sums, 2 weights, 1 value: 15 registers
  for (; rows >= kRows; rows -= kRows) {
    multiply_rows<Whole, kRows>(w, x, y);
    x += kRows * w.inputs;
    y += kRows * w.outputs;
  }
  if (rows == 2) multiply_rows<Whole, 2>(w, x, y);
  if (rows == 1) multiply_rows<Whole, 1>(w, x, y);
}

void multiply_16_bits(const CoarseOperands& w, const float* x, std::size_t rows, float* y) {
  multiply_all<std::int16_t>(w, x, rows, y);
}

void multiply_8_bits(const CoarseOperands& w, const float* x, std::size_t rows, float* y) {
  multiply_all<std::int8_t>(w, x, rows, y);
}

float sum_of_squares(const float* x, std::size_t size) {
  Vector sum = constant(0.0F);
  for_each(size, [&](auto at) HWY_ATTR { sum = hn::MulAdd(at.load(x), at.load(x), sum); });
  return sum_of_lanes(sum);
}

}  // namespace attend::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attend::kernels {

HWY_EXPORT(coarse_panel_width);
HWY_EXPORT(multiply_16_bits);
HWY_EXPORT(multiply_8_bits);
HWY_EXPORT(sum_of_squares);

namespace {

constexpr std::align_val_t kAlignment{64};
constexpr std::size_t kMostInputs = std::size_t{1} << 16;  // so that c stays small
constexpr float kSmallest = std::numeric_limits<float>::min();

// Scratch memory of the calling thread; it lives as long as the thread.
Buffer& thread_memory() {
  thread_local Buffer memory;
  return memory;
}

const float* pointer(std::span<const float> bias) { return bias.empty() ? nullptr : bias.data(); }

}  // namespace

void CoarseProduct::Free::operator()(std::byte* values) const {
  operator delete[](values, kAlignment);
}

CoarseProduct::CoarseProduct(const WeightView& weights, Precision precision)
    : inputs_(weights.inputs),
      precision_(precision),
      rounding_(4.0F * (static_cast<float>(inputs_) + 8.0F) * 0x1p-24F) {
  const bool whole = precision == Precision::kInt8;
  if (inputs_ > kMostInputs || (whole && !is_supported(Int8Way::kVnni))) return;
  width_ = whole ? Int8Product::kPanel : HWY_DYNAMIC_DISPATCH(coarse_panel_width)();
  scales_.assign((weights.outputs + width_ - 1) / width_ * width_, 0.0F);
  errors_.assign(scales_.size(), 0.0F);
  if (whole) middles_.assign(scales_.size(), 0.0F);
  const bool finite = whole                              ? pack_int4(weights)
                      : precision == Precision::kFloat32 ? pack<std::int16_t>(weights)
                                                         : pack<std::int8_t>(weights);
  if (!finite) return;
  outputs_ = weights.outputs;
  deviation_ /= static_cast<float>(outputs_);
}

// Returns false when a weight is not finite.
template <class Whole>
bool CoarseProduct::pack(const WeightView& weights) {
  panels_.reset(new (kAlignment) std::byte[scales_.size() * inputs_ * sizeof(Whole) + 1]());
  auto* const panels = reinterpret_cast<Whole*>(panels_.get());
  std::vector<float> row(inputs_);
  for (std::size_t o = 0; o < weights.outputs; ++o) {
    const float* values = weights.values + o * weights.stride;
    if (precision_ == Precision::kBfloat16) {
      round_to_bfloat16({values, inputs_}, 1, inputs_, row.data());
    } else {
      std::copy_n(values, inputs_, row.begin());
    }
    if (!pack_row(row, panels + o / width_ * inputs_ * width_ + o % width_, o)) return false;
  }
  return true;
}

template <class Whole>
bool CoarseProduct::pack_row(std::span<const float> row, Whole* to, std::size_t output) {
  constexpr float kLargest = std::numeric_limits<Whole>::max();
  float largest = 0.0F;
  for (const float value : row) {
    if (!std::isfinite(value)) return false;
    largest = std::max(largest, std::abs(value));
  }
  const float scale = std::max(largest / kLargest, kSmallest);
  double squares = 0.0, squares_left = 0.0;
  for (const float value : row) {
    const float whole = std::clamp(std::nearbyint(value / scale), -kLargest, kLargest);
    *to = static_cast<Whole>(whole);
    to += width_;
    const double left = static_cast<double>(value) - static_cast<double>(scale) * whole;
    squares += static_cast<double>(value) * value;
    squares_left += left * left;
  }
  // The bfloat16 product treats denormal weights as 0.
  const double error = std::sqrt(squares_left) + rounding_ * std::sqrt(squares) +
                       kSmallest * std::sqrt(static_cast<double>(row.size()));
  scales_[output] = scale;
  errors_[output] = static_cast<float>(1.001 * error);
  deviation_ += errors_[output] / std::sqrt(static_cast<float>(row.size()));
  return std::isfinite(errors_[output]);
}

bool CoarseProduct::pack_int4(const WeightView& weights) {
  constexpr float kDeviations = 6.0F;
  depth_ = (inputs_ + 7) / 8 * 8;
  panels_.reset(new (kAlignment) std::byte[scales_.size() * depth_ / 2 + 1]());
  auto* const panels = reinterpret_cast<std::uint8_t*>(panels_.get());
  std::vector<std::int8_t> row(inputs_);
  const double inputs = static_cast<double>(std::max<std::size_t>(1, inputs_));
  for (std::size_t o = 0; o < weights.outputs; ++o) {
    scales_[o] = round_weights(weights, o, row.data());
    double left = 0.0, squares_left = 0.0;
    for (std::size_t k = 0; k < inputs_; ++k) {
      const int high = (row[k] + 128) / 16, low = row[k] - 16 * high;
      left += low;
      squares_left += low * low;
      const std::size_t group = (o / width_ * (depth_ / 8) + k / 8) * width_ + o % width_;
      panels[group * 4 + k % 4] |= static_cast<std::uint8_t>(high << (k % 8 / 4 * 4));
    }
    // The mean is stored apart: residues must not add up where x has a mean.
    const double middle = left / inputs;
    const double variance = std::max(0.0, squares_left / inputs - middle * middle);
    const auto deviation = scales_[o] * static_cast<float>(std::sqrt(variance));
    middles_[o] = static_cast<float>(middle);
    errors_[o] = kDeviations * deviation;
    deviation_ += deviation;
    const float* values = weights.values + o * weights.stride;
    const auto is_finite = [](float value) { return std::isfinite(value); };
    if (!std::all_of(values, values + inputs_, is_finite)) return false;
  }
  return true;
}

void CoarseProduct::multiply(std::span<const float> x, std::size_t rows,
                             std::span<const float> bias, std::span<float> y) const {
  ATTEND_CHECK_EQ(x.size(), rows * inputs_);
  ATTEND_CHECK_EQ(y.size(), rows * outputs_);
  ATTEND_CHECK(bias.empty() || bias.size() == outputs_);
  if (precision_ == Precision::kInt8) return multiply_int4(x, rows, bias, y);
  ATTEND_CHECK_EQ(width_, HWY_DYNAMIC_DISPATCH(coarse_panel_width)());
  const CoarseOperands operands{panels_.get(), scales_.data(), pointer(bias), outputs_, inputs_};
  if (precision_ == Precision::kFloat32) {
    HWY_DYNAMIC_DISPATCH(multiply_16_bits)(operands, x.data(), rows, y.data());
  } else {
    constexpr std::size_t kRows = 4;  // rows; fewer allocate as much, so memory grows rarely
    float* const rounded = thread_memory().get(std::max(rows, kRows) * inputs_).data();
    round_to_bfloat16({x.data(), inputs_}, rows, inputs_, rounded);
    HWY_DYNAMIC_DISPATCH(multiply_8_bits)(operands, rounded, rows, y.data());
  }
}

void CoarseProduct::multiply_int4(std::span<const float> x, std::size_t rows,
                                  std::span<const float> bias, std::span<float> y) const {
  const std::size_t bytes = rows * depth_ + 64;
  const std::span<float> memory = thread_memory().get(rows + bytes / sizeof(float) + 1);
  auto* const q = reinterpret_cast<std::uint8_t*>(memory.data() + rows);
  std::fill_n(q, bytes, std::uint8_t{0});
  round_rows(x.data(), rows, inputs_, depth_, 0.0F, q, memory.data());
  const Int4Operands operands{reinterpret_cast<const std::uint8_t*>(panels_.get()),
                              scales_.data(),
                              middles_.data(),
                              pointer(bias),
                              outputs_,
                              depth_};
  kernels::multiply_int4(operands, reinterpret_cast<const std::int8_t*>(q), memory.data(), rows,
                         y.data());
}

float CoarseProduct::smallest() const { return 2.0F * kSmallest * static_cast<float>(inputs_); }

float CoarseProduct::tolerance() const {
  switch (precision_) {
    case Precision::kFloat32:
      return 1e-5F;
    case Precision::kBfloat16:
      return 1e-3F;
    case Precision::kInt8:
      return 4e-3F;
  }
  return 0.0F;
}

// Returns slightly more than ‖x‖, also where squares are too small for a float or x gets rounded.
float CoarseProduct::norm(std::span<const float> x) const {
  const float squares = HWY_DYNAMIC_DISPATCH(sum_of_squares)(x.data(), x.size());
  const float tiny = 0x1p-62F * std::sqrt(static_cast<float>(x.size()));
  return 1.01F * std::sqrt(squares) + tiny;
}

}  // namespace attend::kernels
#endif  // HWY_ONCE
