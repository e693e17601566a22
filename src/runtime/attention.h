// Attention: state → query → energies → alignment → context (§1.5, §4.1, §6.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/encoder.h"

namespace attend::runtime {

/// What some queries looked at, one row each.
struct Look {
  kernels::Buffer query;      // [rows, n']                 W s, of the additive score
  kernels::Buffer energies;   // [rows, longest]            e, −∞ behind a row's source
  kernels::Buffer alignment;  // [rows, longest]            α, 0 behind a row's source
  kernels::Buffer context;    // [rows, annotation_units]   c
};

/// Immutable; safe to use from several threads.
class Attention {
 public:
  Attention(const model::Configuration& configuration, const model::Weights& weights);

  /// What a query meets at every position, once for all steps and hypotheses: U h_j + b [positions,
  /// n'] (additive), W h_j [positions, n] (general), nothing (dot: h_j itself).
  std::vector<float> project(const Annotations& annotations) const;

  /// Looks from the states [sources.size(), n]; row r looks at source sources[r].
  void look(std::span<const float> states, std::span<const std::int32_t> sources,
            const Annotations& annotations, std::span<const float> projected, Look& look) const;

 private:
  std::span<const float> query(std::span<const float> states, std::size_t rows, Look& look) const;
  void energies(std::span<const float> query, std::span<const float> projected,
                std::span<float> energies) const;

  model::Score score_;
  std::size_t units_;                     // n'; general and dot: n
  kernels::Matrix query_weight_;          // W [n', n], additive
  Linear projection_;                     // U [n', n_h], b [n']; general: W [n, n_h]
  std::span<const float> energy_weight_;  // v [n'], additive
  float energy_bias_ = 0.0F;              // b_e
  kernels::EnergyActivation activation_;
};

}  // namespace attend::runtime
