#include "train/native_cell.h"

#include <algorithm>

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

// What the recurrent products see of h_{t-1}: itself, or masked in `dropped`.
ConstRows drop(const kernels::CellSizes& sizes, ConstRows previous, const Tensor& mask,
               std::vector<float>& dropped) {
  if (!mask.defined()) return previous;
  const Rows result{dropped.data(), sizes.units};
  kernels::mask_states(sizes, previous, rows_of(mask), result);
  return result;
}

}  // namespace

ForwardCell::ForwardCell(Products& products, const CellShape& shape, const CellTensors& cell,
                         const Tensor& mask)
    : shape_(shape),
      bias_(cell.recurrent_bias),
      mask_(mask),
      gates_(products.forward(joint_block(shape, cell.recurrent_weight), RowsPerProduct::kStep)),
      candidate_(shape.lstm() ? nullptr
                              : &products.forward(candidate_block(shape, cell.recurrent_weight),
                                                  RowsPerProduct::kStep)) {
  ATTEND_CHECK(cell.recurrent_weight.is_contiguous() &&
               cell.recurrent_weight.size(0) == shape.gate_units());
  if (mask.defined()) dropped_.resize(size(mask.numel()));
}

void ForwardCell::step(const CellStep& step) {
  const std::size_t n = size(shape_.units);
  const kernels::CellSizes sizes{step.rows, n};
  const kernels::GateFunction function = gate_function(shape_);
  const ConstRows previous = drop(sizes, step.previous, mask_, dropped_);
  gates_.multiply(previous, step.rows, nullptr, step.gates, Write::kAdd);
  if (shape_.lstm()) {
    return kernels::lstm_forward(sizes, function, step.gates, step.previous_cell, step.cell,
                                 step.state);
  }
  if (shape_.resets_before()) {
    kernels::gru_gates_forward(sizes, function, step.gates, previous, step.reset);
    candidate_->multiply(step.reset, step.rows, nullptr, step.gates.column(2 * n), Write::kAdd);
    return kernels::gru_state_forward(sizes, gru_options(shape_).update, step.gates, step.previous,
                                      step.state);
  }
  candidate_->multiply(previous, step.rows, bias_.data_ptr<float>(), step.reset, Write::kReplace);
  kernels::gru_after_forward(sizes, gru_options(shape_), step.gates, step.reset, step.previous,
                             step.state);
}

BackwardCell::BackwardCell(Products& products, const CellShape& shape, const CellTensors& cell,
                           const Tensor& mask, std::int64_t rows)
    : shape_(shape),
      mask_(mask),
      gates_(products.backward(joint_block(shape, cell.recurrent_weight), RowsPerProduct::kStep)),
      candidate_(shape.lstm() ? nullptr
                              : &products.backward(candidate_block(shape, cell.recurrent_weight),
                                                   RowsPerProduct::kStep)) {
  ATTEND_CHECK(cell.recurrent_weight.is_contiguous() &&
               cell.recurrent_weight.size(0) == shape.gate_units());
  const std::size_t states = size(rows) * size(shape.units);
  if (!shape.lstm()) scratch_.resize(states);
  if (!mask.defined()) return;
  dropped_.resize(states);
  d_dropped_.resize(states);
}

void BackwardCell::step(const CellStep& step, ConstRows d_state, Rows carry, Rows cell_carry) {
  if (shape_.lstm()) return lstm(step, d_state, carry, cell_carry);
  const kernels::CellSizes sizes{step.rows, size(shape_.units)};
  kernels::gru_state_backward(sizes, gru_options(shape_), step.gates, step.previous, d_state,
                              carry);
  if (!mask_.defined()) return gru(step, carry);
  std::fill(d_dropped_.begin(), d_dropped_.end(), 0.0F);
  const Rows d_dropped{d_dropped_.data(), sizes.units};
  gru(step, d_dropped);
  kernels::add_masked(sizes, d_dropped, rows_of(mask_), carry);
}

void BackwardCell::lstm(const CellStep& step, ConstRows d_state, Rows carry, Rows cell_carry) {
  const kernels::CellSizes sizes{step.rows, size(shape_.units)};
  kernels::lstm_backward(sizes, gate_function(shape_), step.gates, step.previous_cell, step.cell,
                         d_state, carry, cell_carry);
  if (!mask_.defined()) {
    return gates_.multiply(step.gates, step.rows, nullptr, carry, Write::kReplace);
  }
  const Rows d_dropped{d_dropped_.data(), sizes.units};
  gates_.multiply(step.gates, step.rows, nullptr, d_dropped, Write::kReplace);
  kernels::mask_states(sizes, d_dropped, rows_of(mask_), carry);
}

// Adds what comes back through the products of a GRU, whose state's own gradients are there.
void BackwardCell::gru(const CellStep& step, Rows d_previous) {
  const std::size_t n = size(shape_.units);
  const kernels::CellSizes sizes{step.rows, n};
  const Rows d_candidate = step.gates.column(2 * n);
  if (shape_.resets_before()) {
    const Rows d_reset{scratch_.data(), n};
    const ConstRows previous = drop(sizes, step.previous, mask_, dropped_);
    candidate_->multiply(d_candidate, step.rows, nullptr, d_reset, Write::kReplace);
    kernels::gru_before_backward(sizes, gate_function(shape_), step.gates, previous, d_reset,
                                 d_previous);
  } else {
    kernels::gru_after_backward(sizes, gate_function(shape_), step.gates, step.reset);
    candidate_->multiply(step.reset, step.rows, nullptr, d_previous, Write::kAdd);
  }
  gates_.multiply(step.gates, step.rows, nullptr, d_previous, Write::kAdd);
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
