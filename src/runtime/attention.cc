#include "runtime/attention.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/base.h"

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
  Keys keys;
  if (score_ == Score::kDot) return keys;
  keys.values = kernels::Array(annotations.positions() * units_);
  projection_(annotations.values, annotations.positions(), keys.values.span());
  if (score_ != Score::kAdditive) return keys;
  if (units_ <= kernels::kFewUnits) return arrange_columns(annotations, std::move(keys));
  for (std::size_t source = 0; source < annotations.sources(); ++source) {
    const std::span<float> own = keys.values.span().subspan(annotations.starts[source] * units_,
                                                            annotations.lengths[source] * units_);
    keys.exponential.push_back(kernels::exponential_keys(own) ? 1 : 0);
  }
  return keys;
}

Keys Attention::arrange_columns(const Annotations& annotations, Keys keys) const {
  std::size_t size = 0;
  for (const std::size_t length : annotations.lengths) {
    keys.column_starts.push_back(size);
    size += kernels::padded_positions(length) * units_;
  }
  keys.columns = kernels::Array(size);
  keys.column_starts.push_back(size);
  for (std::size_t source = 0; source < annotations.sources(); ++source) {
    const auto own = keys.values.span().subspan(annotations.starts[source] * units_,
                                                annotations.lengths[source] * units_);
    const bool fit = kernels::exponential_columns(
        own, units_,
        keys.columns.span().subspan(keys.column_starts[source], keys.columns_size(source)));
    keys.exponential.push_back(fit ? 1 : 0);
  }
  return keys;
}

// Computes the energies of one query over the positions of its source; overwrites the query.
void Attention::additive_energies(std::span<float> query, const Annotations& annotations,
                                  const Keys& keys, std::size_t source,
                                  std::span<float> energies) const {
  if (keys.exponential[source] == 0) {
    const auto own =
        keys.values.span().subspan(annotations.starts[source] * units_, energies.size() * units_);
    return kernels::additive_energies(query, own, energy_weight_, energy_bias_, activation_,
                                      energies);
  }
  if (units_ <= kernels::kFewUnits) {
    const auto columns =
        keys.columns.span().subspan(keys.column_starts[source], keys.columns_size(source));
    return kernels::additive_energies_of_columns(query, columns, energy_weight_, energy_bias_,
                                                 activation_, energies);
  }
  const auto own =
      keys.values.span().subspan(annotations.starts[source] * units_, energies.size() * units_);
  kernels::exponential_query(query);
  kernels::additive_energies_of_keys(query, own, energy_weight_, energy_bias_, activation_,
                                     energies);
}

void Attention::dot_energies(std::span<const float> state, const Annotations& annotations,
                             const Keys& keys, std::size_t source,
                             std::span<float> energies) const {
  const std::span<const float> all =
      score_ == Score::kDot ? annotations.values.span() : keys.values.span();
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
      additive_energies(row_of(queries, row, units_), annotations, keys, source, real);
    } else {
      dot_energies(row_of(states, row, units_), annotations, keys, source, real);
    }
  }
  // Consecutive rows do not wait for each other's sums.
  for (std::size_t row = 0; row < rows; ++row) {
    const std::size_t length = annotations.lengths[static_cast<std::size_t>(sources[row])];
    const std::span<float> row_energies = row_of(energies, row, longest);
    const std::span<float> row_alignment = row_of(alignment, row, longest);
    kernels::softmax(row_energies.first(length), row_alignment.first(length));
    if (length == longest) continue;
    std::fill(row_energies.begin() + static_cast<std::ptrdiff_t>(length), row_energies.end(),
              -std::numeric_limits<float>::infinity());
    std::fill(row_alignment.begin() + static_cast<std::ptrdiff_t>(length), row_alignment.end(),
              0.0F);
  }
}

void sum_by_alignment(const Look& look, std::span<const std::int32_t> sources,
                      const Annotations& annotations, std::span<const float> x, std::size_t width,
                      std::span<float> y) {
  const kernels::ConstRows alignments{look.alignment.data(), annotations.longest};
  const kernels::Rows sums{y.data(), width};
  for (std::size_t row = 0; row < sources.size();) {
    std::size_t end = row + 1;  // after the last hypothesis of this source
    while (end < sources.size() && sources[end] == sources[row]) ++end;
    const auto source = static_cast<std::size_t>(sources[row]);
    const std::size_t start = annotations.starts[source], length = annotations.lengths[source];
    kernels::weighted_sums(alignments.from(row), end - row, length,
                           x.subspan(start * width, length * width), sums.from(row), width);
    row = end;
  }
}

}  // namespace attend::runtime
