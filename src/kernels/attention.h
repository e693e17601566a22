// Attention of one query over the annotations of its source (§1.5), additive or by a dot product.
//
// Queries of several hypotheses of one source use the same projected annotations; nothing is copied
// for a beam.
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

/// The same from exponentials, three times as fast: tanh(q + k) = 1 − 2 / (exp(2q) · exp(2k) + 1).
/// `query` was made by exponential_query() and `keys` by exponential_keys().
void additive_energies_of_keys(std::span<const float> query, std::span<const float> keys,
                               std::span<const float> weight, float bias,
                               EnergyActivation activation, std::span<float> energies);
void additive_energies_of_keys(std::span<const float> query, std::span<const Bfloat16> keys,
                               std::span<const float> weight, float bias,
                               EnergyActivation activation, std::span<float> energies);

/// query ← exp(2 query), as far as the tanh of a sum with a key depends on it.
void exponential_query(std::span<float> query);

/// projected ← exp(2 projected); false, and nothing changed, where a magnitude exceeds 17 or is
/// NaN: beyond that the product of two exponentials need not fit into a float.
bool exponential_keys(std::span<float> projected);
/// The same into keys [projected.size()].
bool exponential_keys(std::span<const float> projected, float* keys);
bool exponential_keys(std::span<const float> projected, Bfloat16* keys);

/// Keys of so few units are better laid out unit by unit, with positions side by side.
inline constexpr std::size_t kFewUnits = 32;
/// Positions of such keys with their padding: what a unit takes.
constexpr std::size_t padded_positions(std::size_t length) { return (length + 15) / 16 * 16; }

/// columns [units, padded_positions(length)] ← exp(2 projected) of projected [length, units]; the
/// padding becomes some finite value. False, with nothing written, as exponential_keys(). At least
/// one position.
bool exponential_columns(std::span<const float> projected, std::size_t units,
                         std::span<float> columns);

/// additive_energies() of at most kFewUnits units from such columns; `query` = W s as it is.
void additive_energies_of_columns(std::span<const float> query, std::span<const float> columns,
                                  std::span<const float> weight, float bias,
                                  EnergyActivation activation, std::span<float> energies);

/// c = Σ_j α_j h_j: `annotations` [alignment.size(), context.size()].
void weighted_sum(std::span<const float> alignment, std::span<const float> annotations,
                  std::span<float> context);
void weighted_sum(std::span<const float> alignment, std::span<const Bfloat16> annotations,
                  std::span<float> context);
/// The same of `count` alignments of `length` positions over the same annotations [length, units];
/// the sums of each have the bits that they would have alone.
void weighted_sums(ConstRows alignments, std::size_t count, std::size_t length,
                   std::span<const float> annotations, Rows contexts, std::size_t units);

}  // namespace attend::kernels
