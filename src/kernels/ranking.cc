// Equation: log p_j = x_j − m − ln Σ_k exp(x_k − m), m = max x, for the largest x_j only. Layout:
// one row. Must equal: log_softmax of the whole row, sorted.
//
// A scan keeps the best values so far in order. It looks at single values only in blocks whose
// maximum exceeds the worst of these, which hardly happens after the first blocks.
#include "kernels/ranking.h"

#include <algorithm>
#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/ranking.cc"
#include <hwy/foreach_target.h>
// after foreach_target.h
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attend::kernels::HWY_NAMESPACE {

// The best values so far, in order.
class BestValues {
 public:
  BestValues(Ranked* best, std::size_t size) : best_(best), size_(size) {}
  /// The value to exceed. Equal values come later in the row, so they rank lower.
  float bar() const { return bar_; }
  void offer(std::int32_t index, float value) {
    if (!(value > bar_)) return;
    std::size_t place = std::min(count_, size_ - 1);
    for (; place > 0 && value > best_[place - 1].value; --place) best_[place] = best_[place - 1];
    best_[place] = {index, value};
    count_ = std::min(count_ + 1, size_);
    if (count_ == size_) bar_ = best_[size_ - 1].value;
  }
  void fill_rest() {
    for (std::size_t i = count_; i < size_; ++i) best_[i] = {};
  }

 private:
  Ranked* best_;
  std::size_t size_, count_ = 0;
  float bar_ = -std::numeric_limits<float>::infinity();
};

void rank_row(const float* row, std::size_t size, Ranked* best, std::size_t count) {
  if (count == 0) return;
  const Floats d;
  const std::size_t lanes = hn::Lanes(d), block = 4 * lanes;
  BestValues values(best, count);
  std::size_t i = 0;
  for (; i + block <= size; i += block) {
    const float* from = row + i;
    const Vector bar = constant(values.bar());
    const auto low =
        hn::Or(hn::Gt(hn::LoadU(d, from), bar), hn::Gt(hn::LoadU(d, from + lanes), bar));
    const auto high = hn::Or(hn::Gt(hn::LoadU(d, from + 2 * lanes), bar),
                             hn::Gt(hn::LoadU(d, from + 3 * lanes), bar));
    if (hn::AllFalse(d, hn::Or(low, high))) continue;
    for (std::size_t k = 0; k < block; ++k) values.offer(static_cast<std::int32_t>(i + k), from[k]);
  }
  for (; i < size; ++i) values.offer(static_cast<std::int32_t>(i), row[i]);
  values.fill_rest();
}

// Σ exp(row − shift); no value of the row may exceed the shift.
float sum_of_exponentials(const float* row, std::size_t size, float shift) {
  const Floats d;
  const std::size_t lanes = hn::Lanes(d);
  const Vector shifts = constant(shift);
  Vector sums = constant(0.0F), others = constant(0.0F);
  std::size_t i = 0;
  for (; i + 2 * lanes <= size; i += 2 * lanes) {
    sums = hn::Add(sums, exp_below_zero(hn::Sub(hn::LoadU(d, row + i), shifts)));
    others = hn::Add(others, exp_below_zero(hn::Sub(hn::LoadU(d, row + i + lanes), shifts)));
  }
  for (; i < size; i += lanes) {
    const std::size_t count = std::min(lanes, size - i);
    const Vector e = exp_below_zero(hn::Sub(load_part(d, row + i, count), shifts));
    sums = hn::Add(sums, hn::IfThenElseZero(hn::FirstN(d, count), e));
  }
  return sum_of_lanes(hn::Add(sums, others));
}

void rank_log_softmax_row(const float* row, std::size_t size, Ranked* best, std::size_t count) {
  rank_row(row, size, best, count);
  if (count == 0) return;
  const float highest = best[0].index < 0 ? 0.0F : best[0].value;
  const float normaliser = std::log(sum_of_exponentials(row, size, highest));
  const bool defined = std::isfinite(highest) && std::isfinite(normaliser);
  for (std::size_t i = 0; i < count; ++i) {
    if (best[i].index < 0) break;
    best[i].value = best[i].value - highest - normaliser;
    if (!defined || best[i].value == -std::numeric_limits<float>::infinity()) best[i] = {};
  }
}

}  // namespace attend::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attend::kernels {

HWY_EXPORT(rank_row);
HWY_EXPORT(rank_log_softmax_row);

void rank(std::span<const float> row, std::span<Ranked> best) {
  HWY_DYNAMIC_DISPATCH(rank_row)(row.data(), row.size(), best.data(), best.size());
}

void rank_log_softmax(std::span<const float> row, std::span<Ranked> best) {
  HWY_DYNAMIC_DISPATCH(rank_log_softmax_row)(row.data(), row.size(), best.data(), best.size());
}

}  // namespace attend::kernels
#endif  // HWY_ONCE
