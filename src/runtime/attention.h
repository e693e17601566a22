// Attention: state → query → energies → alignment → context (§1.5, §4.1, §6.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/encoder.h"

namespace attend::runtime {

/// The results of attention for some queries, one row each, and the queries themselves.
struct Look {
  kernels::Buffer query;      // [rows, n']: W s or exp(2 W s), additive score only
  kernels::Buffer energies;   // [rows, longest source]: e; −∞ after the end of a row's source
  kernels::Buffer alignment;  // [rows, longest source]: α; 0 after the end of a row's source
  // [rows, n_h]: c. look() leaves it alone; a caller that needs c fills it by sum_by_alignment().
  kernels::Buffer context;
};

/// The keys that queries are compared with, at all positions of all sources. With the additive
/// score these are U h_j + b. A source whose values are small enough (kernels::exponential_keys())
/// has exp(2 (U h_j + b)) instead, so that its energies need no exponential of their own (§15).
struct Keys {
  // Additive: [positions, n'], the keys; always U h_j + b if n' ≤ kernels::kFewUnits (32).
  // General: [positions, n], W h_j. Dot: empty, because the annotations are the keys.
  kernels::Array values;
  // [sources]: 1 if the source has exponentials; additive only.
  std::vector<char> exponential;
  // Additive with n' ≤ kernels::kFewUnits: the exponentials of each source, unit by unit,
  // [n', kernels::padded_positions(length)].
  kernels::Array columns;
  std::vector<std::size_t> column_starts;  // [sources + 1]: where each source begins in `columns`

  std::size_t columns_size(std::size_t source) const {
    return column_starts[source + 1] - column_starts[source];
  }
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
  Keys arrange_columns(const Annotations& annotations, Keys keys) const;
  void additive_energies(std::span<float> query, const Annotations& annotations, const Keys& keys,
                         std::size_t source, std::span<float> energies) const;
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

/// y_r = Σ_j α_rj x_j: x [positions, width] holds the annotations or products of them, y
/// [sources.size(), width].
void sum_by_alignment(const Look& look, std::span<const std::int32_t> sources,
                      const Annotations& annotations, std::span<const float> x, std::size_t width,
                      std::span<float> y);

}  // namespace attend::runtime
