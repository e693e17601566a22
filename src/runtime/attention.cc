#include "runtime/attention.h"

#include <algorithm>
#include <limits>

#include "base/base.h"

namespace attend::runtime {

using model::Score;

Attention::Attention(const model::Configuration& configuration, const model::Weights& weights)
    : score_(configuration.attention.score),
      units_(static_cast<std::size_t>(score_ == Score::kAdditive ? configuration.attention.units
                                                                 : configuration.decoder.units)),
      activation_(configuration.attention.energies == model::Energies::kRelu
                      ? kernels::EnergyActivation::kRelu
                      : kernels::EnergyActivation::kLinear) {
  const Tensors tensors(weights, "attention");
  if (score_ != Score::kDot) {
    projection_ = {tensors.matrix("annotation_weight"), tensors.values("bias")};
  }
  if (score_ == Score::kAdditive) {
    query_weight_ = tensors.matrix("query_weight");
    energy_weight_ = tensors.values("energy_weight");
  }
  if (configuration.attention.energy_bias) energy_bias_ = tensors.values("energy_bias")[0];
}

std::vector<float> Attention::project(const Annotations& annotations) const {
  if (score_ == Score::kDot) return {};
  std::vector<float> projected(annotations.positions() * units_);
  projection_(annotations.values, annotations.positions(), projected);
  return projected;
}

// W s, or the state itself [rows, units].
std::span<const float> Attention::query(std::span<const float> states, std::size_t rows,
                                        Look& look) const {
  if (score_ != Score::kAdditive) return states;
  const std::span<float> query = look.query.get(rows * units_);
  query_weight_.multiply(states, rows, {}, query);
  return query;
}

// Of one query over the positions of its source.
void Attention::energies(std::span<const float> query, std::span<const float> projected,
                         std::span<float> energies) const {
  if (score_ == Score::kAdditive) {
    kernels::additive_energies(query, projected, energy_weight_, energy_bias_, activation_,
                               energies);
  } else {
    kernels::dot_energies(query, projected, energy_bias_, activation_, energies);
  }
}

void Attention::look(std::span<const float> states, std::span<const std::int32_t> sources,
                     const Annotations& annotations, std::span<const float> projected,
                     Look& look) const {
  const std::size_t rows = sources.size(), longest = annotations.longest;
  const std::span<const float> queries = query(states, rows, look);
  const std::span<const float> keys =
      score_ == Score::kDot ? std::span<const float>(annotations.values) : projected;
  const std::span<float> energies = look.energies.get(rows * longest);
  const std::span<float> alignment = look.alignment.get(rows * longest);
  const std::span<float> context = look.context.get(rows * annotations.units);
  for (std::size_t row = 0; row < rows; ++row) {
    const auto source = static_cast<std::size_t>(sources[row]);
    const std::size_t start = annotations.starts[source], length = annotations.lengths[source];
    const std::span<float> row_energies = row_of(energies, row, longest);
    const std::span<float> row_alignment = row_of(alignment, row, longest);
    const std::span<float> real = row_alignment.first(length);
    this->energies(row_of(queries, row, units_), keys.subspan(start * units_, length * units_),
                   row_energies.first(length));
    std::fill(row_energies.begin() + static_cast<std::ptrdiff_t>(length), row_energies.end(),
              -std::numeric_limits<float>::infinity());
    std::fill(row_alignment.begin(), row_alignment.end(), 0.0F);
    copy(row_energies.first(length), real);
    kernels::softmax(real);
    kernels::weighted_sum(real,
                          std::span<const float>(annotations.values)
                              .subspan(start * annotations.units, length * annotations.units),
                          row_of(context, row, annotations.units));
  }
}

}  // namespace attend::runtime
