// Equation: y_ro = a_r s_o Σ_k q_rk w_ok + b_o,  q_rk = round(x_rk / a_r), a_r = max_k |x_rk| /
// 127, s_o likewise for row o of W. Layout: W as panels [⌈outputs / 16⌉, depth / 4, 16, 4], as one
// vector of VNNI's products and one tile row of AMX read them. Tiles read q itself; otherwise the
// rows are u = q + 128 [rows, depth] without sign, as VNNI wants, so that 128 Σ_k w_ok is
// subtracted from the sums. Must equal: the sums in 64-bit integers.
#include "kernels/int8_product.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <new>

#include "base/base.h"
#include "kernels/buffer.h"
#include "kernels/int8_x86.h"
#include "kernels/matrix.h"
#include "kernels/x86_tiles.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/int8_product.cc"
#include <hwy/foreach_target.h>
// after foreach_target.h
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attend::kernels::HWY_NAMESPACE {

// Writes round(x / scale) + zero of every row of x [rows, size] to `to`, rows `depth` bytes apart;
// as many bytes after a row as a vector has floats may be overwritten. Writes the scales of the
// rows, NaN for a row that is not finite.
void quantise_rows(const float* x, std::size_t rows, std::size_t size, std::size_t depth,
                   float zero, std::uint8_t* to, float* scales) {
  const Floats d;
  const hn::RebindToSigned<Floats> integers;
  const hn::RebindToUnsigned<Floats> words;
  const hn::Rebind<std::uint8_t, Floats> bytes;
  constexpr float kLargest = 127.0F;
  // 1.5 · 2^23 + zero: adding it rounds to an integer, which ends up in the lowest byte.
  const Vector middle = constant(12582912.0F + zero);
  const auto byte = hn::Set(words, 255U);
  for (std::size_t row = 0; row < rows; ++row, x += size, to += depth) {
    // Magnitudes are ordered as their bits are, infinity and then NaN above all others.
    auto highest = hn::Zero(integers);
    for_each(size, [&](auto at) HWY_ATTR {
      highest = hn::Max(highest, hn::BitCast(integers, hn::Abs(at.load(x))));
    });
    const float largest = hn::GetLane(hn::BitCast(d, hn::MaxOfLanes(integers, highest)));
    const float scale = largest / kLargest;
    const bool finite = largest <= std::numeric_limits<float>::max();
    const bool divides = finite && scale >= std::numeric_limits<float>::min();
    const Vector factor = constant(divides ? kLargest / largest : 0.0F);
    for_each(size, [&](auto at) HWY_ATTR {
      const auto sum = hn::BitCast(words, hn::Add(hn::Mul(at.load(x), factor), middle));
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
      hn::StoreU(hn::Vec<decltype(bytes)>{_mm512_cvtepi32_epi8(sum.raw)}, bytes, to + at.i);
#else
      hn::StoreU(hn::U8FromU32(hn::And(sum, byte)), bytes, to + at.i);
#endif
    });
    scales[row] = divides ? scale : finite ? 0.0F : std::numeric_limits<float>::quiet_NaN();
  }
}

#if HWY_TARGET == HWY_SCALAR
using Multiplicand = hn::ScalableTag<std::int32_t>;
constexpr std::size_t kSumsPerOutput = 1;
#elif HWY_ARCH_X86
using Whole16 = hn::ScalableTag<std::int16_t>;
using Multiplicand = Whole16;  // sums the products of neighbours in pairs
constexpr std::size_t kSumsPerOutput = 2;
#else
using Multiplicand = hn::ScalableTag<std::int32_t>;
constexpr std::size_t kSumsPerOutput = 4;
#endif
using Sums = hn::ScalableTag<std::int32_t>;

// Multiplies one row of q (4 values in a group) with one panel; `sums` [16 · kSumsPerOutput].
HWY_INLINE void multiply_panel(const hn::TFromD<Multiplicand>* q, std::size_t groups,
                               const std::int8_t* panel, std::int32_t* sums) {
#if HWY_TARGET == HWY_SCALAR
  for (std::size_t o = 0; o < 16; ++o) {
    sums[o] = 0;
    for (std::size_t k = 0; k < 4 * groups; ++k) {
      sums[o] += q[k] * panel[k / 4 * 64 + o * 4 + k % 4];
    }
  }
#else
  const Multiplicand wide;
  const Sums d;
  const hn::Rebind<std::int8_t, Multiplicand> narrow;
  constexpr std::size_t step = hn::MaxLanes(wide), vectors = 64 / step;
  hn::Vec<Sums> totals[vectors];
  for (std::size_t v = 0; v < vectors; ++v) totals[v] = hn::Zero(d);
  for (std::size_t group = 0; group < groups; ++group) {
    HWY_ALIGN hn::TFromD<Multiplicand> four[step];
    for (std::size_t i = 0; i < step; ++i) four[i] = q[group * 4 + i % 4];
    const auto x = hn::Load(wide, four);
    for (std::size_t v = 0; v < vectors; ++v) {
      const auto w = hn::PromoteTo(wide, hn::LoadU(narrow, panel + group * 64 + v * step));
#if HWY_ARCH_X86
      auto unused = hn::Zero(d);
      totals[v] = hn::ReorderWidenMulAccumulate(d, x, w, totals[v], unused);
#else
      totals[v] = hn::Add(totals[v], hn::Mul(x, w));
#endif
    }
  }
  for (std::size_t v = 0; v < vectors; ++v) hn::StoreU(totals[v], d, sums + v * hn::Lanes(d));
#endif
}

// Multiplies one row: u [depth] → y [outputs].
void multiply_row(const Int8Operands& p, const std::uint8_t* u, float scale, std::int32_t* memory,
                  float* y) {
  auto* q = reinterpret_cast<hn::TFromD<Multiplicand>*>(memory);  // [inputs, padded]
  const std::size_t groups = (p.inputs + 3) / 4;
  for (std::size_t k = 0; k < 4 * groups; ++k) {
    q[k] = static_cast<hn::TFromD<Multiplicand>>(static_cast<int>(u[k]) - 128);
  }
  for (std::size_t first = 0; first < p.outputs; first += 16) {
    HWY_ALIGN std::int32_t parts[16 * kSumsPerOutput];
    HWY_ALIGN float sums[16], values[16];
    multiply_panel(q, groups, p.panels + first * p.depth, parts);
    for (std::size_t o = 0; o < 16; ++o) {
      std::int32_t sum = 0;
      for (std::size_t i = 0; i < kSumsPerOutput; ++i) sum += parts[o * kSumsPerOutput + i];
      sums[o] = static_cast<float>(sum);
      values[o] = p.bias != nullptr && first + o < p.outputs ? p.bias[first + o] : 0.0F;
    }
    for_each(16, [&](auto at) HWY_ATTR {
      const Vector scaled = hn::Mul(at.load(sums), at.load(p.scales + first));
      at.store(hn::MulAdd(scaled, constant(scale), at.load(values)), values);
    });
    std::copy_n(values, std::min<std::size_t>(16, p.outputs - first), y + first);
  }
}

}  // namespace attend::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attend::kernels {

HWY_EXPORT(quantise_rows);
HWY_EXPORT(multiply_row);

namespace {

constexpr std::size_t kPanel = Int8Product::kPanel;
constexpr std::size_t kFewestOfTiles = 3;  // rows from which on tiles of 16 pay
constexpr std::align_val_t kAlignment{64};

// Scratch memory of the calling thread for all products; it lives as long as the thread.
struct ThreadMemory {
  Buffer bytes;   // u [rows, depth], as bytes
  Buffer scales;  // a [rows]
  Buffer widened;
};

ThreadMemory& thread_memory() {
  thread_local ThreadMemory memory;
  return memory;
}

Int8Way best_way() {
  for (const Int8Way way : {Int8Way::kAmx, Int8Way::kVnni}) {
    if (is_supported(way)) return way;
  }
  return Int8Way::kPortable;
}

}  // namespace

bool is_supported(Int8Way way) {
  if (way == Int8Way::kPortable) return true;
  if ((hwy::SupportedTargets() & HWY_AVX3) == 0) return false;  // tests may exclude it
  return way == Int8Way::kVnni ? has_vnni() : has_vnni() && has_tiles(TileKind::kInt8);
}

float round_weights(const WeightView& weights, std::size_t output, std::int8_t* to) {
  constexpr float kLargest = 127.0F;
  const float* row = weights.values + output * weights.stride;
  float largest = 0.0F;
  for (std::size_t k = 0; k < weights.inputs; ++k) largest = std::max(largest, std::abs(row[k]));
  const float scale = weights.scales.empty() ? largest / kLargest : weights.scales[output];
  const bool zeros = !(scale >= std::numeric_limits<float>::min());
  for (std::size_t k = 0; k < weights.inputs; ++k) {
    const float whole =
        zeros ? 0.0F : std::clamp(std::nearbyint(row[k] / scale), -kLargest, kLargest);
    to[k] = static_cast<std::int8_t>(std::isnan(whole) ? 0.0F : whole);
  }
  return zeros ? 0.0F : scale;
}

void round_rows(const float* x, std::size_t rows, std::size_t size, std::size_t depth, float zero,
                std::uint8_t* to, float* scales) {
  HWY_DYNAMIC_DISPATCH(quantise_rows)(x, rows, size, depth, zero, to, scales);
}

void Int8Product::Free::operator()(std::int8_t* values) const {
  operator delete[](values, kAlignment);
}

Int8Product::Int8Product(const WeightView& weights) : Int8Product(weights, best_way()) {}

Int8Product::Int8Product(const WeightView& weights, Int8Way way)
    : outputs_(weights.outputs), inputs_(weights.inputs), way_(way) {
  ATTEND_CHECK(is_supported(way));
  ATTEND_CHECK(inputs_ <= kLargestInputs);
  ATTEND_CHECK(weights.scales.empty() || weights.scales.size() == outputs_);
  const std::size_t multiple = inputs_ < 32 ? 4 : 64;
  depth_ = (inputs_ + multiple - 1) / multiple * multiple;
  pack(weights);
}

// Allocates panels, scales and sums, filled with zeros.
void Int8Product::allocate() {
  const std::size_t padded = (outputs_ + kPanel - 1) / kPanel * kPanel;
  panels_.reset(new (kAlignment) std::int8_t[std::max<std::size_t>(1, padded * depth_)]());
  scales_.assign(padded, 0.0F);
  sums_.assign(padded, 0);
}

Int8Product Int8Product::select(std::span<const std::int32_t> ids) const {
  Int8Product result;
  result.outputs_ = ids.size();
  result.inputs_ = inputs_;
  result.depth_ = depth_;
  result.way_ = way_;
  result.allocate();
  const std::size_t groups = depth_ / 4;
  for (std::size_t o = 0; o < ids.size(); ++o) {
    const auto id = static_cast<std::size_t>(ids[o]);
    const std::int8_t* from = panels_.get() + (id / kPanel * groups * kPanel + id % kPanel) * 4;
    std::int8_t* to = result.panels_.get() + (o / kPanel * groups * kPanel + o % kPanel) * 4;
    for (std::size_t k = 0; k < groups; ++k) {
      std::memcpy(to + k * kPanel * 4, from + k * kPanel * 4, 4);
    }
    result.scales_[o] = scales_[id];
    result.sums_[o] = sums_[id];
  }
  return result;
}

void Int8Product::pack(const WeightView& weights) {
  allocate();
  std::vector<std::int8_t> row(inputs_);
  for (std::size_t o = 0; o < outputs_; ++o) {
    scales_[o] = round_weights(weights, o, row.data());
    for (std::size_t k = 0; k < inputs_; ++k) {
      const std::size_t group = (o / kPanel * (depth_ / 4) + k / 4) * kPanel + o % kPanel;
      panels_[group * 4 + k % 4] = row[k];
      sums_[o] += 128 * static_cast<std::int32_t>(row[k]);
    }
  }
}

void Int8Product::multiply(std::span<const float> x, std::size_t rows, std::span<const float> bias,
                           std::span<float> y) const {
  ThreadMemory& memory = thread_memory();
  const std::size_t padded_rows = (rows + 15) / 16 * 16;  // tiles read whole rows
  auto* u = reinterpret_cast<std::uint8_t*>(
      memory.bytes.get((padded_rows * depth_ + 64) / sizeof(float) + 1).data());
  const std::span<float> scales = memory.scales.get(rows);
  const bool tiles =
      way_ == Int8Way::kAmx && rows >= kFewestOfTiles && depth_ % 64 == 0 && outputs_ > kPanel;
  HWY_DYNAMIC_DISPATCH(quantise_rows)
  (x.data(), rows, inputs_, depth_, tiles ? 0.0F : 128.0F, u, scales.data());
  const Int8Operands operands{
      panels_.get(), scales_.data(), sums_.data(), bias.empty() ? nullptr : bias.data(),
      outputs_,      depth_,         inputs_};
  if (tiles) {
    const auto* q = reinterpret_cast<const std::int8_t*>(u);
    return multiply_amx(operands, q, scales.data(), rows, y.data());
  }
  if (way_ == Int8Way::kVnni || way_ == Int8Way::kAmx) {
    return multiply_vnni(operands, u, scales.data(), rows, y.data());
  }
  auto* widened = reinterpret_cast<std::int32_t*>(memory.widened.get(depth_).data());
  for (std::size_t r = 0; r < rows; ++r) {
    HWY_DYNAMIC_DISPATCH(multiply_row)
    (operands, u + r * depth_, scales[r], widened, y.data() + r * outputs_);
  }
}

void Int8Product::multiply_panel(std::span<const float> x, std::size_t panel,
                                 std::span<const float> bias, std::span<float> y) const {
  const std::size_t first = panel * kPanel;
  ThreadMemory& memory = thread_memory();
  auto* u =
      reinterpret_cast<std::uint8_t*>(memory.bytes.get((depth_ + 64) / sizeof(float) + 1).data());
  float scale = 0.0F;
  HWY_DYNAMIC_DISPATCH(quantise_rows)(x.data(), 1, inputs_, depth_, 128.0F, u, &scale);
  const Int8Operands operands{panels_.get() + first * depth_,
                              scales_.data() + first,
                              sums_.data() + first,
                              bias.empty() ? nullptr : bias.data() + first,
                              std::min(kPanel, outputs_ - first),
                              depth_,
                              inputs_};
  if (way_ != Int8Way::kPortable) {
    return multiply_vnni(operands, u, &scale, 1, y.data() + first);
  }
  auto* widened = reinterpret_cast<std::int32_t*>(memory.widened.get(depth_).data());
  HWY_DYNAMIC_DISPATCH(multiply_row)(operands, u, scale, widened, y.data() + first);
}

}  // namespace attend::kernels
#endif  // HWY_ONCE
