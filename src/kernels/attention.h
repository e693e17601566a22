// Attention of one query over the annotations of its source (§1.5), additive or by a dot product.
//
// The hypotheses of one source share its projected annotations; nothing is copied for a beam.
#pragma once

#include <cstddef>
#include <span>

#include "kernels/bfloat16.h"
#include "kernels/rows.h"

namespace attend::kernels {

enum class EnergyActivation { kLinear, kRelu };

/// e_j = activation(Σ_k weight_k tanh(query_k + projected_jk) + bias), j = 1 … energies.size().
/// `query` = W s [attention_units], `projected` = U h_j + b [length, attention_units].
void additive_energies(std::span<const float> query, std::span<const float> projected,
                       std::span<const float> weight, float bias, EnergyActivation activation,
                       std::span<float> energies);

/// e_j = activation(query · key_j + bias), j = 1 … energies.size(). `keys` [length, query.size()]
/// are h_j (dot) or W h_j (general).
void dot_energies(std::span<const float> query, std::span<const float> keys, float bias,
                  EnergyActivation activation, std::span<float> energies);
void dot_energies(std::span<const float> query, std::span<const Bfloat16> keys, float bias,
                  EnergyActivation activation, std::span<float> energies);

/// additive_energies() from exponentials, three times as fast: tanh(q + k) = 1 − 2 / (exp(2q) ·
/// exp(2k) + 1). `query` must come from exponential_query() and `keys` from exponential_keys().
void additive_energies_of_keys(std::span<const float> query, std::span<const float> keys,
                               std::span<const float> weight, float bias,
                               EnergyActivation activation, std::span<float> energies);
void additive_energies_of_keys(std::span<const float> query, std::span<const Bfloat16> keys,
                               std::span<const float> weight, float bias,
                               EnergyActivation activation, std::span<float> energies);

/// query ← exp(2 query). Each value is first cut to −26 … 26; beyond that the tanh of its sum with
/// any key (at most 17) is ±1.
void exponential_query(std::span<float> query);

/// projected ← exp(2 projected). Returns false and changes nothing when a magnitude exceeds 17 or a
/// value is NaN. Beyond 17 the product of two exponentials may exceed the range of float32.
bool exponential_keys(std::span<float> projected);
/// Writes exp(2 projected) to keys [projected.size()]. Returns false and writes nothing under the
/// same conditions.
bool exponential_keys(std::span<const float> projected, float* keys);
bool exponential_keys(std::span<const float> projected, Bfloat16* keys);

/// Keys of at most kFewUnits units are read faster when they are stored as columns: all positions
/// of unit 0, then all positions of unit 1, and so on.
inline constexpr std::size_t kFewUnits = 32;
/// Returns the length of a column: `length` positions, padded to a multiple of 16.
constexpr std::size_t padded_positions(std::size_t length) { return (length + 15) / 16 * 16; }

/// columns [units, padded_positions(length)] ← exp(2 projected) of projected [length, units],
/// length ≥ 1, units ≤ kFewUnits; the padding gets finite values. Returns false and writes nothing
/// under the conditions of exponential_keys().
bool exponential_columns(std::span<const float> projected, std::size_t units,
                         std::span<float> columns);

/// Computes additive_energies() with at most kFewUnits units from the columns that
/// exponential_columns() wrote. `query` is W s itself, not its exponential.
void additive_energies_of_columns(std::span<const float> query, std::span<const float> columns,
                                  std::span<const float> weight, float bias,
                                  EnergyActivation activation, std::span<float> energies);

/// c = Σ_j α_j h_j: `annotations` [alignment.size(), context.size()].
void weighted_sum(std::span<const float> alignment, std::span<const float> annotations,
                  std::span<float> context);
void weighted_sum(std::span<const float> alignment, std::span<const Bfloat16> annotations,
                  std::span<float> context);
/// weighted_sum() of `count` alignments of `length` positions over the same annotations [length,
/// units]. Each sum has the bits that weighted_sum() gives it.
void weighted_sums(ConstRows alignments, std::size_t count, std::size_t length,
                   std::span<const float> annotations, Rows contexts, std::size_t units);

}  // namespace attend::kernels
