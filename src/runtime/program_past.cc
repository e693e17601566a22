// Attention to the past (§11.2): a row reads what the earlier steps of its hypothesis have left.
// The definition is network/past_operations.cc.
#include <algorithm>

#include "runtime/program_run.h"

namespace attend::runtime {

using step::Op;
using step::Per;

bool ProgramRun::compute_past(const PreparedOperation& one) {
  const step::Operation& operation = *one.operation;
  switch (operation.node->op) {
    case Op::kPastDotEnergies:
    case Op::kPastAdditiveEnergies:
      past_energies(one);
      return true;
    case Op::kPastSoftmax:
      past_softmax(operation);
      return true;
    case Op::kPastSum:
      past_sum(operation);
      return true;
    default:
      return false;
  }
}

// How many earlier steps of a row an operation leaves out: it reads those that follow.
std::size_t ProgramRun::skipped_past(const step::Operation& operation, std::size_t row) const {
  const std::size_t all = values_.past().of(row).size();
  const auto recent = static_cast<std::size_t>(operation.node->recent);
  return recent == 0 || all <= recent ? 0 : all - recent;
}

// Calls visit(k, count, vectors) with the vectors [count, units] that the steps k … k + count − 1
// of a row's hypothesis have left, for as many steps at once as lie side by side.
template <typename Visit>
void ProgramRun::for_each_past(const step::Operation& operation, std::size_t row,
                               Visit visit) const {
  const std::span<const std::size_t> numbers = values_.past().of(row);
  const std::size_t kind = values_.past_kind(operation.inputs[1]);
  for (std::size_t k = skipped_past(operation, row); k < numbers.size();) {
    std::size_t count = 1;
    while (k + count < numbers.size() && numbers[k + count] == numbers[k] + count) ++count;
    visit(k, count, values_.past().vectors(kind, numbers[k], count));
    k += count;
  }
}

void ProgramRun::past_energies(const PreparedOperation& one) {
  const step::Operation& operation = *one.operation;
  const bool additive = operation.node->op == Op::kPastAdditiveEnergies;
  for (std::size_t row = 0; row < rows_; ++row) {
    const std::span<const float> query = values_.vector_of(operation.inputs[0], Per::kRow, row);
    const std::span<float> energies = values_.write_defined(operation.results[0], row);
    std::fill(energies.begin(), energies.end(), 0.0F);
    for_each_past(operation, row,
                  [&](std::size_t k, std::size_t count, std::span<const float> keys) {
                    const std::span<float> own = energies.subspan(k, count);
                    constexpr auto kLinear = kernels::EnergyActivation::kLinear;
                    if (additive) {
                      kernels::additive_energies(query, keys, one.values, 0.0F, kLinear, own);
                    } else {
                      kernels::dot_energies(query, keys, 0.0F, kLinear, own);
                    }
                  });
  }
}

void ProgramRun::past_softmax(const step::Operation& operation) {
  for (std::size_t row = 0; row < rows_; ++row) {
    const std::size_t skipped = skipped_past(operation, row);
    const std::span<const float> energies = values_.defined_of(operation.inputs[0], row);
    const std::span<float> alignment = values_.write_defined(operation.results[0], row);
    std::fill(alignment.begin(), alignment.end(), 0.0F);
    if (energies.empty()) continue;
    kernels::softmax(energies.subspan(skipped), alignment.subspan(skipped));
  }
}

void ProgramRun::past_sum(const step::Operation& operation) {
  const int result = operation.results[0];
  const std::size_t wide = values_.units(result);
  for (std::size_t row = 0; row < rows_; ++row) {
    const std::span<const float> alignment = values_.defined_of(operation.inputs[0], row);
    const std::span<float> sum = row_of(values_.write(result), row, wide);
    std::fill(sum.begin(), sum.end(), 0.0F);
    for_each_past(operation, row,
                  [&](std::size_t k, std::size_t count, std::span<const float> values) {
                    const std::span<float> part = part_.get(wide);
                    kernels::weighted_sum(alignment.subspan(k, count), values, part);
                    kernels::add(part, sum);
                  });
  }
}

}  // namespace attend::runtime
