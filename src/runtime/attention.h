// Additive attention: query → energies → alignment → context (§1.5, §4.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/encoder.h"

namespace attend::runtime {

/// What some queries looked at, one row each.
struct Look {
  kernels::Buffer query;      // [rows, n']                 W s, or exp(2 W s)
  kernels::Buffer energies;   // [rows, longest]            e, −∞ behind a row's source
  kernels::Buffer alignment;  // [rows, longest]            α, 0 behind a row's source
  kernels::Buffer context;    // [rows, annotation_units]   c, where somebody needs it
};

/// U h_j + b of every position [positions, n'], as exp(2 (U h_j + b)) where they are small enough:
/// then the energies need no exponential of their own.
struct Keys {
  std::vector<float> values;      // [positions, n']
  std::vector<char> exponential;  // [sources]
};

/// Immutable; safe to use from several threads.
class Attention {
 public:
  Attention(const model::AttentionConfig& config, const Tensors& tensors);

  /// Once for all steps and hypotheses.
  Keys project(const Annotations& annotations) const;

  /// Looks from the states [sources.size(), n]; row r looks at source sources[r]. Fills all but the
  /// contexts.
  void look(std::span<const float> states, std::span<const std::int32_t> sources,
            const Annotations& annotations, const Keys& keys, Look& look) const;

 private:
  std::size_t units_;                     // n'
  kernels::Matrix query_weight_;          // W [n', n]
  Linear projection_;                     // U [n', 2 n_e], b [n']
  std::span<const float> energy_weight_;  // v [n']
  float energy_bias_ = 0.0F;              // b_e
  kernels::EnergyActivation activation_;
};

/// y_r = Σ_j α_rj x_j: x [positions, width] are the annotations or something made of them, y
/// [sources.size(), width].
void sum_by_alignment(const Look& look, std::span<const std::int32_t> sources,
                      const Annotations& annotations, std::span<const float> x, std::size_t width,
                      std::span<float> y);

}  // namespace attend::runtime
