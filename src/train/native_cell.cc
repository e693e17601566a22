#include "train/native_cell.h"

#include <algorithm>
#include <span>

#include "base/base.h"

namespace attend::train {

using at::Tensor;
using kernels::ConstRows;
using kernels::Operand;
using kernels::Rows;
using kernels::RowsPerProduct;
using kernels::Write;

namespace {

kernels::GateFunction gate_function(const CellShape& shape) {
  return shape.config.gates == model::Gates::kHard ? kernels::GateFunction::kHard
                                                   : kernels::GateFunction::kLogistic;
}

kernels::GruOptions gru_options(const CellShape& shape) {
  return {gate_function(shape), shape.config.update == model::GruUpdate::kNew
                                    ? kernels::UpdateGate::kNew
                                    : kernels::UpdateGate::kOld};
}

// All gates of an LSTM, z and r of a GRU; and the candidate of a GRU.
GateBlock joint_gates(const CellShape& shape) { return {0, shape.lstm() ? 4U : 2U}; }
constexpr GateBlock kCandidate{2, 1};

// Their rows of the weights.
Tensor joint_block(const CellShape& shape, const Tensor& weight) {
  return weight.narrow(0, 0, (shape.lstm() ? 4 : 2) * shape.units);
}
Tensor candidate_block(const CellShape& shape, const Tensor& weight) {
  return weight.narrow(0, 2 * shape.units, shape.units);
}

// Of some gates in a vector [G n].
std::span<float> gains(const Tensor& all, GateBlock block, std::size_t units) {
  return {all.data_ptr<float>() + block.first * units, block.count * units};
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
      gain_(cell.recurrent_gain),
      mask_(mask),
      gates_(products.forward(joint_block(shape, cell.recurrent_weight), RowsPerProduct::kStep)),
      candidate_(shape.lstm() ? nullptr
                              : &products.forward(candidate_block(shape, cell.recurrent_weight),
                                                  RowsPerProduct::kStep)) {
  ATTEND_CHECK(cell.recurrent_weight.is_contiguous() &&
               cell.recurrent_weight.size(0) == shape.gate_units());
  if (mask.defined()) dropped_.resize(size(mask.numel()));
}

// sums += U x of these gates, normalised where there are gains.
void ForwardCell::add_recurrent(const CellStep& step, GateBlock block, ConstRows states,
                                Rows sums) const {
  const kernels::TrainingProduct& product = block.first == 0 ? gates_ : *candidate_;
  if (!gain_.defined()) return product.multiply(states, step.rows, nullptr, sums, Write::kAdd);
  const std::size_t n = size(shape_.units);
  const Rows normal = step.normal.column(block.first * n);
  product.multiply(states, step.rows, nullptr, normal, Write::kReplace);
  kernels::layer_norm_forward({step.rows, block.count, n}, normal, gains(gain_, block, n),
                              step.scales.column(block.first), sums);
}

void ForwardCell::step(const CellStep& step) {
  const std::size_t n = size(shape_.units);
  const kernels::CellSizes sizes{step.rows, n};
  const kernels::GateFunction function = gate_function(shape_);
  const ConstRows previous = drop(sizes, step.previous, mask_, dropped_);
  add_recurrent(step, joint_gates(shape_), previous, step.gates);
  if (shape_.lstm()) {
    return kernels::lstm_forward(sizes, function, step.gates, step.previous_cell, step.cell,
                                 step.state);
  }
  if (shape_.resets_before()) {
    kernels::gru_gates_forward(sizes, function, step.gates, previous, step.reset);
    add_recurrent(step, kCandidate, step.reset, step.gates.column(2 * n));
    return kernels::gru_state_forward(sizes, gru_options(shape_).update, step.gates, step.previous,
                                      step.state);
  }
  for (std::size_t row = 0; row < step.rows; ++row) {
    std::copy_n(bias_.data_ptr<float>(), n, step.reset.row(row));
  }
  add_recurrent(step, kCandidate, previous, step.reset);
  kernels::gru_after_forward(sizes, gru_options(shape_), step.gates, step.reset, step.previous,
                             step.state);
}

BackwardCell::BackwardCell(Products& products, const CellShape& shape, const CellTensors& cell,
                           const Tensor& mask, std::int64_t rows)
    : shape_(shape),
      gain_(cell.recurrent_gain),
      mask_(mask),
      gates_(products.backward(joint_block(shape, cell.recurrent_weight), RowsPerProduct::kStep)),
      candidate_(shape.lstm() ? nullptr
                              : &products.backward(candidate_block(shape, cell.recurrent_weight),
                                                   RowsPerProduct::kStep)) {
  ATTEND_CHECK(cell.recurrent_weight.is_contiguous() &&
               cell.recurrent_weight.size(0) == shape.gate_units());
  if (gain_.defined()) d_gain_.emplace(gain_);
  const std::size_t states = size(rows) * size(shape.units);
  if (!shape.lstm()) scratch_.resize(states);
  if (!mask.defined()) return;
  dropped_.resize(states);
  d_dropped_.resize(states);
}

// The gradient of U x of these gates from that of what it was added to.
ConstRows BackwardCell::d_product(const CellStep& step, GateBlock block, ConstRows d_sums) {
  if (!d_gain_) return d_sums;
  const std::size_t n = size(shape_.units);
  const Rows normal = step.normal.column(block.first * n);
  kernels::layer_norm_backward({step.rows, block.count, n}, d_sums, gains(gain_, block, n),
                               step.scales.column(block.first), normal,
                               gains(d_gain_->sum(), block, n));
  return normal;
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
  const ConstRows d_joint = d_product(step, joint_gates(shape_), step.gates);
  if (!mask_.defined()) {
    return gates_.multiply(d_joint, step.rows, nullptr, carry, Write::kReplace);
  }
  const Rows d_dropped{d_dropped_.data(), sizes.units};
  gates_.multiply(d_joint, step.rows, nullptr, d_dropped, Write::kReplace);
  kernels::mask_states(sizes, d_dropped, rows_of(mask_), carry);
}

// Adds what comes back through the products of a GRU, whose state's own gradients are there.
void BackwardCell::gru(const CellStep& step, Rows d_previous) {
  const std::size_t n = size(shape_.units);
  const kernels::CellSizes sizes{step.rows, n};
  if (shape_.resets_before()) {
    const Rows d_reset{scratch_.data(), n};
    const ConstRows previous = drop(sizes, step.previous, mask_, dropped_);
    const ConstRows d_candidate = d_product(step, kCandidate, step.gates.column(2 * n));
    candidate_->multiply(d_candidate, step.rows, nullptr, d_reset, Write::kReplace);
    kernels::gru_before_backward(sizes, gate_function(shape_), step.gates, previous, d_reset,
                                 d_previous);
  } else {
    kernels::gru_after_backward(sizes, gate_function(shape_), step.gates, step.reset);
    const ConstRows d_candidate = d_product(step, kCandidate, step.reset);
    candidate_->multiply(d_candidate, step.rows, nullptr, d_previous, Write::kAdd);
  }
  const ConstRows d_joint = d_product(step, joint_gates(shape_), step.gates);
  gates_.multiply(d_joint, step.rows, nullptr, d_previous, Write::kAdd);
}

void add_recurrent_gradient(const Products& products, const CellShape& shape,
                            const CellFactors& factors, const Tensor& gradient) {
  const Operand previous = products.operand(factors.previous);
  if (!factors.reset.defined()) return add_product(products, factors.products, previous, gradient);
  const std::size_t n = size(shape.units);
  add_product(products, factors.products.columns(0, 2 * n), previous, joint_block(shape, gradient));
  const Operand reset = products.operand(factors.reset);
  const Tensor candidate = candidate_block(shape, gradient);
  if (shape.resets_before()) {
    add_product(products, factors.products.columns(2 * n, n), reset, candidate);
  } else {
    add_product(products, reset, previous, candidate);
  }
}

}  // namespace attend::train
