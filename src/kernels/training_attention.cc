// Equations (§1.5, §15): t_j = tanh(q + p_j), e_j = act(v · t_j + b_e), α = softmax(e), c = Σ_j α_j
// h_j. With γ = ∂c, and δ the gradient of α from whatever reads it besides c, or 0:
//   ∂h_j += α_j γ;  η_j = γ · h_j + δ_j;  ∂e_j = α_j (η_j − Σ_k α_k η_k), 0 where relu cut e_j off;
//   ∂v += ∂e_j t_j;  ∂b_e += ∂e_j;  τ_j = ∂e_j v ⊙ (1 − t_j²);  ∂p_j += τ_j;  ∂q = Σ_j τ_j
// From Q = exp(2 q) and P_j = exp(2 p_j): t_j = 1 − 2 r_j, 1 − t_j² = 4 r_j (1 − r_j), r_j = 1 / (Q
// P_j + 1). With a dot product e_j = act(q · k_j + b_e), and of all steps i together:
//   ∂q = Σ_j ∂e_j k_j;  ∂h_j += Σ_i α_ij γ_i;  ∂k_j += Σ_i ∂e_ij q_i
// Layout: h [batch, length, n_h], p [batch, length, n'], q [batch, n'], e and α [batch, length].
// Must equal: these lines for one value at a time in double.
#include "kernels/training_attention.h"

#include <algorithm>
#include <type_traits>

#include "base/base.h"
#include "kernels/softmax.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/training_attention.cc"
#include <hwy/foreach_target.h>
// after foreach_target.h
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace attend::kernels::HWY_NAMESPACE {

// Adds to ∂p_j and ∂v and writes ∂q, from ∂e_j of one sentence.
void energies_backward(const float* query, const float* projected, const float* weight,
                       const float* d_energies, std::size_t length, std::size_t units,
                       AttentionGradients gradients) {
  for_each(units, [&](auto at) HWY_ATTR {
    const Vector q = at.load(query), v = at.load(weight);
    Vector d_v = at.load(gradients.weight), d_q = constant(0.0F);
    for (std::size_t j = 0; j < length; ++j) {
      const Vector d_e = constant(d_energies[j]);
      const TanhAndSlope t = tanh_and_slope(hn::Add(q, at.load(projected + j * units)));
      d_v = hn::MulAdd(d_e, t.value, d_v);
      const Vector tau = hn::Mul(hn::Mul(d_e, v), t.slope);
      d_q = hn::Add(d_q, tau);
      float* d_p = gradients.projected + j * units;
      at.store(hn::Add(at.load(d_p), tau), d_p);
    }
    at.store(d_v, gradients.weight);
    at.store(d_q, gradients.query);
  });
}

// energies_backward() from exponentials.
template <class T>
void exponentials_backward(const float* query, const T* keys, const float* weight,
                           const float* d_energies, std::size_t length, std::size_t units,
                           AttentionGradients gradients) {
  const Vector one = constant(1.0F);
  float d_energy = 0.0F;
  for (std::size_t j = 0; j < length; ++j) d_energy += d_energies[j];
  for_each(units, [&](auto at) HWY_ATTR {
    const Vector q = at.load(query), v4 = hn::Mul(constant(4.0F), at.load(weight));
    // Σ_j ∂e_j r_j, Σ_j ∂e_j r_j (1 − r_j); 1 − r_j as Q P_j r_j, which keeps its digits.
    Vector sum_r = constant(0.0F), sum_slope = constant(0.0F);
    for (std::size_t j = 0; j < length; ++j) {
      const Vector d_e = constant(d_energies[j]);
      const Vector product = hn::Mul(q, at.load(keys + j * units));
      const Vector r = reciprocal(hn::Add(product, one));
      const Vector slope = hn::Mul(d_e, hn::Mul(hn::Mul(product, r), r));
      sum_r = hn::MulAdd(d_e, r, sum_r);
      sum_slope = hn::Add(sum_slope, slope);
      float* d_p = gradients.projected + j * units;
      at.store(hn::MulAdd(v4, slope, at.load(d_p)), d_p);
    }
    const Vector d_v = hn::NegMulAdd(constant(2.0F), sum_r, constant(d_energy));
    at.store(hn::Add(at.load(gradients.weight), d_v), gradients.weight);
    at.store(hn::Mul(v4, sum_slope), gradients.query);
  });
}

void exponentials_backward_of_floats(const float* query, const float* keys, const float* weight,
                                     const float* d_energies, std::size_t length, std::size_t units,
                                     AttentionGradients gradients) {
  exponentials_backward(query, keys, weight, d_energies, length, units, gradients);
}
void exponentials_backward_of_rounded(const float* query, const Bfloat16* keys, const float* weight,
                                      const float* d_energies, std::size_t length,
                                      std::size_t units, AttentionGradients gradients) {
  exponentials_backward(query, keys, weight, d_energies, length, units, gradients);
}

// Distances, in values, between the terms of a sentence in successive steps; `units` is a row of
// sums.
struct Strides {
  std::size_t weights, rows, units;
};

// to_j += Σ_i weight_ij row_i, j = 0 … kPositions − 1, for the units of kVectors vectors from `at`
// on.
template <std::size_t kPositions, std::size_t kVectors, class At>
HWY_INLINE void add_rows_of_block(const float* weights, const float* rows, std::size_t steps,
                                  const Strides& strides, At at, float* to) {
  const std::size_t lanes = hn::Lanes(Floats());
  Vector sums[kPositions][kVectors];
  for (std::size_t j = 0; j < kPositions; ++j) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      sums[j][v] = at.load(to + j * strides.units + v * lanes);
    }
  }
  for (std::size_t i = 0; i < steps; ++i, weights += strides.weights, rows += strides.rows) {
    Vector row[kVectors];
    for (std::size_t v = 0; v < kVectors; ++v) row[v] = at.load(rows + v * lanes);
    for (std::size_t j = 0; j < kPositions; ++j) {
      const Vector weight = constant(weights[j]);
      for (std::size_t v = 0; v < kVectors; ++v) {
        sums[j][v] = hn::MulAdd(weight, row[v], sums[j][v]);
      }
    }
  }
  for (std::size_t j = 0; j < kPositions; ++j) {
    for (std::size_t v = 0; v < kVectors; ++v) {
      at.store(sums[j][v], to + j * strides.units + v * lanes);
    }
  }
}

// add_rows_of_block() for all positions of a sentence.
template <std::size_t kVectors, class At>
HWY_INLINE void add_rows_of_positions(const float* weights, const float* rows, std::size_t steps,
                                      const Strides& strides, At at, std::size_t length,
                                      float* to) {
  constexpr std::size_t kPositions = 4;
  std::size_t j = 0;
  for (; j + kPositions <= length; j += kPositions) {
    add_rows_of_block<kPositions, kVectors>(weights + j, rows, steps, strides, at,
                                            to + j * strides.units);
  }
  for (; j < length; ++j) {
    add_rows_of_block<1, kVectors>(weights + j, rows, steps, strides, at, to + j * strides.units);
  }
}

void add_rows_of_sentence(const float* weights, const float* rows, std::size_t steps,
                          std::size_t weight_stride, std::size_t row_stride, std::size_t units,
                          std::size_t length, float* to) {
  const Strides strides{weight_stride, row_stride, units};
  constexpr std::size_t kVectors = 2;
  const std::size_t width = kVectors * hn::Lanes(Floats());
  std::size_t k = 0;
  for (; k + width <= units; k += width) {
    add_rows_of_positions<kVectors>(weights, rows, steps, strides, Whole{k}, length, to);
  }
  for_each(units - k, [&](auto at) HWY_ATTR {
    add_rows_of_positions<1>(weights, rows + k, steps, strides, at, length, to + k);
  });
}

}  // namespace attend::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace attend::kernels {

HWY_EXPORT(energies_backward);
HWY_EXPORT(exponentials_backward_of_floats);
HWY_EXPORT(exponentials_backward_of_rounded);
HWY_EXPORT(add_rows_of_sentence);

namespace {

// Calls use(values [count]) with the values from `first` on, of the rounded array if there is one.
template <class Use>
void use_values(const float* exact, const Bfloat16* rounded, std::size_t first, std::size_t count,
                Use use) {
  if (rounded != nullptr) return use(std::span(rounded + first, count));
  use(std::span(exact + first, count));
}

// η ← ∂e. Returns ∂b_e. `energies` may be null for linear ones.
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

// Computes ∂e of sentence b. Returns ∂b_e.
float energy_gradients(const AttentionSource& source, const AttentionStep& step,
                       const AttentionResultGradients& results, std::size_t b,
                       std::span<float> d_energies) {
  const std::size_t h_units = source.sizes.annotation_units;
  const std::size_t first = b * source.sizes.source_length;
  use_values(source.annotations, source.rounded_annotations, first * h_units,
             d_energies.size() * h_units, [&](auto annotations) {
               dot_energies({results.context + b * h_units, h_units}, annotations, 0.0F,
                            EnergyActivation::kLinear, d_energies);  // γ · h_j
             });
  if (results.alignment != nullptr) {
    const float* delta = results.alignment + first;
    for (std::size_t j = 0; j < d_energies.size(); ++j) d_energies[j] += delta[j];
  }
  return softmax_backward(d_energies, step.alignment + first,
                          step.energies == nullptr ? nullptr : step.energies + first,
                          source.activation);
}

// Computes energies, alignment and context of every sentence; `score` computes the energies of a
// query and projected annotations.
template <class Score>
void attention_forward(const AttentionSource& source, const AttentionStep& step, Score score) {
  const AttentionSizes& sizes = source.sizes;
  const std::size_t units = sizes.attention_units, h_units = sizes.annotation_units;
  ATTEND_CHECK_EQ(source.lengths.size(), sizes.batch);
  for (std::size_t b = 0; b < sizes.batch; ++b) {
    const auto length = static_cast<std::size_t>(source.lengths[b]);
    const std::size_t first = b * sizes.source_length;
    const std::span<float> alignment(step.alignment + first, length);
    use_values(source.projected, source.rounded_projected, first * units, length * units,
               [&](auto projected) {
                 score(std::span(step.query + b * units, units), projected, alignment);
               });
    if (step.energies != nullptr) {
      std::copy(alignment.begin(), alignment.end(), step.energies + first);
    }
    softmax(alignment);
    std::fill(step.alignment + first + length, step.alignment + first + sizes.source_length, 0.0F);
    use_values(source.annotations, source.rounded_annotations, first * h_units, length * h_units,
               [&](auto annotations) {
                 weighted_sum(alignment, annotations, {step.context + b * h_units, h_units});
               });
  }
}

}  // namespace

void additive_attention_forward(const AttentionSource& source, const AttentionStep& step) {
  const bool plain = source.form == KeyForm::kPlain;
  ATTEND_CHECK(!plain || source.rounded_projected == nullptr);
  const std::span weight(source.weight, source.sizes.attention_units);
  attention_forward(source, step, [&](auto query, auto projected, std::span<float> energies) {
    if constexpr (std::is_same_v<decltype(projected), std::span<const float>>) {
      if (plain) {
        return additive_energies(query, projected, weight, source.bias, source.activation,
                                 energies);
      }
    }
    additive_energies_of_keys(query, projected, weight, source.bias, source.activation, energies);
  });
}

void additive_energies_backward(KeyForm form, std::span<const float> query,
                                std::span<const float> keys, std::span<const float> weight,
                                std::span<const float> d_energies,
                                const AttentionGradients& gradients) {
  const auto backward = form == KeyForm::kExponential
                            ? HWY_DYNAMIC_DISPATCH(exponentials_backward_of_floats)
                            : HWY_DYNAMIC_DISPATCH(energies_backward);
  backward(query.data(), keys.data(), weight.data(), d_energies.data(), d_energies.size(),
           query.size(), gradients);
}

void additive_energies_backward(std::span<const float> query, std::span<const Bfloat16> keys,
                                std::span<const float> weight, std::span<const float> d_energies,
                                const AttentionGradients& gradients) {
  HWY_DYNAMIC_DISPATCH(exponentials_backward_of_rounded)
  (query.data(), keys.data(), weight.data(), d_energies.data(), d_energies.size(), query.size(),
   gradients);
}

void additive_attention_backward(const AttentionSource& source, const AttentionStep& step,
                                 const AttentionResultGradients& results,
                                 const AttentionGradients& gradients, std::span<float> scratch) {
  const AttentionSizes& sizes = source.sizes;
  const std::size_t units = sizes.attention_units;
  ATTEND_CHECK_EQ(source.lengths.size(), sizes.batch);
  ATTEND_CHECK(scratch.size() >= sizes.source_length);
  ATTEND_CHECK(source.activation == EnergyActivation::kLinear || step.energies != nullptr);
  for (std::size_t b = 0; b < sizes.batch; ++b) {
    const auto length = static_cast<std::size_t>(source.lengths[b]);
    const std::size_t first = b * sizes.source_length;
    const std::span<float> d_energies = scratch.first(length);
    *gradients.bias += energy_gradients(source, step, results, b, d_energies);
    const float* query = step.query + b * units;
    const AttentionGradients own{gradients.projected + first * units, gradients.weight, nullptr,
                                 gradients.query + b * units};
    if (source.rounded_projected != nullptr) {
      HWY_DYNAMIC_DISPATCH(exponentials_backward_of_rounded)
      (query, source.rounded_projected + first * units, source.weight, d_energies.data(), length,
       units, own);
      continue;
    }
    const auto backward = source.form == KeyForm::kExponential
                              ? HWY_DYNAMIC_DISPATCH(exponentials_backward_of_floats)
                              : HWY_DYNAMIC_DISPATCH(energies_backward);
    backward(query, source.projected + first * units, source.weight, d_energies.data(), length,
             units, own);
  }
}

void dot_attention_forward(const AttentionSource& source, const AttentionStep& step) {
  attention_forward(source, step, [&](auto query, auto keys, std::span<float> energies) {
    dot_energies(query, keys, source.bias, source.activation, energies);
  });
}

void dot_attention_backward(const AttentionSource& source, const AttentionStep& step,
                            const AttentionResultGradients& results,
                            const DotAttentionGradients& gradients) {
  const AttentionSizes& sizes = source.sizes;
  const std::size_t units = sizes.attention_units;
  ATTEND_CHECK_EQ(source.lengths.size(), sizes.batch);
  ATTEND_CHECK(source.activation == EnergyActivation::kLinear || step.energies != nullptr);
  for (std::size_t b = 0; b < sizes.batch; ++b) {
    const auto length = static_cast<std::size_t>(source.lengths[b]);
    const std::size_t first = b * sizes.source_length;
    const std::span<float> d_energies(gradients.energies + first, length);
    *gradients.bias += energy_gradients(source, step, results, b, d_energies);
    std::fill(gradients.energies + first + length, gradients.energies + first + sizes.source_length,
              0.0F);
    use_values(source.projected, source.rounded_projected, first * units, length * units,
               [&](auto keys) {
                 weighted_sum(d_energies, keys, {gradients.query + b * units, units});
               });
  }
}

void add_weighted_rows(const AttentionSizes& sizes, std::span<const std::int32_t> lengths,
                       const WeightedRows& rows, float* to) {
  ATTEND_CHECK_EQ(lengths.size(), sizes.batch);
  for (std::size_t b = 0; b < sizes.batch; ++b) {
    HWY_DYNAMIC_DISPATCH(add_rows_of_sentence)
    (rows.weights + b * sizes.source_length, rows.rows + b * rows.units, rows.steps,
     sizes.batch * sizes.source_length, sizes.batch * rows.units, rows.units,
     static_cast<std::size_t>(lengths[b]), to + b * sizes.source_length * rows.units);
  }
}

}  // namespace attend::kernels
#endif  // HWY_ONCE
