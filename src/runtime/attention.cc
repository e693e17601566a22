#include "runtime/attention.h"

#include <algorithm>
#include <limits>

#include "base/base.h"

namespace attend::runtime {

Attention::Attention(const model::AttentionConfig& config, const Tensors& all)
    : units_(static_cast<std::size_t>(config.units)),
      activation_(config.energies == model::Energies::kRelu ? kernels::EnergyActivation::kRelu
                                                            : kernels::EnergyActivation::kLinear) {
  const Tensors tensors = all.under("attention");
  query_weight_ = tensors.matrix("query_weight");
  projection_ = {tensors.matrix("annotation_weight"), tensors.values("bias")};
  energy_weight_ = tensors.values("energy_weight");
  if (config.energy_bias) energy_bias_ = tensors.values("energy_bias")[0];
}

Keys Attention::project(const Annotations& annotations) const {
  Keys keys;
  keys.values.resize(annotations.positions() * units_);
  projection_(annotations.values, annotations.positions(), keys.values);
  for (std::size_t source = 0; source < annotations.sources(); ++source) {
    const std::span<float> own =
        std::span(keys.values)
            .subspan(annotations.starts[source] * units_, annotations.lengths[source] * units_);
    keys.exponential.push_back(kernels::exponential_keys(own) ? 1 : 0);
  }
  return keys;
}

void Attention::look(std::span<const float> states, std::span<const std::int32_t> sources,
                     const Annotations& annotations, const Keys& keys, Look& look) const {
  const std::size_t rows = sources.size(), longest = annotations.longest;
  const std::span<float> query = look.query.get(rows * units_);
  const std::span<float> energies = look.energies.get(rows * longest);
  const std::span<float> alignment = look.alignment.get(rows * longest);
  query_weight_.multiply(states, rows, {}, query);
  for (std::size_t row = 0; row < rows; ++row) {
    const auto source = static_cast<std::size_t>(sources[row]);
    const std::size_t start = annotations.starts[source], length = annotations.lengths[source];
    const std::span<float> row_energies = row_of(energies, row, longest);
    const std::span<float> row_alignment = row_of(alignment, row, longest);
    const std::span<float> real = row_energies.first(length);
    const std::span<float> row_query = row_of(query, row, units_);
    const auto row_keys =
        std::span<const float>(keys.values).subspan(start * units_, length * units_);
    if (keys.exponential[source] != 0) {
      kernels::exponential_query(row_query);
      kernels::additive_energies_of_keys(row_query, row_keys, energy_weight_, energy_bias_,
                                         activation_, real);
    } else {
      kernels::additive_energies(row_query, row_keys, energy_weight_, energy_bias_, activation_,
                                 real);
    }
    std::fill(row_energies.begin() + static_cast<std::ptrdiff_t>(length), row_energies.end(),
              -std::numeric_limits<float>::infinity());
    std::fill(row_alignment.begin() + static_cast<std::ptrdiff_t>(length), row_alignment.end(),
              0.0F);
    copy(real, row_alignment.first(length));
    kernels::softmax(row_alignment.first(length));
  }
}

void sum_by_alignment(const Look& look, std::span<const std::int32_t> sources,
                      const Annotations& annotations, std::span<const float> x, std::size_t width,
                      std::span<float> y) {
  const std::span<const float> alignment{look.alignment.data(),
                                         sources.size() * annotations.longest};
  for (std::size_t row = 0; row < sources.size(); ++row) {
    const auto source = static_cast<std::size_t>(sources[row]);
    const std::size_t start = annotations.starts[source], length = annotations.lengths[source];
    kernels::weighted_sum(row_of(alignment, row, annotations.longest).first(length),
                          x.subspan(start * width, length * width), row_of(y, row, width));
  }
}

}  // namespace attend::runtime
