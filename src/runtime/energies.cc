#include "runtime/energies.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace attend::runtime {
namespace {

std::span<const float> columns_of(const AdditiveKeys& keys, std::size_t source) {
  return keys.columns.span().subspan(keys.column_starts[source], keys.columns_size(source));
}

void arrange_columns(const Annotations& annotations, std::size_t units, AdditiveKeys& keys) {
  std::size_t size = 0;
  for (const std::size_t length : annotations.lengths) {
    keys.column_starts.push_back(size);
    size += kernels::padded_positions(length) * units;
  }
  keys.columns = kernels::Array(size);
  keys.column_starts.push_back(size);
  for (std::size_t source = 0; source < annotations.sources(); ++source) {
    const auto own = keys.values.span().subspan(annotations.starts[source] * units,
                                                annotations.lengths[source] * units);
    const bool fit = kernels::exponential_columns(
        own, units,
        keys.columns.span().subspan(keys.column_starts[source], keys.columns_size(source)));
    keys.exponential.push_back(fit ? 1 : 0);
  }
}

void fill_from(std::span<float> row, std::size_t first, float value) {
  std::fill(row.begin() + static_cast<std::ptrdiff_t>(first), row.end(), value);
}

}  // namespace

AdditiveKeys arrange_keys(const Annotations& annotations, kernels::Array values, std::size_t units,
                          KeyLayout layout) {
  AdditiveKeys keys;
  keys.values = std::move(values);
  if (layout == KeyLayout::kWhole && units <= kernels::kFewUnits) {
    arrange_columns(annotations, units, keys);
    return keys;
  }
  for (std::size_t source = 0; source < annotations.sources(); ++source) {
    const std::span<float> own = keys.values.span().subspan(annotations.starts[source] * units,
                                                            annotations.lengths[source] * units);
    keys.exponential.push_back(kernels::exponential_keys(own) ? 1 : 0);
  }
  return keys;
}

void additive_energies(std::span<float> query, const Annotations& annotations,
                       const AdditiveKeys& keys, const PositionsOf& positions,
                       std::span<const float> energy_weight, float energy_bias,
                       kernels::EnergyActivation activation, std::span<float> energies) {
  const std::size_t units = query.size(), source = positions.source;
  const auto own = keys.values.span().subspan(
      (annotations.starts[source] + positions.first) * units, energies.size() * units);
  if (keys.exponential[source] == 0) {
    return kernels::additive_energies(query, own, energy_weight, energy_bias, activation, energies);
  }
  if (!keys.column_starts.empty()) {
    return kernels::additive_energies_of_columns(query, columns_of(keys, source), energy_weight,
                                                 energy_bias, activation, energies);
  }
  kernels::exponential_query(query);
  kernels::additive_energies_of_keys(query, own, energy_weight, energy_bias, activation, energies);
}

void close_positions(const Annotations& annotations, const PositionsOf& positions,
                     std::span<float> energies) {
  if (annotations.allowed.empty()) return;
  const char* allowed =
      annotations.allowed.data() + annotations.starts[positions.source] + positions.first;
  for (std::size_t j = 0; j < energies.size(); ++j) {
    if (allowed[j] == 0) energies[j] = -std::numeric_limits<float>::infinity();
  }
}

void close_energies(const Annotations& annotations, std::span<const std::int32_t> sources,
                    std::span<float> energies) {
  for (std::size_t row = 0; row < sources.size(); ++row) {
    const auto source = static_cast<std::size_t>(sources[row]);
    const std::span<float> own = row_of(energies, row, annotations.longest);
    close_positions(annotations, {source}, own.first(annotations.lengths[source]));
    fill_from(own, annotations.lengths[source], -std::numeric_limits<float>::infinity());
  }
}

void softmax_of_positions(const Annotations& annotations, const PositionsOf& positions,
                          std::span<const float> energies, std::span<float> alignment) {
  if (annotations.allowed.empty()) return kernels::softmax(energies, alignment);
  copy(energies, alignment);
  close_positions(annotations, positions, alignment);
  kernels::softmax(alignment);
}

void softmax_rows(const Annotations& annotations, std::span<const std::int32_t> sources,
                  std::span<const float> energies, std::span<float> alignment) {
  const std::size_t longest = annotations.longest;
  for (std::size_t row = 0; row < sources.size(); ++row) {
    const auto source = static_cast<std::size_t>(sources[row]);
    const std::size_t length = annotations.lengths[source];
    const std::span<float> own = row_of(alignment, row, longest);
    softmax_of_positions(annotations, {source}, row_of(energies, row, longest).first(length),
                         own.first(length));
    fill_from(own, length, 0.0F);
  }
}

void sum_by_alignment(std::span<const float> alignment, std::span<const std::int32_t> sources,
                      const Annotations& annotations, std::span<const float> x, std::size_t width,
                      std::span<float> y) {
  const kernels::ConstRows alignments{alignment.data(), annotations.longest};
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
