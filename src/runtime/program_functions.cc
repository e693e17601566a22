// Functions of the numbers of single vectors in a step program.
#include <algorithm>
#include <cmath>
#include <limits>

#include "runtime/program_run.h"

namespace attend::runtime {

using step::Op;
using step::Per;

namespace {

float inverse_length_of(std::span<const float> x) {
  double squares = step::kLengthEpsilon;
  for (const float value : x) squares += static_cast<double>(value) * value;
  return static_cast<float>(1.0 / std::sqrt(squares));
}

}  // namespace

// Calls function(x, y) with the numbers of the operand and the result: all together, or row by row
// those that are defined.
template <typename Function>
void ProgramRun::apply(const step::Operation& operation, Function function) {
  const int input = operation.inputs[0], result = operation.results[0];
  if (values_.per(result) != Per::kRowPosition) {
    return function(values_.read(input), values_.write(result));
  }
  for (std::size_t row = 0; row < rows_; ++row) {
    function(values_.defined_of(input, row), values_.write_defined(result, row));
  }
}

// y_k = f(x_k).
template <typename Function>
void ProgramRun::map(const step::Operation& operation, Function function) {
  apply(operation, [function](std::span<const float> x, std::span<float> y) {
    std::transform(x.begin(), x.end(), y.begin(), function);
  });
}

// Returns how an operand is repeated for a result.
ProgramRun::Repetition ProgramRun::repetition(int input, int result) const {
  const Per own = values_.per(input);
  const bool moves = values_.per(result) == Per::kRowPosition &&
                     (own == Per::kPosition || own == Per::kRowPosition);
  const std::size_t units = values_.units(input);
  return {moves ? units : 0, units == 1 ? std::size_t{0} : 1};
}

// y_k = f(a_k, b_k), where operands are repeated.
template <typename Function>
void ProgramRun::join(const step::Operation& operation, Function function) {
  const int result = operation.results[0];
  const Per per = values_.per(result);
  const std::span<float> all = values_.write(result);
  const std::size_t wide = values_.width(result), units = values_.units(result);
  const Repetition of_a = repetition(operation.inputs[0], result),
                   of_b = repetition(operation.inputs[1], result);
  for (std::size_t i = 0; i < values_.count(per); ++i) {
    const std::span<float> y =
        per == Per::kRowPosition ? values_.write_defined(result, i) : row_of(all, i, wide);
    const float* a = values_.operand(operation.inputs[0], per, i).data();
    const float* b = values_.operand(operation.inputs[1], per, i).data();
    for (std::size_t j = 0; j * units < y.size(); ++j) {
      for (std::size_t k = 0; k < units; ++k) {
        y[j * units + k] =
            function(a[j * of_a.position + k * of_a.unit], b[j * of_b.position + k * of_b.unit]);
      }
    }
  }
}

void ProgramRun::change_in_place(const step::Operation& operation,
                                 void (*change)(std::span<float>)) {
  apply(operation, [change](std::span<const float> x, std::span<float> y) {
    copy(x, y);
    change(y);
  });
}

// 1 / sqrt(|x|² + ε).
void ProgramRun::inverse_length(const step::Operation& operation) {
  const std::size_t wide = values_.units(operation.inputs[0]);
  apply(operation, [wide](std::span<const float> x, std::span<float> y) {
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = inverse_length_of(row_of(x, i, wide));
  });
}

// x / sqrt(|x|² + ε).
void ProgramRun::unit_length(const step::Operation& operation) {
  const std::size_t wide = values_.units(operation.results[0]);
  apply(operation, [wide](std::span<const float> x, std::span<float> y) {
    for (std::size_t i = 0; i < y.size(); i += wide) {
      const float factor = inverse_length_of(x.subspan(i, wide));
      for (std::size_t k = 0; k < wide; ++k) y[i + k] = factor * x[i + k];
    }
  });
}

void ProgramRun::slice(const step::Operation& operation) {
  const std::size_t wide = values_.units(operation.inputs[0]);
  const std::size_t count = values_.units(operation.results[0]);
  const auto first = static_cast<std::size_t>(operation.node->first);
  apply(operation, [wide, count, first](std::span<const float> x, std::span<float> y) {
    for (std::size_t i = 0; i * count < y.size(); ++i) {
      copy(row_of(x, i, wide).subspan(first, count), row_of(y, i, count));
    }
  });
}

bool ProgramRun::compute_function(const PreparedOperation& one) {
  const step::Operation& operation = *one.operation;
  switch (operation.node->op) {
    case Op::kAdd:
      join(operation, [](float x, float y) { return x + y; });
      return true;
    case Op::kMultiply:
      join(operation, [](float x, float y) { return x * y; });
      return true;
    case Op::kDivide:
      join(operation, [](float x, float y) { return x / y; });
      return true;
    case Op::kMinimum:
      join(operation, [](float x, float y) { return std::min(x, y); });
      return true;
    case Op::kLogAddExp:
      join(operation, kernels::log_add_exp);
      return true;
    case Op::kTemporalEnergies:
      join(operation, [](float e, float l) {
        return l == -std::numeric_limits<float>::infinity() ? e : e - l;
      });
      return true;
    case Op::kScale: {
      const auto factor = static_cast<float>(operation.node->factor);
      map(operation, [factor](float x) { return factor * x; });
      return true;
    }
    case Op::kRelu:
      map(operation, [](float x) { return std::max(x, 0.0F); });
      return true;
    case Op::kTanh:
      change_in_place(operation, kernels::tanh);
      return true;
    case Op::kSigmoid:
      change_in_place(operation, kernels::logistic);
      return true;
    case Op::kMaxout:
      apply(operation, kernels::maxout);
      return true;
    case Op::kSlice:
      slice(operation);
      return true;
    case Op::kInverseLength:
      inverse_length(operation);
      return true;
    case Op::kUnitLength:
      unit_length(operation);
      return true;
    default:
      return false;
  }
}

}  // namespace attend::runtime
