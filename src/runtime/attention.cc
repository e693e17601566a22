#include "runtime/attention.h"

#include <algorithm>
#include <limits>

#include "base/base.h"

namespace attend::runtime {

Attention::Attention(const model::AttentionConfig& config, const model::Weights& weights)
    : units_(static_cast<std::size_t>(config.units)),
      activation_(config.energies == model::Energies::kRelu ? kernels::EnergyActivation::kRelu
                                                            : kernels::EnergyActivation::kLinear) {
  const Tensors tensors(weights, "attention");
  query_weight_ = tensors.matrix("query_weight");
  projection_ = {tensors.matrix("annotation_weight"), tensors.values("bias")};
  energy_weight_ = tensors.values("energy_weight");
  if (config.energy_bias) energy_bias_ = tensors.values("energy_bias")[0];
}

std::vector<float> Attention::project(const Annotations& annotations) const {
  std::vector<float> projected(annotations.positions() * units_);
  projection_(annotations.values, annotations.positions(), projected);
  return projected;
}

void Attention::look(std::span<const float> states, std::span<const std::int32_t> sources,
                     const Annotations& annotations, std::span<const float> projected,
                     Look& look) const {
  const std::size_t rows = sources.size(), longest = annotations.longest;
  const std::span<float> query = look.query.get(rows * units_);
  const std::span<float> energies = look.energies.get(rows * longest);
  const std::span<float> alignment = look.alignment.get(rows * longest);
  const std::span<float> context = look.context.get(rows * annotations.units);
  query_weight_.multiply(states, rows, {}, query);
  for (std::size_t row = 0; row < rows; ++row) {
    const auto source = static_cast<std::size_t>(sources[row]);
    const std::size_t start = annotations.starts[source], length = annotations.lengths[source];
    const std::span<float> row_energies = row_of(energies, row, longest);
    const std::span<float> row_alignment = row_of(alignment, row, longest);
    const std::span<float> real = row_alignment.first(length);
    kernels::additive_energies(row_of<const float>(query, row, units_),
                               projected.subspan(start * units_, length * units_), energy_weight_,
                               energy_bias_, activation_, row_energies.first(length));
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
