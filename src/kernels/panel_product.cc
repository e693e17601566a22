// Equation: y_ro = b_o + Σ_k x_rk W_ok, or y_ro += Σ_k x_rk W_ok.
// Layout: W as panels [⌈outputs / P⌉, inputs, P], P = two vectors, so that one step over k reads
// two whole vectors of weights and adds their products with up to kRows values of x to accumulators
// that stay in registers.
// Weights in bfloat16 are widened as they are read; everything else stays.
// Must equal: the triple loop over rows, outputs and k in double.
#include "kernels/panel_product.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "base/base.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/panel_product.cc"
#include <hwy/foreach_target.h>
// after foreach_target.h
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attend::kernels::HWY_NAMESPACE {

#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX3_DL
constexpr int kRows = 12;  // 2 · 12 accumulators, 2 weights, 1 value: 27 of 32 registers
#else
constexpr int kRows = 6;  // 2 · 6 accumulators, 2 weights, 1 value: 15 registers
#endif
constexpr std::size_t kRowsInCache = 96;  // rows of x that are used with all panels in turn

std::size_t panel_width() { return 2 * hn::Lanes(Floats()); }

// Where sums go. Columns of the last panel behind `count` are padding.
struct Destination {
  float* y;            // first row, first output of the panel
  std::size_t stride;  // between rows of y
  std::size_t count;   // outputs from there on
  bool add;            // to what y holds
};

HWY_INLINE void load_sums(Vector& low, Vector& high, const float* y, std::size_t count) {
  const Floats d;
  const std::size_t lanes = hn::Lanes(d);
  low = count >= lanes ? hn::LoadU(d, y) : load_part(d, y, count);
  if (count >= 2 * lanes) {
    high = hn::LoadU(d, y + lanes);
  } else {
    high = count > lanes ? load_part(d, y + lanes, count - lanes) : hn::Zero(d);
  }
}

HWY_INLINE void store_sums(Vector low, Vector high, float* y, std::size_t count) {
  const Floats d;
  const std::size_t lanes = hn::Lanes(d);
  if (count >= lanes) {
    hn::StoreU(low, d, y);
    if (count == 2 * lanes) {
      hn::StoreU(high, d, y + lanes);
    } else if (count > lanes) {
      store_part(high, d, y + lanes, count - lanes);
    }
  } else {
    store_part(low, d, y, count);
  }
}

HWY_INLINE Vector load_weights(const float* from) { return hn::LoadU(Floats(), from); }

HWY_INLINE Vector load_weights(const Bfloat16* from) {
  const hn::RebindToUnsigned<Floats> wide;
  const hn::Rebind<std::uint16_t, Floats> narrow;
  const auto upper = hn::PromoteTo(wide, hn::LoadU(narrow, from));
  return hn::BitCast(Floats(), hn::ShiftLeft<16>(upper));
}

// `rows` rows of x times `panels` panels; `bias` is padded to their width. Every sum runs over k in
// order, whatever the block: a row's result does not depend on the rows beside it.
template <int rows, int panels, class Weight>
HWY_NOINLINE void multiply_block(ConstRows x, std::size_t inputs, const Weight* HWY_RESTRICT panel,
                                 const float* HWY_RESTRICT bias, Destination to) {
  const Floats d;
  const std::size_t lanes = hn::Lanes(d), width = 2 * lanes;
  Vector low[panels][rows], high[panels][rows];
#pragma GCC unroll 12
  for (int p = 0; p < panels; ++p) {
#pragma GCC unroll 12
    for (int r = 0; r < rows; ++r) {
      const std::size_t first = static_cast<std::size_t>(p) * width;
      if (to.add) {
        load_sums(low[p][r], high[p][r], to.y + static_cast<std::size_t>(r) * to.stride + first,
                  std::min(width, to.count - first));
      } else {
        low[p][r] = hn::LoadU(d, bias + first);
        high[p][r] = hn::LoadU(d, bias + first + lanes);
      }
    }
  }
  for (std::size_t k = 0; k < inputs; ++k) {
#pragma GCC unroll 12
    for (int p = 0; p < panels; ++p) {
      const Weight* weights = panel + (static_cast<std::size_t>(p) * inputs + k) * width;
      const Vector weights_low = load_weights(weights);
      const Vector weights_high = load_weights(weights + lanes);
#pragma GCC unroll 12
      for (int r = 0; r < rows; ++r) {
        const Vector value = hn::Set(d, x.row(static_cast<std::size_t>(r))[k]);
        low[p][r] = hn::MulAdd(value, weights_low, low[p][r]);
        high[p][r] = hn::MulAdd(value, weights_high, high[p][r]);
      }
    }
  }
#pragma GCC unroll 12
  for (int p = 0; p < panels; ++p) {
    const std::size_t first = static_cast<std::size_t>(p) * width;
#pragma GCC unroll 12
    for (int r = 0; r < rows; ++r) {
      store_sums(low[p][r], high[p][r], to.y + static_cast<std::size_t>(r) * to.stride + first,
                 std::min(width, to.count - first));
    }
  }
}

template <class Weight>
void multiply_rows(ConstRows x, std::size_t rows, std::size_t inputs, const Weight* panel,
                   const float* bias, Destination to) {
  for (; rows >= kRows; rows -= kRows) {
    multiply_block<kRows, 1>(x, inputs, panel, bias, to);
    x = x.from(kRows);
    to.y += kRows * to.stride;
  }
  switch (rows) {
    case 11:
      return multiply_block<11, 1>(x, inputs, panel, bias, to);
    case 10:
      return multiply_block<10, 1>(x, inputs, panel, bias, to);
    case 9:
      return multiply_block<9, 1>(x, inputs, panel, bias, to);
    case 8:
      return multiply_block<8, 1>(x, inputs, panel, bias, to);
    case 7:
      return multiply_block<7, 1>(x, inputs, panel, bias, to);
    case 6:
      return multiply_block<6, 1>(x, inputs, panel, bias, to);
    case 5:
      return multiply_block<5, 1>(x, inputs, panel, bias, to);
    case 4:
      return multiply_block<4, 1>(x, inputs, panel, bias, to);
    case 3:
      return multiply_block<3, 1>(x, inputs, panel, bias, to);
    case 2:
      return multiply_block<2, 1>(x, inputs, panel, bias, to);
    case 1:
      return multiply_block<1, 1>(x, inputs, panel, bias, to);
    default:
      return;
  }
}

// Biases of `width` outputs from `first` on: where they stand, or, where they do not (there are
// none, or fewer), in `padded` with zeros.
HWY_INLINE const float* biases_of(const float* bias, std::size_t first, std::size_t outputs,
                                  std::size_t width, float* padded) {
  if (bias != nullptr && first + width <= outputs) return bias + first;
  std::size_t count = 0;
  for (; bias != nullptr && first + count < outputs; ++count) padded[count] = bias[first + count];
  std::fill(padded + count, padded + width, 0.0F);
  return padded;
}

// No more outputs than a vector holds: the sums of a row are cut into four that need not wait for
// each other, and the upper half of the panel is left out.
template <int rows, class Weight>
HWY_NOINLINE void multiply_narrow_block(ConstRows x, std::size_t inputs,
                                        const Weight* HWY_RESTRICT panel,
                                        const float* HWY_RESTRICT bias, Destination to) {
  const Floats d;
  constexpr std::size_t kSums = 4;
  const std::size_t width = panel_width();
  Vector sums[rows][kSums];
#pragma GCC unroll 12
  for (auto& row : sums) {
#pragma GCC unroll 4
    for (Vector& sum : row) sum = hn::Zero(d);
  }
  const auto add = [&](std::size_t k, std::size_t s) HWY_ATTR {
    const Vector weights = load_weights(panel + k * width);
#pragma GCC unroll 12
    for (std::size_t r = 0; r < rows; ++r) {
      sums[r][s] = hn::MulAdd(hn::Set(d, x.row(r)[k]), weights, sums[r][s]);
    }
  };
  std::size_t k = 0;
  for (; k + kSums <= inputs; k += kSums) {
    add(k, 0);
    add(k + 1, 1);
    add(k + 2, 2);
    add(k + 3, 3);
  }
  for (; k < inputs; ++k) add(k, 0);
#pragma GCC unroll 12
  for (std::size_t r = 0; r < rows; ++r) {
    float* y = to.y + r * to.stride;
    const Vector start = to.add ? load_part(d, y, to.count) : hn::LoadU(d, bias);
    const Vector sum = hn::Add(hn::Add(sums[r][0], sums[r][1]), hn::Add(sums[r][2], sums[r][3]));
    store_part(hn::Add(sum, start), d, y, to.count);
  }
}

template <class Weight>
void multiply_narrow(ConstRows x, std::size_t rows, std::size_t inputs, const Weight* panel,
                     const float* bias, Destination to) {
  constexpr int kNarrowRows = kRows / 2;
  for (; rows >= kNarrowRows; rows -= kNarrowRows) {
    multiply_narrow_block<kNarrowRows>(x, inputs, panel, bias, to);
    x = x.from(kNarrowRows);
    to.y += kNarrowRows * to.stride;
  }
  for (; rows > 0; --rows) {
    multiply_narrow_block<1>(x, inputs, panel, bias, to);
    x = x.from(1);
    to.y += to.stride;
  }
}

template <class Weight>
void multiply_all(ConstRows x, std::size_t rows, std::size_t inputs, const Weight* panels,
                  const float* bias, std::size_t outputs, Rows y, bool add) {
  constexpr int kTogether =
      4;  // panels of a single row: one panel's sums would wait for themselves
  const std::size_t width = panel_width();
  HWY_ALIGN float padded[kTogether * 2 * kMaximumLanes];
  if (outputs <= hn::Lanes(Floats())) {
    return multiply_narrow(x, rows, inputs, panels, biases_of(bias, 0, outputs, width, padded),
                           {y.values, y.stride, outputs, add});
  }
  std::size_t output = 0;
  for (; rows == 1 && output + (kTogether - 1) * width < outputs; output += kTogether * width) {
    const float* own = biases_of(bias, output, outputs, kTogether * width, padded);
    multiply_block<1, kTogether>(x, inputs, panels + output * inputs, own,
                                 {y.values + output, y.stride, outputs - output, add});
  }
  const std::size_t first = output;
  for (std::size_t row = 0; row < rows; row += kRowsInCache) {
    const std::size_t count = std::min(kRowsInCache, rows - row);
    for (output = first; output < outputs; output += width) {
      const float* own = biases_of(bias, output, outputs, width, padded);
      multiply_rows(x.from(row), count, inputs, panels + output * inputs, own,
                    {y.row(row) + output, y.stride, outputs - output, add});
    }
  }
}

void multiply_panels(ConstRows x, std::size_t rows, std::size_t inputs, const float* panels,
                     const float* bias, std::size_t outputs, Rows y, bool add) {
  multiply_all(x, rows, inputs, panels, bias, outputs, y, add);
}

void multiply_bfloat16_panels(ConstRows x, std::size_t rows, std::size_t inputs,
                              const Bfloat16* panels, const float* bias, std::size_t outputs,
                              Rows y) {
  multiply_all(x, rows, inputs, panels, bias, outputs, y, false);
}

}  // namespace attend::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attend::kernels {

HWY_EXPORT(panel_width);
HWY_EXPORT(multiply_bfloat16_panels);
HWY_EXPORT(multiply_panels);

PanelProduct::PanelProduct(std::span<const float> values, std::size_t outputs, std::size_t inputs)
    : PanelProduct(values.data(), outputs, inputs, {inputs, 1}) {}

namespace {

// W as panels [⌈outputs / width⌉, inputs, width], zeros behind the outputs.
template <class Weight, class Convert>
void pack_panels(const float* values, std::size_t outputs, std::size_t inputs,
                 WeightStrides strides, std::size_t width, Weight* to, Convert convert) {
  for (std::size_t first = 0; first < outputs; first += width) {
    const std::size_t count = std::min(width, outputs - first);
    for (std::size_t k = 0; k < inputs; ++k, to += width) {
      const float* from = values + first * strides.output + k * strides.input;
      for (std::size_t c = 0; c < count; ++c) to[c] = convert(from[c * strides.output]);
      std::fill(to + count, to + width, Weight{});
    }
  }
}

// Outputs `ids` of panels as panels.
template <class Weight>
void select_panels(const Weight* from, std::span<const std::int32_t> ids, std::size_t inputs,
                   std::size_t width, Weight* to) {
  for (std::size_t first = 0; first < ids.size(); first += width, to += inputs * width) {
    for (std::size_t c = 0; c < width; ++c) {
      const bool padding = first + c >= ids.size();
      const auto id = static_cast<std::size_t>(padding ? 0 : ids[first + c]);
      const Weight* column = from + id / width * inputs * width + id % width;
      for (std::size_t k = 0; k < inputs; ++k) {
        to[k * width + c] = padding ? Weight{} : column[k * width];
      }
    }
  }
}

// To the nearest, ties to even; NaN stays NaN.
Bfloat16 round_to_bfloat16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  if (std::isnan(value)) return static_cast<Bfloat16>((bits >> 16) | 0x40U);
  return static_cast<Bfloat16>((bits + 0x7FFFU + ((bits >> 16) & 1U)) >> 16);
}

}  // namespace

PanelProduct::PanelProduct(const float* values, std::size_t outputs, std::size_t inputs,
                           WeightStrides strides)
    : outputs_(outputs), inputs_(inputs), width_(HWY_DYNAMIC_DISPATCH(panel_width)()) {
  const std::size_t panels = (outputs + width_ - 1) / width_;
  const std::span<float> packed = memory_.get(panels * inputs * width_);
  pack_panels(values, outputs, inputs, strides, width_, packed.data(),
              [](float value) { return value; });
  panels_ = packed;
}

PanelProduct PanelProduct::select(std::span<const std::int32_t> ids) const {
  PanelProduct result;
  result.outputs_ = ids.size();
  result.inputs_ = inputs_;
  result.width_ = width_;
  const std::span<float> packed =
      result.memory_.get((ids.size() + width_ - 1) / width_ * width_ * inputs_);
  select_panels(panels_.data(), ids, inputs_, width_, packed.data());
  result.panels_ = packed;
  return result;
}

Bfloat16Product Bfloat16Product::select(std::span<const std::int32_t> ids) const {
  Bfloat16Product result;
  result.outputs_ = ids.size();
  result.inputs_ = inputs_;
  result.width_ = width_;
  result.panels_.resize((ids.size() + width_ - 1) / width_ * width_ * inputs_);
  select_panels(panels_.data(), ids, inputs_, width_, result.panels_.data());
  return result;
}

Bfloat16Product::Bfloat16Product(const float* values, std::size_t outputs, std::size_t inputs,
                                 WeightStrides strides)
    : outputs_(outputs), inputs_(inputs), width_(HWY_DYNAMIC_DISPATCH(panel_width)()) {
  const std::size_t panels = (outputs + width_ - 1) / width_;
  panels_.resize(panels * inputs * width_);
  pack_panels(values, outputs, inputs, strides, width_, panels_.data(), round_to_bfloat16);
}

void Bfloat16Product::multiply(std::span<const float> x, std::size_t rows,
                               std::span<const float> bias, std::span<float> y) const {
  ATTEND_CHECK_EQ(width_, HWY_DYNAMIC_DISPATCH(panel_width)());
  HWY_DYNAMIC_DISPATCH(multiply_bfloat16_panels)
  (ConstRows{x.data(), inputs_}, rows, inputs_, panels_.data(),
   bias.empty() ? nullptr : bias.data(), outputs_, Rows{y.data(), outputs_});
}

void PanelProduct::multiply(std::span<const float> x, std::size_t rows, std::span<const float> bias,
                            std::span<float> y) const {
  multiply(ConstRows{x.data(), inputs_}, rows, bias.empty() ? nullptr : bias.data(),
           Rows{y.data(), outputs_});
}

void PanelProduct::multiply(ConstRows x, std::size_t rows, const float* bias, Rows y) const {
  ATTEND_CHECK_EQ(width_, HWY_DYNAMIC_DISPATCH(panel_width)());
  HWY_DYNAMIC_DISPATCH(multiply_panels)
  (x, rows, inputs_, panels_.data(), bias, outputs_, y, false);
}

void PanelProduct::multiply_add(ConstRows x, std::size_t rows, Rows y) const {
  ATTEND_CHECK_EQ(width_, HWY_DYNAMIC_DISPATCH(panel_width)());
  HWY_DYNAMIC_DISPATCH(multiply_panels)
  (x, rows, inputs_, panels_.data(), nullptr, outputs_, y, true);
}

}  // namespace attend::kernels
#endif  // HWY_ONCE
