#include "train/native_cell.h"

#include "base/base.h"

namespace attend::train {

using at::Tensor;
using kernels::ConstRows;
using kernels::Operand;
using kernels::Rows;
using kernels::RowsPerProduct;
using kernels::Write;

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

// Rows of z and r (or all of an LSTM), and of the candidate.
Tensor joint_block(const CellShape& shape, const Tensor& weight) {
  return weight.narrow(0, 0, static_cast<std::int64_t>(joint_units(shape)));
}
Tensor candidate_block(const CellShape& shape, const Tensor& weight) {
  return weight.narrow(0, 2 * shape.units, shape.units);
}

}  // namespace

ForwardCell::ForwardCell(Products& products, const CellShape& shape, const Tensor& weight,
                         const Tensor& bias)
    : shape_(shape),
      bias_(bias),
      gates_(products.forward(joint_block(shape, weight), RowsPerProduct::kStep)),
      candidate_(shape.lstm()
                     ? nullptr
                     : &products.forward(candidate_block(shape, weight), RowsPerProduct::kStep)) {
  ATTEND_CHECK(weight.is_contiguous() && weight.size(0) == shape.gate_units());
}

void ForwardCell::step(const CellStep& step) const {
  const std::size_t n = size(shape_.units);
  const kernels::CellSizes sizes{step.rows, n};
  const kernels::GateFunction function = gate_function(shape_);
  gates_.multiply(step.previous, step.rows, nullptr, step.gates, Write::kAdd);
  if (shape_.lstm()) {
    return kernels::lstm_forward(sizes, function, step.gates, step.previous_cell, step.cell,
                                 step.state);
  }
  if (shape_.resets_before()) {
    kernels::gru_gates_forward(sizes, function, step.gates, step.previous, step.reset);
    candidate_->multiply(step.reset, step.rows, nullptr, step.gates.column(2 * n), Write::kAdd);
    return kernels::gru_state_forward(sizes, gru_options(shape_).update, step.gates, step.previous,
                                      step.state);
  }
  candidate_->multiply(step.previous, step.rows, bias_.data_ptr<float>(), step.reset,
                       Write::kReplace);
  kernels::gru_after_forward(sizes, gru_options(shape_), step.gates, step.reset, step.previous,
                             step.state);
}

BackwardCell::BackwardCell(Products& products, const CellShape& shape, const Tensor& weight,
                           std::int64_t rows)
    : shape_(shape),
      gates_(products.backward(joint_block(shape, weight), RowsPerProduct::kStep)),
      candidate_(shape.lstm()
                     ? nullptr
                     : &products.backward(candidate_block(shape, weight), RowsPerProduct::kStep)) {
  ATTEND_CHECK(weight.is_contiguous() && weight.size(0) == shape.gate_units());
  if (!shape.lstm()) scratch_.resize(size(rows) * size(shape.units));
}

void BackwardCell::step(const CellStep& step, ConstRows d_state, Rows carry, Rows cell_carry) {
  const std::size_t n = size(shape_.units);
  const kernels::CellSizes sizes{step.rows, n};
  const kernels::GateFunction function = gate_function(shape_);
  if (shape_.lstm()) {
    kernels::lstm_backward(sizes, function, step.gates, step.previous_cell, step.cell, d_state,
                           carry, cell_carry);
    return gates_.multiply(step.gates, step.rows, nullptr, carry, Write::kReplace);
  }
  kernels::gru_state_backward(sizes, gru_options(shape_), step.gates, step.previous, d_state,
                              carry);
  const Rows d_candidate = step.gates.column(2 * n);
  if (shape_.resets_before()) {
    const Rows d_reset{scratch_.data(), n};
    candidate_->multiply(d_candidate, step.rows, nullptr, d_reset, Write::kReplace);
    kernels::gru_before_backward(sizes, function, step.gates, step.previous, d_reset, carry);
  } else {
    kernels::gru_after_backward(sizes, function, step.gates, step.reset);
    candidate_->multiply(step.reset, step.rows, nullptr, carry, Write::kAdd);
  }
  gates_.multiply(step.gates, step.rows, nullptr, carry, Write::kAdd);
}

void add_recurrent_gradient(const Products& products, const CellShape& shape,
                            const CellFactors& factors, const Tensor& gradient) {
  const Operand previous = products.operand(factors.previous);
  if (shape.lstm()) return add_product(products, factors.gates, previous, gradient);
  const std::size_t n = size(shape.units);
  add_product(products, factors.gates.columns(0, 2 * n), previous, joint_block(shape, gradient));
  const Operand reset = products.operand(factors.reset);
  const Tensor candidate = candidate_block(shape, gradient);
  if (shape.resets_before()) {
    add_product(products, factors.gates.columns(2 * n, n), reset, candidate);
  } else {
    add_product(products, reset, previous, candidate);
  }
}

}  // namespace attend::train
