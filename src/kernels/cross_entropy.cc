// Equations: log p_k = x_k − m − ln Σ_j exp(x_j − m), m = max x; cost = −(1 − ε) log p_y − (ε / V)
// Σ_k log p_k; ∂x_k = s (p_k − (1 − ε) [k = y] − ε / V). Layout: one row of logits, which the
// gradient replaces. Must equal: these equations with std::exp and std::log in double.
#include "kernels/cross_entropy.h"

#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cross_entropy.cc"
#include <hwy/foreach_target.h>
// after foreach_target.h
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attend::kernels::HWY_NAMESPACE {

// The highest value and the sum of a row.
struct Extent {
  float highest;
  float sum;
};

Extent extent_of(const float* row, std::size_t size) {
  constexpr float kLowest = -std::numeric_limits<float>::infinity();
  const std::size_t lanes = hn::Lanes(Floats());
  Vector highest = constant(kLowest), sum = constant(0.0F);
  std::size_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    const Vector x = hn::LoadU(Floats(), row + i);
    highest = hn::Max(highest, x);
    sum = hn::Add(sum, x);
  }
  Extent extent{max_of_lanes(highest), sum_of_lanes(sum)};
  for (; i < size; ++i) {
    extent.highest = row[i] > extent.highest ? row[i] : extent.highest;
    extent.sum += row[i];
  }
  return extent;
}

// row ← exp(row − shift). Returns the sum.
float exponentials(float* row, std::size_t size, float shift) {
  const Vector shifts = constant(shift);
  Vector sums = constant(0.0F);
  const std::size_t lanes = hn::Lanes(Floats());
  std::size_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    const Vector e = exp(hn::Sub(hn::LoadU(Floats(), row + i), shifts));
    hn::StoreU(e, Floats(), row + i);
    sums = hn::Add(sums, e);
  }
  float sum = sum_of_lanes(sums);
  if (i < size) {
    const Part rest{i, size - i};
    rest.store(exp(hn::Sub(rest.load(row), shifts)), row);
    for (; i < size; ++i) sum += row[i];
  }
  return sum;
}

CrossEntropySums cross_entropy_row(float* row, std::size_t vocabulary, std::size_t target,
                                   const CrossEntropyOptions& options) {
  const auto size = static_cast<double>(vocabulary);
  const Extent extent = extent_of(row, vocabulary);
  const float logit = row[target];
  const float sum = exponentials(row, vocabulary, extent.highest);
  const double log_sum = static_cast<double>(extent.highest) + std::log(static_cast<double>(sum));
  CrossEntropySums sums;
  sums.log_likelihood = logit - log_sum;
  sums.cost = -(1.0 - options.smoothing) * sums.log_likelihood -
              options.smoothing * (extent.sum / size - log_sum);
  const Vector factor = constant(static_cast<float>(options.scale / sum));
  const Vector shift = constant(static_cast<float>(-options.scale * options.smoothing / size));
  for_each(vocabulary,
           [&](auto at) HWY_ATTR { at.store(hn::MulAdd(at.load(row), factor, shift), row); });
  row[target] -= static_cast<float>(options.scale * (1.0 - options.smoothing));
  return sums;
}

}  // namespace attend::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attend::kernels {

HWY_EXPORT(cross_entropy_row);

CrossEntropySums cross_entropy(Rows logits, std::size_t count, std::size_t vocabulary,
                               const std::int64_t* targets, const CrossEntropyOptions& options) {
  CrossEntropySums sums;
  for (std::size_t row = 0; row < count; ++row) {
    const CrossEntropySums one = HWY_DYNAMIC_DISPATCH(cross_entropy_row)(
        logits.row(row), vocabulary, static_cast<std::size_t>(targets[row]), options);
    sums.cost += one.cost;
    sums.log_likelihood += one.log_likelihood;
  }
  return sums;
}

}  // namespace attend::kernels
#endif  // HWY_ONCE
