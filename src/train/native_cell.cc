#include "train/native_cell.h"

#include "base/base.h"

namespace attend::train {

using at::Tensor;
using kernels::ConstRows;
using kernels::Rows;

namespace {

std::size_t size(std::int64_t value) { return static_cast<std::size_t>(value); }

kernels::GateFunction gate_function(const CellShape& shape) {
  return shape.config.gates == model::Gates::kHard ? kernels::GateFunction::kHard
                                                   : kernels::GateFunction::kLogistic;
}

kernels::GruOptions gru_options(const CellShape& shape) {
  return {gate_function(shape), shape.config.update == model::GruUpdate::kNew
                                    ? kernels::UpdateGate::kNew
                                    : kernels::UpdateGate::kOld};
}

// Gates that are multiplied together: all of an LSTM, z and r of a GRU.
std::size_t joint_units(const CellShape& shape) {
  return size(shape.lstm() ? 4 * shape.units : 2 * shape.units);
}

const float* candidate_weight(const CellShape& shape, const Tensor& weight) {
  return weight.data_ptr<float>() + joint_units(shape) * size(shape.units);
}

}  // namespace

Rows rows_of(const Tensor& matrix) {
  ATTEND_CHECK(matrix.dim() == 2 && matrix.stride(1) == 1);
  return {matrix.data_ptr<float>(), size(matrix.stride(0))};
}

Rows rows_at(const Tensor& sequence, std::int64_t t) {
  ATTEND_CHECK(sequence.dim() == 3 && sequence.is_contiguous());
  return {sequence.data_ptr<float>() + t * sequence.stride(0), size(sequence.size(2))};
}

ForwardCell::ForwardCell(const CellShape& shape, const Tensor& weight, const Tensor& bias)
    : shape_(shape),
      bias_(bias),
      gates_(weight.data_ptr<float>(), joint_units(shape), size(shape.units),
             {size(shape.units), 1}) {
  ATTEND_CHECK(weight.is_contiguous() && weight.size(0) == shape.gate_units());
  if (shape.lstm()) return;
  const std::size_t n = size(shape.units);
  candidate_.emplace(candidate_weight(shape, weight), n, n, kernels::WeightStrides{n, 1});
}

void ForwardCell::step(const CellStep& step) const {
  const std::size_t n = size(shape_.units);
  const kernels::CellSizes sizes{step.rows, n};
  const kernels::GateFunction function = gate_function(shape_);
  gates_.multiply_add(step.previous, step.rows, step.gates);
  if (shape_.lstm()) {
    return kernels::lstm_forward(sizes, function, step.gates, step.previous_cell, step.cell,
                                 step.state);
  }
  if (shape_.resets_before()) {
    kernels::gru_gates_forward(sizes, function, step.gates, step.previous, step.reset);
    candidate_->multiply_add(step.reset, step.rows, step.gates.column(2 * n));
    return kernels::gru_state_forward(sizes, gru_options(shape_).update, step.gates, step.previous,
                                      step.state);
  }
  candidate_->multiply(step.previous, step.rows, bias_.data_ptr<float>(), step.reset);
  kernels::gru_after_forward(sizes, gru_options(shape_), step.gates, step.reset, step.previous,
                             step.state);
}

BackwardCell::BackwardCell(const CellShape& shape, const Tensor& weight, std::int64_t rows)
    : shape_(shape),
      gates_(weight.data_ptr<float>(), size(shape.units), joint_units(shape),
             {1, size(shape.units)}) {
  ATTEND_CHECK(weight.is_contiguous() && weight.size(0) == shape.gate_units());
  if (shape.lstm()) return;
  const std::size_t n = size(shape.units);
  candidate_.emplace(candidate_weight(shape, weight), n, n, kernels::WeightStrides{1, n});
  scratch_.resize(size(rows) * n);
}

void BackwardCell::step(const CellStep& step, ConstRows d_state, Rows carry, Rows cell_carry) {
  const std::size_t n = size(shape_.units);
  const kernels::CellSizes sizes{step.rows, n};
  const kernels::GateFunction function = gate_function(shape_);
  if (shape_.lstm()) {
    kernels::lstm_backward(sizes, function, step.gates, step.previous_cell, step.cell, d_state,
                           carry, cell_carry);
    return gates_.multiply(step.gates, step.rows, nullptr, carry);
  }
  kernels::gru_state_backward(sizes, gru_options(shape_), step.gates, step.previous, d_state,
                              carry);
  const Rows d_candidate = step.gates.column(2 * n);
  if (shape_.resets_before()) {
    const Rows d_reset{scratch_.data(), n};
    candidate_->multiply(d_candidate, step.rows, nullptr, d_reset);
    kernels::gru_before_backward(sizes, function, step.gates, step.previous, d_reset, carry);
  } else {
    kernels::gru_after_backward(sizes, function, step.gates, step.reset);
    candidate_->multiply_add(step.reset, step.rows, carry);
  }
  gates_.multiply_add(step.gates, step.rows, carry);
}

Tensor recurrent_weight_gradient(const CellShape& shape, const Tensor& gates, const Tensor& reset,
                                 const Tensor& previous) {
  if (shape.lstm()) return gates.t().mm(previous);
  const std::int64_t n = shape.units;
  Tensor gradient = at::empty({3 * n, n}, gates.options());
  Tensor joint = gradient.narrow(0, 0, 2 * n), candidate = gradient.narrow(0, 2 * n, n);
  at::mm_out(joint, gates.narrow(1, 0, 2 * n).t(), previous);
  if (shape.resets_before()) {
    at::mm_out(candidate, gates.narrow(1, 2 * n, n).t(), reset);
  } else {
    at::mm_out(candidate, reset.t(), previous);
  }
  return gradient;
}

}  // namespace attend::train
