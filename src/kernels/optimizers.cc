// Equations: see optimizers.h. Must equal: these equations for one value at a time in double.
#include "kernels/optimizers.h"

#include <hwy/cache_control.h>

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/optimizers.cc"
#include <hwy/foreach_target.h>
// after foreach_target.h
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attend::kernels::HWY_NAMESPACE {

// Distance of prefetches in values: in large buffers each read would wait for the last cache.
constexpr std::size_t kAhead = 512;

// Values that one float32 sum covers, few enough that its rounding stays that of one value.
constexpr std::size_t kBlock = 4096;

double add_and_square_all(float* sum, std::span<const float* const> others, std::size_t size) {
  double total = 0;
  for (std::size_t begin = 0; begin < size; begin += kBlock) {
    float* HWY_RESTRICT to = sum + begin;
    Vector squares = constant(0.0F);
    for_each(std::min(kBlock, size - begin), [&](auto at) HWY_ATTR {
      Vector x = at.load(to);
      for (const float* other : others) x = hn::Add(x, at.load(other + begin));
      if (!others.empty()) at.store(x, to);
      squares = hn::MulAdd(x, x, squares);
    });
    total += sum_of_lanes(squares);
  }
  return total;
}

void adam_all(const AdamStep& step, const float* gradient, float* mean, float* squares,
              float* values, std::size_t size) {
  const float* const arrays[] = {gradient, mean, squares, values};
  const Vector scale = constant(step.gradient_scale), l2 = constant(step.l2);
  const Vector keep = constant(step.keep), rate = constant(-step.step);
  const Vector beta1 = constant(step.beta1), rest1 = constant(1.0F - step.beta1);
  const Vector beta2 = constant(step.beta2), rest2 = constant(1.0F - step.beta2);
  const Vector square_scale = constant(step.square_scale), epsilon = constant(step.epsilon);
  for_each(size, [&](auto at) HWY_ATTR {
    for (const float* array : arrays) hwy::Prefetch(array + at.i + kAhead);
    const Vector value = at.load(values);
    const Vector g = hn::MulAdd(at.load(gradient), scale, hn::Mul(l2, value));
    const Vector m = hn::MulAdd(beta1, at.load(mean), hn::Mul(rest1, g));
    const Vector v = hn::MulAdd(beta2, at.load(squares), hn::Mul(rest2, hn::Mul(g, g)));
    at.store(m, mean);
    at.store(v, squares);
    const Vector root = hn::Add(hn::Sqrt(hn::Mul(v, square_scale)), epsilon);
    at.store(hn::MulAdd(hn::Div(m, root), rate, hn::Mul(keep, value)), values);
  });
}

}  // namespace attend::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attend::kernels {

HWY_EXPORT(add_and_square_all);
HWY_EXPORT(adam_all);

double add_and_square(float* sum, std::span<const float* const> others, std::size_t size) {
  return HWY_DYNAMIC_DISPATCH(add_and_square_all)(sum, others, size);
}

void adam(const AdamStep& step, const float* gradient, float* mean, float* squares, float* values,
          std::size_t size) {
  HWY_DYNAMIC_DISPATCH(adam_all)(step, gradient, mean, squares, values, size);
}

}  // namespace attend::kernels
#endif  // HWY_ONCE
