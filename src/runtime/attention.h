// Attention: state → query → energies → alignment → context (§1.5, §4.1, §6.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "runtime/energies.h"

namespace attend::runtime {

/// The results of attention for some queries, one row each, and the queries themselves.
struct Look {
  kernels::Buffer query;      // [rows, n']: W s or exp(2 W s), additive score only
  kernels::Buffer energies;   // [rows, longest source]: e; −∞ where the row may not look
  kernels::Buffer alignment;  // [rows, longest source]: α; 0 where the row may not look
  // [rows, n_h]: c. look() leaves it alone; a caller that needs c fills it by sum_by_alignment().
  kernels::Buffer context;
};

/// The keys that queries are compared with, at all positions of all sources. With the dot score
/// both are empty, because the annotations are the keys.
struct Keys {
  AdditiveKeys additive;     // additive score only
  kernels::Array projected;  // general score only: [positions, n], W h_j
};

/// Immutable; safe to use from several threads.
class Attention {
 public:
  Attention(const model::Configuration& configuration, const Tensors& tensors);

  /// Computes the keys, once for all steps and hypotheses.
  Keys project(const Annotations& annotations) const;

  /// Computes queries, energies and alignments from the states [sources.size(), n]; row r looks at
  /// source sources[r]. Does not compute the contexts.
  void look(std::span<const float> states, std::span<const std::int32_t> sources,
            const Annotations& annotations, const Keys& keys, Look& look) const;

 private:
  void dot_energies(std::span<const float> state, const Annotations& annotations, const Keys& keys,
                    std::size_t source, std::span<float> energies) const;

  model::Score score_;
  std::size_t units_;                     // n'; general and dot: n
  kernels::Matrix query_weight_;          // W [n', n], additive
  Linear projection_;                     // U [n', n_h], b [n']; general: W [n, n_h]
  std::span<const float> energy_weight_;  // v [n'], additive
  float energy_bias_ = 0.0F;              // b_e
  kernels::EnergyActivation activation_;
};

}  // namespace attend::runtime
