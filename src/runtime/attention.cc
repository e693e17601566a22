#include "runtime/attention.h"

#include <utility>

namespace attend::runtime {

using model::Score;

Attention::Attention(const model::Configuration& configuration, const Tensors& all)
    : score_(model::plan_score(configuration.attention).value()),
      units_(static_cast<std::size_t>(score_ == Score::kAdditive ? configuration.attention.units
                                                                 : configuration.decoder.units)),
      activation_(configuration.attention.energies == model::Energies::kRelu
                      ? kernels::EnergyActivation::kRelu
                      : kernels::EnergyActivation::kLinear) {
  const Tensors tensors = all.under("attention");
  if (score_ != Score::kDot) {
    projection_ = {tensors.matrix("annotation_weight"), tensors.values("bias")};
  }
  if (score_ == Score::kAdditive) {
    query_weight_ = tensors.matrix("query_weight");
    energy_weight_ = tensors.values("energy_weight");
  }
  if (configuration.attention.energy_bias) energy_bias_ = tensors.values("energy_bias")[0];
}

Keys Attention::project(const Annotations& annotations) const {
  if (score_ == Score::kDot) return {};
  kernels::Array values(annotations.positions() * units_);
  projection_(annotations.values, annotations.positions(), values.span());
  if (score_ == Score::kGeneral) return {{}, std::move(values)};
  return {arrange_keys(annotations, std::move(values), units_), {}};
}

void Attention::dot_energies(std::span<const float> state, const Annotations& annotations,
                             const Keys& keys, std::size_t source,
                             std::span<float> energies) const {
  const std::span<const float> all =
      score_ == Score::kDot ? annotations.values.span() : keys.projected.span();
  kernels::dot_energies(state,
                        all.subspan(annotations.starts[source] * units_, energies.size() * units_),
                        energy_bias_, activation_, energies);
}

void Attention::look(std::span<const float> states, std::span<const std::int32_t> sources,
                     const Annotations& annotations, const Keys& keys, Look& look) const {
  const std::size_t rows = sources.size(), longest = annotations.longest;
  const bool additive = score_ == Score::kAdditive;
  const std::span<float> queries = look.query.get(additive ? rows * units_ : 0);
  const std::span<float> energies = look.energies.get(rows * longest);
  const std::span<float> alignment = look.alignment.get(rows * longest);
  if (additive) query_weight_.multiply(states, rows, {}, queries);
  for (std::size_t row = 0; row < rows; ++row) {
    const auto source = static_cast<std::size_t>(sources[row]);
    const std::span<float> real = row_of(energies, row, longest).first(annotations.lengths[source]);
    if (additive) {
      additive_energies(row_of(queries, row, units_), annotations, keys.additive, {source},
                        energy_weight_, energy_bias_, activation_, real);
    } else {
      dot_energies(row_of(states, row, units_), annotations, keys, source, real);
    }
  }
  // In a loop of its own, because consecutive rows do not wait for each other's sums.
  close_energies(annotations, sources, energies);
  softmax_rows(annotations, sources, energies, alignment);
}

}  // namespace attend::runtime
