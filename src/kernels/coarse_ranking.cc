// Equations: an output is not among the K largest when K other outputs have exact values above its
// coarse value plus the error bound of that value. Probable outputs are recomputed too, because
// they shape the normaliser: when the remaining errors are independent with standard deviation σ
// and no remaining probability exceeds τ, the standard deviation of ln Σ_k exp y_k is
//   σ √(Σ p_k²) ≤ σ √τ,
// apart from terms of σ². Must equal: the ranking of the whole product, and its log-probabilities
// within such errors.
#include "kernels/coarse_ranking.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/base.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/coarse_ranking.cc"
#include <hwy/foreach_target.h>
// after foreach_target.h
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attend::kernels::HWY_NAMESPACE {

// Whether any y_o + norm · error_o reaches the bar or is NaN.
bool can_reach(const float* y, const float* errors, std::size_t size, float norm, float bar) {
  const Floats d;
  auto reached = hn::FirstN(d, 0);
  for_each(size, [&](auto at) HWY_ATTR {
    const Vector highest = hn::MulAdd(at.load(errors), constant(norm), at.load(y));
    const auto below = hn::Lt(highest, constant(bar));  // NaN compares as not below
    reached = hn::Or(reached, hn::AndNot(below, hn::FirstN(d, size - at.i)));
  });
  return !hn::AllFalse(d, reached);
}

}  // namespace attend::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attend::kernels {

HWY_EXPORT(can_reach);

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// ln τ for a row x of this norm: σ √τ = tolerance with σ = norm · deviation.
float log_of_probable(const CoarseProduct& coarse, float norm) {
  return 2.0F * std::log(coarse.tolerance() / (norm * coarse.deviation()));
}

// The threshold for recomputing an output, given the coarse y. best.size() outputs have exact
// values of at least the smallest winner's, so nothing below it can rank. It is lowered to ln τ
// where needed, since probable outputs shape the normaliser. −infinity recomputes all outputs.
float bar_of(const Matrix& weights, const CoarseProduct& coarse, std::span<const float> x,
             float norm, std::span<const float> bias, std::span<float> y, std::span<Ranked> best) {
  rank_log_softmax(y, best);
  if (best.empty() || best.back().index < 0) return -kInfinity;
  const float normaliser = y[static_cast<std::size_t>(best[0].index)] - best[0].value;
  float lowest = kInfinity;
  for (const Ranked& one : best) {
    const auto output = static_cast<std::size_t>(one.index);
    weights.multiply_panel(x, output / weights.panel_width(), bias, y);
    if (!std::isfinite(y[output])) return -kInfinity;
    lowest = std::min(lowest, y[output]);
  }
  const float probable = normaliser + log_of_probable(coarse, norm);
  const float bar = lowest - coarse.rounding() * std::abs(lowest) - coarse.smallest();
  return std::min(bar, probable);
}

// Replaces coarse values of y by those of weights.multiply() in every panel that may hold a winner
// or a probable output.
void refine(const Matrix& weights, const CoarseProduct& coarse, std::span<const float> x,
            std::span<const float> bias, std::span<float> y, std::span<Ranked> best) {
  const float norm = coarse.norm(x);
  if (!std::isfinite(norm)) return weights.multiply(x, 1, bias, y);
  const float bar = bar_of(weights, coarse, x, norm, bias, y, best);
  const std::size_t outputs = y.size(), width = weights.panel_width();
  for (std::size_t first = 0; first < outputs; first += width) {
    const std::size_t count = std::min(width, outputs - first);
    if (HWY_DYNAMIC_DISPATCH(can_reach)(y.data() + first, coarse.errors().data() + first, count,
                                        norm, bar)) {
      weights.multiply_panel(x, first / width, bias, y);
    }
  }
}

}  // namespace

void rank_log_softmax(const Matrix& weights, const CoarseProduct& coarse, std::span<const float> x,
                      std::size_t rows, std::span<const float> bias, std::span<float> y,
                      std::span<Ranked> best) {
  const std::size_t inputs = weights.inputs(), outputs = weights.outputs();
  ATTEND_CHECK(coarse.outputs() == outputs && coarse.inputs() == inputs);
  coarse.multiply(x, rows, bias, y);
  const std::size_t wanted = rows == 0 ? 0 : best.size() / rows;
  for (std::size_t r = 0; r < rows; ++r) {
    const std::span<float> own = y.subspan(r * outputs, outputs);
    const std::span<Ranked> ranked = best.subspan(r * wanted, wanted);
    refine(weights, coarse, x.subspan(r * inputs, inputs), bias, own, ranked);
    rank_log_softmax(own, ranked);
  }
}

}  // namespace attend::kernels
#endif  // HWY_ONCE
