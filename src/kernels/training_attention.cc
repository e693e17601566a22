// Equations (§1.5, §15): t_j = tanh(q + p_j), e_j = act(v · t_j + b_e), α = softmax(e), c = Σ_j α_j
// h_j. With γ = ∂c:
//   ∂h_j += α_j γ;  η_j = γ · h_j;  ∂e_j = α_j (η_j − Σ_k α_k η_k), 0 where relu cut e_j off;
//   ∂v += ∂e_j t_j;  ∂b_e += ∂e_j;  τ_j = ∂e_j v ⊙ (1 − t_j²);  ∂p_j += τ_j;  ∂q = Σ_j τ_j
// Layout: h [batch, length, n_h], p [batch, length, n'], q [batch, n'], e and α [batch, length].
// Must equal: these lines for one value at a time in double.
#include "kernels/training_attention.h"

#include <algorithm>

#include "base/base.h"
#include "kernels/softmax.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/training_attention.cc"
#include <hwy/foreach_target.h>
// after foreach_target.h
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attend::kernels::HWY_NAMESPACE {

// η_j = γ · h_j.
void dot_annotations(const float* d_context, std::size_t length, std::size_t units,
                     const float* annotations, float* eta) {
  for (std::size_t j = 0; j < length; ++j) {
    const float* h = annotations + j * units;
    Vector sum = constant(0.0F);
    for_each(units,
             [&](auto at) HWY_ATTR { sum = hn::MulAdd(at.load(d_context), at.load(h), sum); });
    eta[j] = sum_of_lanes(sum);
  }
}

// The same and ∂h_j += α_j γ.
void annotations_backward(const float* d_context, const float* alignment, std::size_t length,
                          std::size_t units, const float* annotations, float* d_annotations,
                          float* eta) {
  for (std::size_t j = 0; j < length; ++j) {
    const float* h = annotations + j * units;
    float* d_h = d_annotations + j * units;
    const Vector share = constant(alignment[j]);
    Vector sum = constant(0.0F);
    for_each(units, [&](auto at) HWY_ATTR {
      const Vector gamma = at.load(d_context);
      sum = hn::MulAdd(gamma, at.load(h), sum);
      at.store(hn::MulAdd(share, gamma, at.load(d_h)), d_h);
    });
    eta[j] = sum_of_lanes(sum);
  }
}

// From ∂e_j to ∂p_j, ∂v and ∂q, which is written: of one sentence.
void energies_backward(const float* query, const float* projected, const float* weight,
                       const float* d_energies, std::size_t length, std::size_t units,
                       AttentionGradients gradients) {
  for_each(units, [&](auto at) HWY_ATTR {
    const Vector q = at.load(query), v = at.load(weight);
    Vector d_v = at.load(gradients.weight), d_q = constant(0.0F);
    for (std::size_t j = 0; j < length; ++j) {
      const Vector d_e = constant(d_energies[j]);
      const Vector t = tanh(hn::Add(q, at.load(projected + j * units)));
      d_v = hn::MulAdd(d_e, t, d_v);
      const Vector tau = hn::Mul(hn::Mul(d_e, v), hn::NegMulAdd(t, t, constant(1.0F)));
      d_q = hn::Add(d_q, tau);
      float* d_p = gradients.projected + j * units;
      at.store(hn::Add(at.load(d_p), tau), d_p);
    }
    at.store(d_v, gradients.weight);
    at.store(d_q, gradients.query);
  });
}

}  // namespace attend::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attend::kernels {

HWY_EXPORT(dot_annotations);
HWY_EXPORT(annotations_backward);
HWY_EXPORT(energies_backward);

namespace {

// η ← ∂e; returns ∂b_e. `energies` may be null for linear ones.
float softmax_backward(std::span<float> eta, const float* alignment, const float* energies,
                       EnergyActivation activation) {
  float mean = 0.0F, sum = 0.0F;
  for (std::size_t j = 0; j < eta.size(); ++j) mean += alignment[j] * eta[j];
  for (std::size_t j = 0; j < eta.size(); ++j) {
    const bool cut = activation == EnergyActivation::kRelu && energies[j] <= 0.0F;
    eta[j] = cut ? 0.0F : alignment[j] * (eta[j] - mean);
    sum += eta[j];
  }
  return sum;
}

}  // namespace

void additive_attention_forward(const AttentionSource& source, const AttentionStep& step) {
  const AttentionSizes& sizes = source.sizes;
  const std::size_t units = sizes.attention_units, h_units = sizes.annotation_units;
  ATTEND_CHECK_EQ(source.lengths.size(), sizes.batch);
  for (std::size_t b = 0; b < sizes.batch; ++b) {
    const auto length = static_cast<std::size_t>(source.lengths[b]);
    const std::size_t first = b * sizes.source_length;
    const std::span<float> alignment(step.alignment + first, length);
    additive_energies({step.query + b * units, units},
                      {source.projected + first * units, length * units}, {source.weight, units},
                      source.bias, source.activation, alignment);
    if (step.energies != nullptr) {
      std::copy(alignment.begin(), alignment.end(), step.energies + first);
    }
    softmax(alignment);
    std::fill(step.alignment + first + length, step.alignment + first + sizes.source_length, 0.0F);
    weighted_sum(alignment, {source.annotations + first * h_units, length * h_units},
                 {step.context + b * h_units, h_units});
  }
}

void additive_attention_backward(const AttentionSource& source, const AttentionStep& step,
                                 const float* d_context, const AttentionGradients& gradients,
                                 std::span<float> scratch) {
  const AttentionSizes& sizes = source.sizes;
  const std::size_t units = sizes.attention_units, h_units = sizes.annotation_units;
  ATTEND_CHECK_EQ(source.lengths.size(), sizes.batch);
  ATTEND_CHECK(scratch.size() >= sizes.source_length);
  ATTEND_CHECK(source.activation == EnergyActivation::kLinear || step.energies != nullptr);
  for (std::size_t b = 0; b < sizes.batch; ++b) {
    const auto length = static_cast<std::size_t>(source.lengths[b]);
    const std::size_t first = b * sizes.source_length;
    const std::span<float> d_energies = scratch.first(length);
    const float* gamma = d_context + b * h_units;
    const float* annotations = source.annotations + first * h_units;
    if (gradients.annotations == nullptr) {
      HWY_DYNAMIC_DISPATCH(dot_annotations)(gamma, length, h_units, annotations, d_energies.data());
    } else {
      HWY_DYNAMIC_DISPATCH(annotations_backward)
      (gamma, step.alignment + first, length, h_units, annotations,
       gradients.annotations + first * h_units, d_energies.data());
    }
    *gradients.bias += softmax_backward(d_energies, step.alignment + first,
                                        step.energies == nullptr ? nullptr : step.energies + first,
                                        source.activation);
    HWY_DYNAMIC_DISPATCH(energies_backward)
    (step.query + b * units, source.projected + first * units, source.weight, d_energies.data(),
     length, units,
     {nullptr, gradients.projected + first * units, gradients.weight, nullptr,
      gradients.query + b * units});
  }
}

}  // namespace attend::kernels
#endif  // HWY_ONCE
