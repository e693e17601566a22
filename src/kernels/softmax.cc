// Equations: α_j = exp(x_j − m) / Σ_k exp(x_k − m);  log p_j = x_j − m − ln Σ_k exp(x_k − m), with
// m = max x. Layout: one row. Must equal: the same sums with std::exp and std::log in double.
#include "kernels/softmax.h"

#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/softmax.cc"
#include <hwy/foreach_target.h>
// after foreach_target.h
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attend::kernels::HWY_NAMESPACE {

float maximum(const float* row, std::size_t size) {
  const std::size_t lanes = hn::Lanes(Floats());
  float highest = -std::numeric_limits<float>::infinity();
  std::size_t i = 0;
  if (size >= lanes) {
    Vector highests = constant(highest);
    for (; i + lanes <= size; i += lanes) {
      highests = hn::Max(highests, hn::LoadU(Floats(), row + i));
    }
    highest = max_of_lanes(highests);
  }
  for (; i < size; ++i) highest = row[i] > highest ? row[i] : highest;
  return highest;
}

// row ← exp(row − shift); returns the sum.
float exp_and_sum(float* row, std::size_t size, float shift) {
  Vector sums = constant(0.0F);
  const Vector shifts = constant(shift);
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

float sum_of_exp(const float* row, std::size_t size, float shift) {
  Vector sums = constant(0.0F);
  const Vector shifts = constant(shift);
  const std::size_t lanes = hn::Lanes(Floats());
  std::size_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    sums = hn::Add(sums, exp(hn::Sub(hn::LoadU(Floats(), row + i), shifts)));
  }
  float sum = sum_of_lanes(sums);
  if (i < size) {
    HWY_ALIGN float rest[kMaximumLanes];
    hn::Store(exp(hn::Sub(load_part(Floats(), row + i, size - i), shifts)), Floats(), rest);
    for (std::size_t j = 0; j < size - i; ++j) sum += rest[j];
  }
  return sum;
}

void scale(float* row, std::size_t size, float factor) {
  const Vector factors = constant(factor);
  for_each(size, [&](auto at) HWY_ATTR { at.store(hn::Mul(at.load(row), factors), row); });
}

void subtract(float* row, std::size_t size, float shift) {
  const Vector shifts = constant(shift);
  for_each(size, [&](auto at) HWY_ATTR { at.store(hn::Sub(at.load(row), shifts), row); });
}

void softmax_row(float* row, std::size_t size) {
  const float highest = maximum(row, size);
  if (highest == -std::numeric_limits<float>::infinity()) {
    for (std::size_t i = 0; i < size; ++i) row[i] = 0.0F;
    return;
  }
  scale(row, size, 1.0F / exp_and_sum(row, size, highest));
}

void log_softmax_row(float* row, std::size_t size) {
  if (size == 0) return;
  const float highest = maximum(row, size);
  // Two subtractions: highest and the logarithm may be of different size.
  subtract(row, size, highest);
  subtract(row, size, std::log(sum_of_exp(row, size, 0.0F)));
}

}  // namespace attend::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attend::kernels {

HWY_EXPORT(softmax_row);
HWY_EXPORT(log_softmax_row);

void softmax(std::span<float> row) { HWY_DYNAMIC_DISPATCH(softmax_row)(row.data(), row.size()); }

void log_softmax(std::span<float> row) {
  HWY_DYNAMIC_DISPATCH(log_softmax_row)(row.data(), row.size());
}

}  // namespace attend::kernels
#endif  // HWY_ONCE
