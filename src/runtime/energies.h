// The arithmetic of attention that needs no configuration: keys and energies of the additive score,
// the softmax over the positions of a source, and sums by the alignment (§1.5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/encoder.h"

namespace attend::runtime {

/// The way in which the keys of a source are read.
enum class KeyLayout {
  kWhole,  ///< all positions of the source together: columns are stored where they are faster
  kParts   ///< any positions next to each other: no columns are stored
};

/// The keys of the additive score at all positions of all sources: k_j = U h_j + b. For a source
/// whose values are small enough (kernels::exponential_keys()) exp(2 k_j) is stored, so that its
/// energies need no exponential of their own (§15).
struct AdditiveKeys {
  // [positions, n']: k_j. A source that has exponentials, but no columns, has exp(2 k_j) here in
  // place of k_j.
  kernels::Array values;
  // [sources]: 1 if the source has exponentials, in `columns` if there are any, else in `values`.
  std::vector<char> exponential;
  // Only with KeyLayout::kWhole and n' ≤ kernels::kFewUnits (32): exp(2 k_j) of each source, unit
  // by unit, [n', kernels::padded_positions(length)].
  kernels::Array columns;
  // [sources + 1]: where each source begins in `columns`; empty without columns.
  std::vector<std::size_t> column_starts;

  std::size_t columns_size(std::size_t source) const {
    return column_starts[source + 1] - column_starts[source];
  }
};

/// Makes the keys of the values k_j [positions, units].
AdditiveKeys arrange_keys(const Annotations& annotations, kernels::Array values, std::size_t units,
                          KeyLayout layout = KeyLayout::kWhole);

/// Positions of one source, from `first` on.
struct PositionsOf {
  std::size_t source = 0;
  std::size_t first = 0;
};

/// e_j = activation(Σ_k energy_weight_k tanh(query_k + k_jk) + energy_bias) for energies.size()
/// positions of one source: all of them, or any if the keys have the layout kParts. Overwrites the
/// query [n'].
void additive_energies(std::span<float> query, const Annotations& annotations,
                       const AdditiveKeys& keys, const PositionsOf& positions,
                       std::span<const float> energy_weight, float energy_bias,
                       kernels::EnergyActivation activation, std::span<float> energies);

/// Sets the energies [rows, longest source] to −∞ where the row, which looks at source
/// sources[row], may not look: after the end of its source and at positions that
/// annotations.allowed excludes.
void close_energies(const Annotations& annotations, std::span<const std::int32_t> sources,
                    std::span<float> energies);

/// Sets the energies of some positions of one source to −∞ where annotations.allowed excludes them.
void close_positions(const Annotations& annotations, const PositionsOf& positions,
                     std::span<float> energies);

/// alignment ← the softmax of the energies of some positions of one source, where those that
/// annotations.allowed excludes get 0. If it excludes all of them, the alignment is zeros. Energies
/// and alignment hold equally many values.
void softmax_of_positions(const Annotations& annotations, const PositionsOf& positions,
                          std::span<const float> energies, std::span<float> alignment);

/// Computes the alignment of every row, which looks at source sources[row], from its energies: both
/// [rows, longest source]. The alignment is 0 where the row may not look. A row that may not look
/// anywhere gets an alignment of zeros.
void softmax_rows(const Annotations& annotations, std::span<const std::int32_t> sources,
                  std::span<const float> energies, std::span<float> alignment);

/// y_r = Σ_j α_rj x_j for every row r, which looks at source sources[r]: alignment [rows, longest
/// source], x [positions, width] (the annotations, or products of them), y [rows, width].
void sum_by_alignment(std::span<const float> alignment, std::span<const std::int32_t> sources,
                      const Annotations& annotations, std::span<const float> x, std::size_t width,
                      std::span<float> y);

}  // namespace attend::runtime
