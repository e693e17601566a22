// Equation: y = max(0, g ⊙ (x − μ) / sqrt(σ² + ε) + b + r);  μ = Σ x / n, σ² = Σ (x − μ)² / n over
// the n values of all positions and of the channels of a group.
// Layout: x and r [positions, channels]; g and b [channels]. Sums are made of each channel by
// itself, and then of the channels of a group.
// Must equal: this equation in double, with two passes over every group.
#include "kernels/group_norm.h"

#include <algorithm>
#include <cmath>

#include "base/base.h"
#include "kernels/buffer.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/group_norm.cc"
#include <hwy/foreach_target.h>
// after foreach_target.h
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attend::kernels::HWY_NAMESPACE {

// Positions that one sum runs over. Their sums are then added up, which loses fewer bits than one
// sum over a whole picture.
constexpr std::size_t kSummed = 64;

// sums_c = Σ v(x_pc) over the positions p, for every channel c. `v` takes an index of for_each()
// and a vector of x.
template <class Value>
HWY_INLINE void sum_channels(const float* x, std::size_t positions, std::size_t channels,
                             float* sums, Value&& v) {
  for_each(channels, [&](auto at) HWY_ATTR {
    Vector total = constant(0.0F);
    for (std::size_t first = 0; first < positions; first += kSummed) {
      const std::size_t last = std::min(positions, first + kSummed);
      Vector sum = constant(0.0F);
      for (std::size_t p = first; p < last; ++p) {
        sum = hn::Add(sum, v(at, at.load(x + p * channels)));
      }
      total = hn::Add(total, sum);
    }
    at.store(total, sums);
  });
}

void sum_values(const float* x, std::size_t positions, std::size_t channels, float* sums) {
  sum_channels(x, positions, channels, sums, [](auto, Vector value) HWY_ATTR { return value; });
}

void sum_squares(const float* x, std::size_t positions, std::size_t channels, const float* means,
                 float* sums) {
  sum_channels(x, positions, channels, sums, [&](auto at, Vector value) HWY_ATTR {
    const Vector distance = hn::Sub(value, at.load(means));
    return hn::Mul(distance, distance);
  });
}

// x_pc ← max(0, (x_pc − means_c) factors_c + bias_c + residual_pc); `residual` may be null.
// NaN passes through.
void scale_and_rectify(float* x, std::size_t positions, std::size_t channels, const float* means,
                       const float* factors, const float* bias, const float* residual) {
  const Vector zero = constant(0.0F);
  for (std::size_t p = 0; p < positions; ++p, x += channels) {
    for_each(channels, [&](auto at) HWY_ATTR {
      const Vector distance = hn::Sub(at.load(x), at.load(means));
      Vector y = hn::MulAdd(distance, at.load(factors), at.load(bias));
      if (residual != nullptr) y = hn::Add(y, at.load(residual + p * channels));
      at.store(at_least(zero, y), x);
    });
  }
}

}  // namespace attend::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attend::kernels {

HWY_EXPORT(sum_values);
HWY_EXPORT(sum_squares);
HWY_EXPORT(scale_and_rectify);

namespace {

// Replaces the sums of the channels over `positions` by the mean of their group.
void take_group_means(std::span<float> sums, std::size_t positions, std::size_t groups) {
  const std::size_t size = sums.size() / groups;
  for (std::size_t group = 0; group < groups; ++group) {
    const std::span<float> own = sums.subspan(group * size, size);
    double sum = 0.0;
    for (const float one : own) sum += one;
    const double mean = sum / static_cast<double>(size * positions);
    std::fill(own.begin(), own.end(), static_cast<float>(mean));
  }
}

}  // namespace

void group_norm_relu(std::span<float> values, std::size_t positions, std::size_t groups,
                     std::span<const float> gain, std::span<const float> bias,
                     std::span<const float> residual) {
  const std::size_t channels = gain.size();
  ATTEND_CHECK_EQ(values.size(), positions * channels);
  ATTEND_CHECK_EQ(bias.size(), channels);
  ATTEND_CHECK(groups > 0 && channels % groups == 0);
  ATTEND_CHECK(residual.empty() || residual.size() == values.size());
  if (values.empty()) return;
  Buffer memory;
  const std::span<float> means = memory.get(2 * channels).first(channels);
  const std::span<float> factors = memory.get(2 * channels).last(channels);
  HWY_DYNAMIC_DISPATCH(sum_values)(values.data(), positions, channels, means.data());
  take_group_means(means, positions, groups);
  HWY_DYNAMIC_DISPATCH(sum_squares)
  (values.data(), positions, channels, means.data(), factors.data());
  take_group_means(factors, positions, groups);
  for (std::size_t c = 0; c < channels; ++c) {
    factors[c] = gain[c] / std::sqrt(factors[c] + kGroupNormEpsilon);
  }
  HWY_DYNAMIC_DISPATCH(scale_and_rectify)
  (values.data(), positions, channels, means.data(), factors.data(), bias.data(),
   residual.empty() ? nullptr : residual.data());
}

}  // namespace attend::kernels
#endif  // HWY_ONCE
