// Equation: y = g ⊙ (x − μ) / sqrt(σ² + ε) + b;  μ = Σ x / n, σ² = Σ (x − μ)² / n over a block.
// Layout: [rows, blocks · n]; gain and bias [blocks · n].
// Must equal: this equation in double, with two passes over every block.
#include "kernels/layer_norm.h"

#include <cmath>

#include "base/base.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/layer_norm.cc"
#include <hwy/foreach_target.h>
// after foreach_target.h
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attend::kernels::HWY_NAMESPACE {

// Σ (x_i − shift) or Σ (x_i − shift)².
template <bool kSquared>
HWY_INLINE float shifted_sum(const float* x, std::size_t size, float shift) {
  const std::size_t lanes = hn::Lanes(Floats());
  const Vector shifts = constant(shift);
  Vector sums = constant(0.0F);
  std::size_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    const Vector v = hn::Sub(hn::LoadU(Floats(), x + i), shifts);
    sums = kSquared ? hn::MulAdd(v, v, sums) : hn::Add(sums, v);
  }
  float sum = sum_of_lanes(sums);
  for (; i < size; ++i) {
    const float v = x[i] - shift;
    sum += kSquared ? v * v : v;
  }
  return sum;
}

// `bias` may be null.
void normalise_block(float* x, std::size_t size, const float* gain, const float* bias) {
  const float mean = shifted_sum<false>(x, size, 0.0F) / static_cast<float>(size);
  const float variance = shifted_sum<true>(x, size, mean) / static_cast<float>(size);
  const Vector factor = constant(1.0F / std::sqrt(variance + kLayerNormEpsilon));
  const Vector means = constant(mean);
  for_each(size, [&](auto at) HWY_ATTR {
    const Vector normal = hn::Mul(hn::Sub(at.load(x), means), factor);
    const Vector shift = bias == nullptr ? constant(0.0F) : at.load(bias);
    at.store(hn::MulAdd(normal, at.load(gain), shift), x);
  });
}

}  // namespace attend::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attend::kernels {

HWY_EXPORT(normalise_block);

void layer_norm(std::span<float> values, std::size_t rows, std::size_t units,
                std::span<const float> gain, std::span<const float> bias) {
  const std::size_t width = gain.size();
  ATTEND_CHECK_EQ(values.size(), rows * width);
  ATTEND_CHECK(bias.empty() || bias.size() == width);
  ATTEND_CHECK(width == 0 || (units > 0 && width % units == 0));
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t block = 0; block < width; block += units) {
      HWY_DYNAMIC_DISPATCH(normalise_block)
      (values.data() + row * width + block, units, gain.data() + block,
       bias.empty() ? nullptr : bias.data() + block);
    }
  }
}

}  // namespace attend::kernels
#endif  // HWY_ONCE
