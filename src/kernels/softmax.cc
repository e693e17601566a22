// Equations: α_j = exp(x_j − m) / Σ_k exp(x_k − m);  log p_j = x_j − m − ln Σ_k exp(x_k − m), with
// m = max x. Layout: one row. Must equal: these sums with std::exp and std::log in double.
#include "kernels/softmax.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/base.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/softmax.cc"
#include <hwy/foreach_target.h>
// after foreach_target.h
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attend::kernels::HWY_NAMESPACE {

HWY_INLINE float maximum(const float* row, std::size_t size) {
  constexpr float kLowest = -std::numeric_limits<float>::infinity();
  const Floats d;
  const std::size_t lanes = hn::Lanes(d);
  Vector highests = constant(kLowest);
  std::size_t i = 0;
  for (; i + lanes <= size; i += lanes) highests = hn::Max(highests, hn::LoadU(d, row + i));
  if (i < size) highests = hn::Max(highests, load_part_or(d, row + i, size - i, kLowest));
  return max_of_lanes(highests);
}

// to ← exp(row − shift). Returns the sum.
HWY_INLINE float exp_and_sum(const float* row, std::size_t size, float shift, float* to) {
  const Floats d;
  const Vector shifts = constant(shift);
  const std::size_t lanes = hn::Lanes(d);
  Vector sums = constant(0.0F);
  std::size_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    const Vector e = exp(hn::Sub(hn::LoadU(d, row + i), shifts));
    hn::StoreU(e, d, to + i);
    sums = hn::Add(sums, e);
  }
  if (i < size) {
    const Part rest{i, size - i};
    const Vector e = exp(hn::Sub(rest.load(row), shifts));
    rest.store(e, to);
    sums = hn::Add(sums, hn::IfThenElseZero(hn::FirstN(d, size - i), e));
  }
  return sum_of_lanes(sums);
}

HWY_INLINE float sum_of_exp_in_floats(const float* row, std::size_t size, float shift) {
  const Floats d;
  const Vector shifts = constant(shift);
  const std::size_t lanes = hn::Lanes(d);
  Vector sums = constant(0.0F);
  std::size_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    sums = hn::Add(sums, exp(hn::Sub(hn::LoadU(d, row + i), shifts)));
  }
  if (i < size) {
    const Vector e = exp(hn::Sub(load_part(d, row + i, size - i), shifts));
    sums = hn::Add(sums, hn::IfThenElseZero(hn::FirstN(d, size - i), e));
  }
  return sum_of_lanes(sums);
}

// Sums of long rows are rounded once a block: a large sum in floats would lose digits of the small
// values that are added to it.
float sum_of_exp(const float* row, std::size_t size, float shift) {
  const std::size_t block = 256 * hn::Lanes(Floats());
  double sum = 0.0;
  for (std::size_t i = 0; i < size; i += block) {
    sum += sum_of_exp_in_floats(row + i, std::min(block, size - i), shift);
  }
  return static_cast<float>(sum);
}

HWY_INLINE void scale(float* row, std::size_t size, float factor) {
  const Vector factors = constant(factor);
  for_each(size, [&](auto at) HWY_ATTR { at.store(hn::Mul(at.load(row), factors), row); });
}

void subtract(float* row, std::size_t size, float shift) {
  const Vector shifts = constant(shift);
  for_each(size, [&](auto at) HWY_ATTR { at.store(hn::Sub(at.load(row), shifts), row); });
}

void softmax_row(const float* row, std::size_t size, float* to) {
  const float highest = maximum(row, size);
  if (highest == -std::numeric_limits<float>::infinity()) {
    for (std::size_t i = 0; i < size; ++i) to[i] = 0.0F;
    return;
  }
  scale(to, size, 1.0F / exp_and_sum(row, size, highest, to));
}

void log_softmax_row(float* row, std::size_t size) {
  if (size == 0) return;
  const float highest = maximum(row, size);
  // Two subtractions keep digits: `highest` and the logarithm may differ in size.
  subtract(row, size, highest);
  subtract(row, size, std::log(sum_of_exp(row, size, 0.0F)));
}

}  // namespace attend::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attend::kernels {

HWY_EXPORT(softmax_row);
HWY_EXPORT(log_softmax_row);

void softmax(std::span<float> row) { softmax(row, row); }

void softmax(std::span<const float> energies, std::span<float> row) {
  ATTEND_CHECK_EQ(energies.size(), row.size());
  HWY_DYNAMIC_DISPATCH(softmax_row)(energies.data(), energies.size(), row.data());
}

void log_softmax(std::span<float> row) {
  HWY_DYNAMIC_DISPATCH(log_softmax_row)(row.data(), row.size());
}

}  // namespace attend::kernels
#endif  // HWY_ONCE
