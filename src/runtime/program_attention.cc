// The attention of a step program. A row looks at all positions of its source, or at those of a
// window (§6.3).
#include <algorithm>
#include <cmath>

#include "runtime/program_run.h"

namespace attend::runtime {

using step::Op;
using step::Per;

bool ProgramRun::compute_attention(const PreparedOperation& one) {
  const step::Operation& operation = *one.operation;
  switch (operation.node->op) {
    case Op::kAdditiveEnergies:
      additive_energies(one);
      return true;
    case Op::kDotEnergies:
      dot_energies(operation);
      return true;
    case Op::kLocationEnergies:
      location_energies(operation);
      return true;
    case Op::kSoftmax:
      softmax(operation);
      return true;
    case Op::kWeightedSum:
      weighted_sum(operation);
      return true;
    case Op::kGaussian:
      gaussian(operation);
      return true;
    case Op::kSpread:
      spread(operation);
      return true;
    default:
      return false;
  }
}

// Returns the positions that a row looks at. The last operand of an operation in a window is the
// centre of each row.
Window ProgramRun::positions_seen(const step::Operation& operation, std::size_t row) const {
  const step::Node& node = *operation.node;
  std::size_t length = values_.length(row);
  if (node.limit > 0) length = std::min(length, static_cast<std::size_t>(node.limit));
  if (node.reach == 0) return {0, 0, length};
  const float centre = values_.vector_of(operation.inputs.back(), Per::kRow, row)[0];
  return window_around(centre, static_cast<std::size_t>(node.reach), length);
}

// Returns the numbers of the positions that a row looks at, and sets its other numbers to 0.
std::span<float> ProgramRun::seen_part(int slot, std::size_t row, const Window& seen) {
  const std::span<float> all = row_of(values_.write(slot), row, values_.width(slot));
  const auto begin = all.begin() + static_cast<std::ptrdiff_t>(seen.skipped);
  std::fill(all.begin(), begin, 0.0F);
  std::fill(begin + static_cast<std::ptrdiff_t>(seen.count), all.end(), 0.0F);
  return all.subspan(seen.skipped, seen.count);
}

PositionsOf ProgramRun::place_of(std::size_t row, const Window& seen) const {
  return {static_cast<std::size_t>(values_.sources()[row]), seen.first};
}

void ProgramRun::additive_energies(const PreparedOperation& one) {
  const step::Operation& operation = *one.operation;
  const std::size_t wide = values_.units(operation.inputs[0]);
  const bool has_features = !one.features.empty();
  const AdditiveKeys& keys = prepared_.at(&one).keys;
  for (std::size_t row = 0; row < rows_; ++row) {
    const Window seen = positions_seen(operation, row);
    const std::span<float> energies = seen_part(operation.results[0], row, seen);
    if (seen.count == 0) continue;
    const std::span<const float> query = values_.vector_of(operation.inputs[0], Per::kRow, row);
    if (has_features) {
      additive_energies_of_features(one, row, query, energies);
      continue;
    }
    const std::span<float> own = part_.get(wide);  // the kernel overwrites it
    copy(query, own);
    runtime::additive_energies(own, annotations_, keys, place_of(row, seen), one.values, 0.0F,
                               kernels::EnergyActivation::kLinear, energies);
  }
}

// e_j = v · tanh(q + k_j + W_f f_j + …) at all positions of a row's source.
void ProgramRun::additive_energies_of_features(const PreparedOperation& one, std::size_t row,
                                               std::span<const float> query,
                                               std::span<float> energies) {
  const std::vector<int>& inputs = one.operation->inputs;  // the query, the keys, the features
  const std::size_t size = energies.size() * query.size();
  const std::span<float> sums = part_.get(size);
  for (std::size_t k = 0; k < one.features.size(); ++k) {
    const std::span<float> to = k == 0 ? sums : product_.get(size);
    one.features[k].multiply(values_.defined_of(inputs[k + 2], row), energies.size(), {}, to);
    if (k > 0) kernels::add(to, sums);
  }
  kernels::add(values_.operand(inputs[1], Per::kRowPosition, row), sums);
  kernels::additive_energies(query, sums, one.values, 0.0F, kernels::EnergyActivation::kLinear,
                             energies);
}

void ProgramRun::dot_energies(const step::Operation& operation) {
  const int keys = operation.inputs[1];
  const std::size_t wide = values_.units(keys);
  for (std::size_t row = 0; row < rows_; ++row) {
    const Window seen = positions_seen(operation, row);
    const std::span<float> energies = seen_part(operation.results[0], row, seen);
    if (seen.count == 0) continue;
    kernels::dot_energies(
        values_.vector_of(operation.inputs[0], Per::kRow, row),
        values_.operand(keys, Per::kRowPosition, row).subspan(seen.first * wide, seen.count * wide),
        0.0F, kernels::EnergyActivation::kLinear, energies);
  }
}

void ProgramRun::location_energies(const step::Operation& operation) {
  for (std::size_t row = 0; row < rows_; ++row) {
    const Window seen = positions_seen(operation, row);
    const std::span<const float> numbers = values_.vector_of(operation.inputs[0], Per::kRow, row);
    copy(numbers.subspan(seen.first, seen.count), seen_part(operation.results[0], row, seen));
  }
}

void ProgramRun::softmax(const step::Operation& operation) {
  const int energies = operation.inputs[0];
  for (std::size_t row = 0; row < rows_; ++row) {
    const Window seen = positions_seen(operation, row);
    const std::span<float> alignment = seen_part(operation.results[0], row, seen);
    if (seen.count == 0) continue;
    const std::span<const float> own = values_.vector_of(energies, Per::kRowPosition, row);
    normalise(operation.node->normaliser, place_of(row, seen),
              own.subspan(seen.skipped, seen.count), alignment);
  }
}

// alignment ← the weights of the energies of some positions; closed ones get 0.
void ProgramRun::normalise(step::Normaliser normaliser, const PositionsOf& positions,
                           std::span<const float> energies, std::span<float> alignment) {
  if (normaliser == step::Normaliser::kSoftmax) {
    return softmax_of_positions(annotations_, positions, energies, alignment);
  }
  copy(energies, alignment);
  close_positions(annotations_, positions, alignment);
  const std::span<float> scratch = part_.get(alignment.size());
  if (normaliser == step::Normaliser::kSparsemax) {
    kernels::sparsemax(alignment, scratch);
  } else {
    kernels::entmax(alignment, scratch);
  }
}

void ProgramRun::weighted_sum(const step::Operation& operation) {
  const int alignment = operation.inputs[0], values = operation.inputs[1];
  const std::size_t wide = values_.units(values);
  const std::span<float> sums = values_.write(operation.results[0]);
  if (operation.node->reach == 0) {
    return sum_by_alignment(values_.read(alignment), values_.sources(), annotations_,
                            values_.read(values), wide, sums);
  }
  for (std::size_t row = 0; row < rows_; ++row) {
    const Window seen = positions_seen(operation, row);
    const std::span<float> sum = row_of(sums, row, wide);
    std::fill(sum.begin(), sum.end(), 0.0F);
    if (seen.count == 0) continue;
    kernels::weighted_sum(
        values_.vector_of(alignment, Per::kRow, row).subspan(seen.skipped, seen.count),
        values_.operand(values, Per::kRowPosition, row)
            .subspan(seen.first * wide, seen.count * wide),
        sum);
  }
}

// exp(−(j − p)² / (2 σ²)) with σ = D / 2 at all positions j of the window, where j − p is k − D −
// (p − floor(p)) for the k-th position.
void ProgramRun::gaussian(const step::Operation& operation) {
  const auto reach = static_cast<double>(operation.node->reach);
  const int result = operation.results[0];
  for (std::size_t row = 0; row < rows_; ++row) {
    const double centre = values_.vector_of(operation.inputs[0], Per::kRow, row)[0];
    const std::span<float> factors = row_of(values_.write(result), row, values_.width(result));
    for (std::size_t k = 0; k < factors.size(); ++k) {
      const double distance = static_cast<double>(k) - reach - (centre - std::floor(centre));
      factors[k] = static_cast<float>(std::exp(-2 * distance * distance / (reach * reach)));
    }
  }
}

void ProgramRun::spread(const step::Operation& operation) {
  const std::vector<char>& allowed = annotations_.allowed;
  const auto elsewhere = static_cast<float>(operation.node->elsewhere);
  for (std::size_t row = 0; row < rows_; ++row) {
    const Window seen = positions_seen(operation, row);
    const std::span<float> all = values_.write_defined(operation.results[0], row);
    std::fill(all.begin(), all.end(), elsewhere);
    copy(values_.vector_of(operation.inputs[0], Per::kRow, row).subspan(seen.skipped, seen.count),
         all.subspan(seen.first, seen.count));
    if (allowed.empty()) continue;
    for (std::size_t j = seen.first; j < seen.first + seen.count; ++j) {
      if (allowed[values_.start(row) + j] == 0) all[j] = elsewhere;
    }
  }
}

}  // namespace attend::runtime
