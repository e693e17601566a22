// Equation: y_ro = b_o + Σ_blocks (Σ_even k x_rk w_ok + Σ_odd k x_rk w_ok), with x and W rounded to
// bfloat16, blocks of 32 inputs and every sum in order of k, as a tile instruction of AMX computes.
// Layout: W as panels [⌈outputs / 16⌉, depth / 2, 16, 2]: a tile holds 16 pairs of inputs of a
// panel, a vector one pair. Must equal: the triple loop in double.
#include "kernels/bfloat16_product.h"

#include <algorithm>
#include <new>
#include <vector>

#include "base/base.h"
#include "kernels/bfloat16.h"
#include "kernels/bfloat16_x86.h"
#include "kernels/buffer.h"
#include "kernels/matrix.h"
#include "kernels/x86_tiles.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/bfloat16_product.cc"
#include <hwy/foreach_target.h>
// after foreach_target.h
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attend::kernels::HWY_NAMESPACE {

constexpr std::size_t kPanelOutputs = 16;
constexpr std::size_t kBlockPairs = 16;  // pairs of inputs that one tile instruction sums

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3  // and better ones
constexpr int kRows = 6;  // 2 · 2 · 6 sums, 2 weights, 1 value: 27 of 32 registers
#else
constexpr int kRows = 3;  // 2 · 2 · 3 sums, 2 weights, 1 value: 15 registers
#endif
constexpr int kVectors = 2;        // vectors of outputs for several rows
constexpr int kVectorsOfARow = 4;  // for one row, whose fewer sums would wait for each other

// The weights of one pair of inputs and one vector of outputs.
struct Pair {
  Vector even, odd;
};

HWY_INLINE Pair load_pair(const Bfloat16Operands& p, std::size_t output, std::size_t pair) {
  const hn::RebindToUnsigned<Floats> words;
  const Bfloat16* panel = p.panels + output / kPanelOutputs * kPanelOutputs * p.depth;
  const Bfloat16* from = panel + (pair * kPanelOutputs + output % kPanelOutputs) * 2;
  const auto both = hn::LoadU(words, reinterpret_cast<const std::uint32_t*>(from));
  const auto upper = hn::And(both, hn::Set(words, 0xFFFF0000U));
  return {hn::BitCast(Floats(), hn::ShiftLeft<16>(both)), hn::BitCast(Floats(), upper)};
}

HWY_INLINE void store_outputs(Vector v, float* y, std::size_t count) {
  const Floats d;
  if (count >= hn::Lanes(d)) {
    hn::StoreU(v, d, y);
  } else if (count > 0) {
    store_part(v, d, y, count);
  }
}

// Multiplies `rows` rows of x [rows, depth] with `vectors` vectors of outputs from `first` on.
template <int rows, int vectors>
HWY_INLINE void multiply_block(const Bfloat16Operands& p, const float* HWY_RESTRICT x,
                               const float* HWY_RESTRICT bias, std::size_t first, float* y) {
  const Floats d;
  const std::size_t lanes = hn::Lanes(d), pairs = p.depth / 2;
  Vector sums[rows][vectors];
  for (int r = 0; r < rows; ++r) {
    for (int v = 0; v < vectors; ++v) {
      sums[r][v] = hn::LoadU(d, bias + static_cast<std::size_t>(v) * lanes);
    }
  }
  for (std::size_t block = 0; block < pairs; block += kBlockPairs) {
    Vector even[rows][vectors], odd[rows][vectors];
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) even[r][v] = odd[r][v] = hn::Zero(d);
    }
    const std::size_t end = std::min(pairs, block + kBlockPairs);
    for (std::size_t pair = block; pair < end; ++pair) {
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) {
        const Pair weights = load_pair(p, first + static_cast<std::size_t>(v) * lanes, pair);
#pragma GCC unroll 8
        for (int r = 0; r < rows; ++r) {
          const float* values = x + static_cast<std::size_t>(r) * p.depth + 2 * pair;
          even[r][v] = hn::MulAdd(hn::Set(d, values[0]), weights.even, even[r][v]);
          odd[r][v] = hn::MulAdd(hn::Set(d, values[1]), weights.odd, odd[r][v]);
        }
      }
    }
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) {
        sums[r][v] = hn::Add(sums[r][v], hn::Add(even[r][v], odd[r][v]));
      }
    }
  }
  for (int r = 0; r < rows; ++r) {
    for (int v = 0; v < vectors; ++v) {
      const std::size_t output = first + static_cast<std::size_t>(v) * lanes;
      if (output >= p.outputs) break;
      store_outputs(sums[r][v], y + static_cast<std::size_t>(r) * p.outputs + output,
                    p.outputs - output);
    }
  }
}

// Writes the biases of `count` outputs from `first` on, 0 after the last output.
HWY_INLINE void pad_bias(const Bfloat16Operands& p, std::size_t first, std::size_t count,
                         float* padded) {
  for (std::size_t i = 0; i < count; ++i) {
    padded[i] = p.bias != nullptr && first + i < p.outputs ? p.bias[first + i] : 0.0F;
  }
}

template <int rows, int vectors>
void multiply_rows(const Bfloat16Operands& p, const float* x, float* y) {
  const std::size_t lanes = hn::Lanes(Floats());
  const std::size_t padded = (p.outputs + kPanelOutputs - 1) / kPanelOutputs * kPanelOutputs;
  HWY_ALIGN float bias[kVectorsOfARow * kMaximumLanes];
  std::size_t first = 0;
  for (; first + vectors * lanes <= padded; first += vectors * lanes) {
    pad_bias(p, first, vectors * lanes, bias);
    multiply_block<rows, vectors>(p, x, bias, first, y);
  }
  for (; first < p.outputs; first += lanes) {
    pad_bias(p, first, lanes, bias);
    multiply_block<rows, 1>(p, x, bias, first, y);
  }
}

// x [rows, depth] holds float32 values that bfloat16 represents exactly.
void multiply_widened(const Bfloat16Operands& p, const float* x, std::size_t rows, float* y) {
  for (; rows >= kRows; rows -= kRows) {
    multiply_rows<kRows, kVectors>(p, x, y);
    x += kRows * p.depth;
    y += kRows * p.outputs;
  }
  switch (rows) {
    case 5:
      return multiply_rows<5, kVectors>(p, x, y);
    case 4:
      return multiply_rows<4, kVectors>(p, x, y);
    case 3:
      return multiply_rows<3, kVectors>(p, x, y);
    case 2:
      return multiply_rows<2, kVectors>(p, x, y);
    case 1:
      return multiply_rows<1, kVectorsOfARow>(p, x, y);
    default:
      return;
  }
}

}  // namespace attend::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attend::kernels {

HWY_EXPORT(multiply_widened);

namespace {

constexpr std::size_t kPanel = Bfloat16Product::kPanel;
constexpr std::size_t kBlock = 32;         // inputs
constexpr std::size_t kFewestOfTiles = 4;  // rows from which on tiles of 16 pay
constexpr std::align_val_t kAlignment{64};

// Scratch memory of the calling thread for all products; it lives as long as the thread.
Buffer& thread_memory() {
  thread_local Buffer memory;
  return memory;
}

Bfloat16Way best_way() {
  return is_supported(Bfloat16Way::kAmx) ? Bfloat16Way::kAmx : Bfloat16Way::kPortable;
}

std::size_t panel_outputs(std::size_t outputs) { return (outputs + kPanel - 1) / kPanel * kPanel; }

// Index of the first input of pair `pair` of output `o`.
std::size_t place(std::size_t o, std::size_t pair, std::size_t depth) {
  return ((o / kPanel * (depth / 2) + pair) * kPanel + o % kPanel) * 2;
}

}  // namespace

bool is_supported(Bfloat16Way way) {
  if (way == Bfloat16Way::kPortable) return true;
  const bool wide = (hwy::SupportedTargets() & HWY_AVX3) != 0;  // tests may exclude it
  return wide && has_tiles(TileKind::kBfloat16);
}

void Bfloat16Product::Free::operator()(Bfloat16* values) const {
  operator delete[](values, kAlignment);
}

Bfloat16Product::Bfloat16Product(const WeightView& weights)
    : Bfloat16Product(weights, best_way()) {}

Bfloat16Product::Bfloat16Product(const WeightView& weights, Bfloat16Way way)
    : outputs_(weights.outputs), inputs_(weights.inputs), way_(way) {
  ATTEND_CHECK(is_supported(way));
  const std::size_t multiple = inputs_ < kBlock ? 2 : kBlock;
  depth_ = (inputs_ + multiple - 1) / multiple * multiple;
  allocate();
  std::vector<Bfloat16> row(depth_);
  for (std::size_t o = 0; o < outputs_; ++o) {
    to_bfloat16({weights.values + o * weights.stride, inputs_}, 1, inputs_, row.data());
    for (std::size_t pair = 0; pair < depth_ / 2; ++pair) {
      std::copy_n(row.data() + 2 * pair, 2, panels_.get() + place(o, pair, depth_));
    }
  }
}

// Allocates the panels, filled with zeros.
void Bfloat16Product::allocate() {
  const std::size_t size = std::max<std::size_t>(1, panel_outputs(outputs_) * depth_);
  panels_.reset(new (kAlignment) Bfloat16[size]());
}

Bfloat16Product Bfloat16Product::select(std::span<const std::int32_t> ids) const {
  Bfloat16Product result;
  result.outputs_ = ids.size();
  result.inputs_ = inputs_;
  result.depth_ = depth_;
  result.way_ = way_;
  result.allocate();
  for (std::size_t o = 0; o < ids.size(); ++o) {
    const auto id = static_cast<std::size_t>(ids[o]);
    for (std::size_t pair = 0; pair < depth_ / 2; ++pair) {
      std::copy_n(panels_.get() + place(id, pair, depth_), 2,
                  result.panels_.get() + place(o, pair, depth_));
    }
  }
  return result;
}

void Bfloat16Product::multiply(std::span<const float> x, std::size_t rows,
                               std::span<const float> bias, std::span<float> y) const {
  const Bfloat16Operands operands{panels_.get(), bias.empty() ? nullptr : bias.data(), outputs_,
                                  depth_};
  if (way_ == Bfloat16Way::kAmx && rows >= kFewestOfTiles && depth_ % kBlock == 0) {
    const std::size_t padded_rows = (rows + kPanel - 1) / kPanel * kPanel;
    auto* rounded =
        reinterpret_cast<Bfloat16*>(thread_memory().get((padded_rows * depth_ + 1) / 2).data());
    for (std::size_t r = 0; r < rows; ++r) {
      Bfloat16* to = rounded + r * depth_;
      to_bfloat16({x.data() + r * inputs_, inputs_}, 1, inputs_, to);
      std::fill(to + inputs_, to + depth_, Bfloat16{0});
    }
    return multiply_bfloat16_tiles(operands, rounded, rows, y.data());
  }
  float* rounded = thread_memory().get(rows * depth_).data();
  for (std::size_t r = 0; r < rows; ++r) {
    float* to = rounded + r * depth_;
    round_to_bfloat16({x.data() + r * inputs_, inputs_}, 1, inputs_, to);
    std::fill(to + inputs_, to + depth_, 0.0F);
  }
  const FlushDenormals flush;
  HWY_DYNAMIC_DISPATCH(multiply_widened)(operands, rounded, rows, y.data());
}

void Bfloat16Product::multiply_panel(std::span<const float> x, std::size_t panel,
                                     std::span<const float> bias, std::span<float> y) const {
  const std::size_t first = panel * kPanel;
  const Bfloat16Operands operands{panels_.get() + first * depth_,
                                  bias.empty() ? nullptr : bias.data() + first,
                                  std::min(kPanel, outputs_ - first), depth_};
  float* rounded = thread_memory().get(depth_).data();
  round_to_bfloat16({x.data(), inputs_}, 1, inputs_, rounded);
  std::fill(rounded + inputs_, rounded + depth_, 0.0F);
  const FlushDenormals flush;
  HWY_DYNAMIC_DISPATCH(multiply_widened)(operands, rounded, 1, y.data() + first);
}

}  // namespace attend::kernels
#endif  // HWY_ONCE
