// Equations: tanh x, 1 / (1 + exp(−x)), clip(0.2 x + 0.5, 0, 1), t_k = max(t̃_{2k−1}, t̃_{2k}).
// Layout: flat arrays. Must equal: std::tanh, std::exp, std::clamp, std::max in double.
#include "kernels/activations.h"

#include <algorithm>

#include "base/base.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/activations.cc"
#include <hwy/foreach_target.h>
// after foreach_target.h
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attend::kernels::HWY_NAMESPACE {

void tanh_all(float* values, std::size_t size) {
  for_each(size, [&](auto at) HWY_ATTR { at.store(tanh(at.load(values)), values); });
}

void logistic_all(float* values, std::size_t size) {
  for_each(size, [&](auto at) HWY_ATTR { at.store(logistic(at.load(values)), values); });
}

void hard_logistic_all(float* values, std::size_t size) {
  for_each(size, [&](auto at) HWY_ATTR { at.store(hard_logistic(at.load(values)), values); });
}

void add_all(const float* more, float* values, std::size_t size) {
  for_each(size,
           [&](auto at) HWY_ATTR { at.store(hn::Add(at.load(values), at.load(more)), values); });
}

}  // namespace attend::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attend::kernels {

HWY_EXPORT(add_all);
HWY_EXPORT(tanh_all);
HWY_EXPORT(logistic_all);
HWY_EXPORT(hard_logistic_all);

void tanh(std::span<float> values) { HWY_DYNAMIC_DISPATCH(tanh_all)(values.data(), values.size()); }

void logistic(std::span<float> values) {
  HWY_DYNAMIC_DISPATCH(logistic_all)(values.data(), values.size());
}

void hard_logistic(std::span<float> values) {
  HWY_DYNAMIC_DISPATCH(hard_logistic_all)(values.data(), values.size());
}

void add(std::span<const float> more, std::span<float> values) {
  ATTEND_CHECK_EQ(more.size(), values.size());
  HWY_DYNAMIC_DISPATCH(add_all)(more.data(), values.data(), values.size());
}

void maxout(std::span<const float> values, std::span<float> maxima) {
  ATTEND_CHECK_EQ(values.size(), 2 * maxima.size());
  for (std::size_t k = 0; k < maxima.size(); ++k) {
    maxima[k] = std::max(values[2 * k], values[2 * k + 1]);
  }
}

void maxout_backward(std::span<const float> values, std::span<const float> d_maxima,
                     std::span<float> d_values) {
  ATTEND_CHECK_EQ(values.size(), 2 * d_maxima.size());
  ATTEND_CHECK_EQ(values.size(), d_values.size());
  for (std::size_t k = 0; k < d_maxima.size(); ++k) {
    const float first = values[2 * k], second = values[2 * k + 1];
    const float share = first > second ? 1.0F : first < second ? 0.0F : 0.5F;
    d_values[2 * k] = share * d_maxima[k];
    d_values[2 * k + 1] = (1.0F - share) * d_maxima[k];
  }
}

}  // namespace attend::kernels
#endif  // HWY_ONCE
