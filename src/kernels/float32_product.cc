// Equation: y_ro = b_o + Σ_k x_rk W_ok, or y_ro += Σ_k x_rk W_ok.
// Layout: W as panels [⌈outputs / P⌉, inputs, P] with P = two vectors. One step over k reads two
// whole vectors of weights and adds their products with up to kRows values of x to sums in
// registers.
// Must equal: the triple loop over rows, outputs and k in double.
#include "kernels/float32_product.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

#include "base/base.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/float32_product.cc"
#include <hwy/foreach_target.h>
// after foreach_target.h
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attend::kernels::HWY_NAMESPACE {

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3  // and better ones
constexpr int kRows = 12;  // 2 · 12 sums, 2 weights and 1 value take 27 of 32 registers
#else
constexpr int kRows = 6;  // 2 · 6 sums, 2 weights and 1 value take 15 registers
#endif
// Values of x that all panels use in turn, few enough to stay in a cache.
constexpr std::size_t kValuesInCache = std::size_t{3} << 16;

constexpr std::size_t kLine = 16;  // floats of a cache line

std::size_t panel_width() { return 2 * hn::Lanes(Floats()); }

// The place of the sums in y. Columns of the last panel after `count` are padding.
struct Destination {
  float* y;            // first row, first output of the panel
  std::size_t stride;  // between rows of y
  std::size_t count;   // outputs from there on
  bool add;            // adds to what y holds
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

enum class Fetch { kNothing, kAhead };

// Multiplies `rows` rows of x with `panels` panels; `bias` is padded to their width. Every sum runs
// over k in order, whatever the block, so a row's result does not depend on the other rows.
template <int rows, int panels, Fetch fetch = Fetch::kNothing>
HWY_NOINLINE void multiply_block(ConstRows x, std::size_t inputs, const float* HWY_RESTRICT panel,
                                 const float* HWY_RESTRICT bias, Destination to,
                                 const float* ahead = nullptr) {
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
    if constexpr (fetch == Fetch::kAhead) __builtin_prefetch(ahead + k * kLine, 0, 2);
#pragma GCC unroll 12
    for (int p = 0; p < panels; ++p) {
      const float* weights = panel + (static_cast<std::size_t>(p) * inputs + k) * width;
      const Vector weights_low = hn::LoadU(d, weights);
      const Vector weights_high = hn::LoadU(d, weights + lanes);
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

void multiply_rows(ConstRows x, std::size_t rows, std::size_t inputs, const float* panel,
                   const float* bias, const float* next_panel, Destination to) {
  const std::size_t lines = panel_width() / kLine;
  for (std::size_t block = 0; rows >= kRows; ++block, rows -= kRows) {
    if (block > 0 && block <= lines && next_panel != nullptr) {
      const float* ahead = next_panel + (block - 1) * inputs * kLine;
      multiply_block<kRows, 1, Fetch::kAhead>(x, inputs, panel, bias, to, ahead);
    } else {
      multiply_block<kRows, 1>(x, inputs, panel, bias, to);
    }
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

// Returns the biases of `width` outputs from `first` on: the array itself, or, when there are none
// or too few, a copy in `padded` filled up with zeros.
HWY_INLINE const float* biases_of(const float* bias, std::size_t first, std::size_t outputs,
                                  std::size_t width, float* padded) {
  if (bias != nullptr && first + width <= outputs) return bias + first;
  std::size_t count = 0;
  for (; bias != nullptr && first + count < outputs; ++count) padded[count] = bias[first + count];
  std::fill(padded + count, padded + width, 0.0F);
  return padded;
}

// For at most as many outputs as a vector holds. Each sum of a row is split into four that do not
// wait for each other, and the upper half of the panel is left out.
template <int rows>
HWY_NOINLINE void multiply_narrow_block(ConstRows x, std::size_t inputs,
                                        const float* HWY_RESTRICT panel,
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
    const Vector weights = hn::LoadU(d, panel + k * width);
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

void multiply_narrow(ConstRows x, std::size_t rows, std::size_t inputs, const float* panel,
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

void multiply_all(ConstRows x, std::size_t rows, std::size_t inputs, const float* panels,
                  const float* bias, std::size_t outputs, Rows y, bool add, ReadOrder order) {
  // A single row takes several panels at once: the sums of one panel would wait for each other.
  constexpr int kTogether = 4;
  const std::size_t width = panel_width();
  HWY_ALIGN float padded[kTogether * 2 * kMaximumLanes];
  if (outputs <= hn::Lanes(Floats())) {
    return multiply_narrow(x, rows, inputs, panels, biases_of(bias, 0, outputs, width, padded),
                           {y.values, y.stride, outputs, add});
  }
  const std::size_t groups = rows == 1 ? (outputs + width - 1) / width / kTogether : 0;
  for (std::size_t done = 0; done < groups; ++done) {
    const std::size_t group = order == ReadOrder::kForward ? done : groups - 1 - done;
    const std::size_t output = group * kTogether * width;
    const float* own = biases_of(bias, output, outputs, kTogether * width, padded);
    multiply_block<1, kTogether>(x, inputs, panels + output * inputs, own,
                                 {y.values + output, y.stride, outputs - output, add});
  }
  const std::size_t first = groups * kTogether * width;
  const std::size_t rows_in_cache = std::max<std::size_t>(
      kRows, kValuesInCache / std::max<std::size_t>(1, inputs) / kRows * kRows);
  for (std::size_t row = 0; row < rows; row += rows_in_cache) {
    const std::size_t count = std::min(rows_in_cache, rows - row);
    for (std::size_t output = first; output < outputs; output += width) {
      const float* own = biases_of(bias, output, outputs, width, padded);
      const float* next = output + width < outputs ? panels + (output + width) * inputs : nullptr;
      multiply_rows(x.from(row), count, inputs, panels + output * inputs, own, next,
                    {y.row(row) + output, y.stride, outputs - output, add});
    }
  }
}

void multiply_one_panel(const float* x, std::size_t inputs, const float* panels, const float* bias,
                        std::size_t outputs, std::size_t panel, float* y) {
  const std::size_t width = panel_width(), first = panel * width;
  if (outputs <= hn::Lanes(Floats())) {  // multiply_all() sums these in another order
    return multiply_all({x, inputs}, 1, inputs, panels, bias, outputs, {y, outputs}, false,
                        ReadOrder::kForward);
  }
  HWY_ALIGN float padded[2 * kMaximumLanes];
  const float* own = biases_of(bias, first, outputs, width, padded);
  multiply_block<1, 1>({x, inputs}, inputs, panels + first * inputs, own,
                       {y + first, outputs, std::min(width, outputs - first), false});
}

}  // namespace attend::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attend::kernels {

HWY_EXPORT(panel_width);
HWY_EXPORT(multiply_all);
HWY_EXPORT(multiply_one_panel);

Float32Product::Float32Product(std::span<const float> values, std::size_t outputs,
                               std::size_t inputs)
    : Float32Product(values.data(), outputs, inputs, {inputs, 1}) {}

namespace {

// Packs W as panels [⌈outputs / width⌉, inputs, width], with zeros after the last output.
void pack_panels(const float* values, std::size_t outputs, std::size_t inputs,
                 WeightStrides strides, std::size_t width, float* to) {
  for (std::size_t first = 0; first < outputs; first += width) {
    const std::size_t count = std::min(width, outputs - first);
    for (std::size_t k = 0; k < inputs; ++k, to += width) {
      const float* from = values + first * strides.output + k * strides.input;
      for (std::size_t c = 0; c < count; ++c) to[c] = from[c * strides.output];
      std::fill(to + count, to + width, 0.0F);
    }
  }
}

// Packs the outputs `ids` of other panels.
void select_panels(const float* from, std::span<const std::int32_t> ids, std::size_t inputs,
                   std::size_t width, float* to) {
  for (std::size_t first = 0; first < ids.size(); first += width, to += inputs * width) {
    for (std::size_t c = 0; c < width; ++c) {
      const bool padding = first + c >= ids.size();
      const auto id = static_cast<std::size_t>(padding ? 0 : ids[first + c]);
      const float* column = from + id / width * inputs * width + id % width;
      for (std::size_t k = 0; k < inputs; ++k) {
        to[k * width + c] = padding ? 0.0F : column[k * width];
      }
    }
  }
}

}  // namespace

Float32Product::Float32Product(const float* values, std::size_t outputs, std::size_t inputs,
                               WeightStrides strides)
    : outputs_(outputs), inputs_(inputs), width_(HWY_DYNAMIC_DISPATCH(panel_width)()) {
  const std::size_t panels = (outputs + width_ - 1) / width_;
  const std::span<float> packed = memory_.get(panels * inputs * width_);
  pack_panels(values, outputs, inputs, strides, width_, packed.data());
  panels_ = packed;
}

Float32Product Float32Product::select(std::span<const std::int32_t> ids) const {
  Float32Product result;
  result.outputs_ = ids.size();
  result.inputs_ = inputs_;
  result.width_ = width_;
  const std::span<float> packed =
      result.memory_.get((ids.size() + width_ - 1) / width_ * width_ * inputs_);
  select_panels(panels_.data(), ids, inputs_, width_, packed.data());
  result.panels_ = packed;
  return result;
}

void Float32Product::multiply(std::span<const float> x, std::size_t rows,
                              std::span<const float> bias, std::span<float> y,
                              ReadOrder order) const {
  multiply(ConstRows{x.data(), inputs_}, rows, bias.empty() ? nullptr : bias.data(),
           Rows{y.data(), outputs_}, order);
}

void Float32Product::multiply(ConstRows x, std::size_t rows, const float* bias, Rows y,
                              ReadOrder order) const {
  ATTEND_CHECK_EQ(width_, HWY_DYNAMIC_DISPATCH(panel_width)());
  HWY_DYNAMIC_DISPATCH(multiply_all)
  (x, rows, inputs_, panels_.data(), bias, outputs_, y, false, order);
}

void Float32Product::multiply_panel(std::span<const float> x, std::size_t panel,
                                    std::span<const float> bias, std::span<float> y) const {
  ATTEND_CHECK_EQ(width_, HWY_DYNAMIC_DISPATCH(panel_width)());
  HWY_DYNAMIC_DISPATCH(multiply_one_panel)
  (x.data(), inputs_, panels_.data(), bias.empty() ? nullptr : bias.data(), outputs_, panel,
   y.data());
}

void Float32Product::multiply_add(ConstRows x, std::size_t rows, Rows y) const {
  ATTEND_CHECK_EQ(width_, HWY_DYNAMIC_DISPATCH(panel_width)());
  HWY_DYNAMIC_DISPATCH(multiply_all)
  (x, rows, inputs_, panels_.data(), nullptr, outputs_, y, true, ReadOrder::kForward);
}

}  // namespace attend::kernels
#endif  // HWY_ONCE
