// Equations for one block of n values: x̂ = (x − μ) s, s = 1 / sqrt(σ² + ε), y = g ⊙ x̂; μ = Σ x /
// n, σ² = Σ (x − μ)² / n. With δ = g ⊙ ∂y:
//   ∂x = s (δ − Σ δ / n − x̂ Σ (δ ⊙ x̂) / n),  ∂g = Σ ∂y ⊙ x̂ over all rows.
// Layout: rows of blocks, with strides.
// Must equal: these equations and their central differences in double.
#include "kernels/training_norm.h"

#include <cmath>

#include "base/base.h"
#include "kernels/layer_norm.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/training_norm.cc"
#include <hwy/foreach_target.h>
// after foreach_target.h
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attend::kernels::HWY_NAMESPACE {

// Sets the lanes that a loop does not reach to 0.
HWY_INLINE Vector inside(Whole, Vector v) { return v; }
HWY_INLINE Vector inside(Part part, Vector v) {
  return hn::IfThenElseZero(hn::FirstN(Floats(), part.count), v);
}

// Replaces x by x̂ and returns the scale of the block.
HWY_INLINE float normalise(float* x, std::size_t units) {
  const float share = 1.0F / static_cast<float>(units);
  Vector sums = constant(0.0F), squares = constant(0.0F);
  for_each(units, [&](auto at) HWY_ATTR { sums = hn::Add(sums, at.load(x)); });
  const Vector mean = constant(sum_of_lanes(sums) * share);
  for_each(units, [&](auto at) HWY_ATTR {
    const Vector v = inside(at, hn::Sub(at.load(x), mean));
    squares = hn::MulAdd(v, v, squares);
    at.store(v, x);
  });
  const float scale = 1.0F / std::sqrt(sum_of_lanes(squares) * share + kLayerNormEpsilon);
  for_each(units, [&](auto at) HWY_ATTR { at.store(hn::Mul(at.load(x), constant(scale)), x); });
  return scale;
}

void layer_norm_forward_rows(NormSizes sizes, Rows values, const float* gain, Rows scales,
                             Rows sums) {
  for (std::size_t row = 0; row < sizes.rows; ++row) {
    float* x = values.row(row);
    float* y = sums.row(row);
    for (std::size_t block = 0; block < sizes.blocks; ++block) {
      scales.row(row)[block] = normalise(x + block * sizes.units, sizes.units);
    }
    for_each(sizes.blocks * sizes.units, [&](auto at) HWY_ATTR {
      at.store(hn::MulAdd(at.load(x), at.load(gain), at.load(y)), y);
    });
  }
}

HWY_INLINE void norm_backward_block(std::size_t units, const float* gradient, const float* gain,
                                    float scale, float* x, float* gain_gradient) {
  // x̂ is 0 whatever x is, so the gradient is 0, which x already holds.
  if (units == 1) return;
  const float share = 1.0F / static_cast<float>(units);
  Vector sums = constant(0.0F), products = constant(0.0F);
  for_each(units, [&](auto at) HWY_ATTR {
    const Vector normal = at.load(x);
    const Vector weighed = hn::Mul(at.load(gradient), normal);
    at.store(hn::Add(at.load(gain_gradient), weighed), gain_gradient);
    sums = hn::MulAdd(at.load(gradient), at.load(gain), sums);
    products = hn::MulAdd(weighed, at.load(gain), products);
  });
  const Vector mean = constant(sum_of_lanes(sums) * share);
  const Vector along = constant(sum_of_lanes(products) * share);
  for_each(units, [&](auto at) HWY_ATTR {
    const Vector delta = hn::MulSub(at.load(gradient), at.load(gain), mean);
    at.store(hn::Mul(constant(scale), hn::NegMulAdd(at.load(x), along, delta)), x);
  });
}

void layer_norm_backward_rows(NormSizes sizes, ConstRows gradient, const float* gain,
                              ConstRows scales, Rows values, float* gain_gradient) {
  for (std::size_t row = 0; row < sizes.rows; ++row) {
    for (std::size_t block = 0; block < sizes.blocks; ++block) {
      const std::size_t first = block * sizes.units;
      norm_backward_block(sizes.units, gradient.row(row) + first, gain + first,
                          scales.row(row)[block], values.row(row) + first, gain_gradient + first);
    }
  }
}

}  // namespace attend::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attend::kernels {

HWY_EXPORT(layer_norm_forward_rows);
HWY_EXPORT(layer_norm_backward_rows);

void layer_norm_forward(NormSizes sizes, Rows values, std::span<const float> gain, Rows scales,
                        Rows sums) {
  ATTEND_CHECK_EQ(gain.size(), sizes.blocks * sizes.units);
  HWY_DYNAMIC_DISPATCH(layer_norm_forward_rows)(sizes, values, gain.data(), scales, sums);
}

void layer_norm_backward(NormSizes sizes, ConstRows gradient, std::span<const float> gain,
                         ConstRows scales, Rows values, std::span<float> gain_gradient) {
  ATTEND_CHECK_EQ(gain.size(), sizes.blocks * sizes.units);
  ATTEND_CHECK_EQ(gain_gradient.size(), gain.size());
  HWY_DYNAMIC_DISPATCH(layer_norm_backward_rows)
  (sizes, gradient, gain.data(), scales, values, gain_gradient.data());
}

}  // namespace attend::kernels
#endif  // HWY_ONCE
