#include "fused/cell.h"

#include <algorithm>
#include <span>

#include "base/base.h"

namespace attend::fused {

using at::Tensor;
using kernels::ConstRows;
using kernels::PackedRows;
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

// The gates that are multiplied by the whole h_{t-1} in one product: all gates of an LSTM, z and r
// of a GRU. The candidate of a GRU has a product of its own.
GateBlock joint_gates(const CellShape& shape) { return {0, shape.lstm() ? 4U : 2U}; }
constexpr GateBlock kCandidate{2, 1};

// The rows of a weight matrix that belong to these gates and to the candidate.
Tensor joint_block(const CellShape& shape, const Tensor& weight) {
  return weight.narrow(0, 0, (shape.lstm() ? 4 : 2) * shape.units);
}
Tensor candidate_block(const CellShape& shape, const Tensor& weight) {
  return weight.narrow(0, 2 * shape.units, shape.units);
}

// The values of a block of gates in a vector [G n].
std::span<float> gains(const Tensor& all, GateBlock block, std::size_t units) {
  return {all.data_ptr<float>() + block.first * units, block.count * units};
}

}  // namespace

ForwardCell::ForwardCell(ShardMatrices& matrices, const CellShape& shape, const CellTensors& cell,
                         const Tensor& mask, const PackedSteps& states, const Tensor& reset)
    : shape_(shape),
      cell_(cell),
      mask_(mask),
      gates_(matrices.forward(joint_block(shape, cell.recurrent_weight), RowsPerProduct::kStep)),
      candidate_(shape.lstm() ? nullptr
                              : &matrices.forward(candidate_block(shape, cell.recurrent_weight),
                                                  RowsPerProduct::kStep)),
      states_(states),
      seen_(mask.defined()
                ? PackedSteps(matrices, at::empty(states.values().sizes(), mask.options()))
                : states) {
  ATTEND_CHECK(cell.recurrent_weight.is_contiguous() &&
               cell.recurrent_weight.size(0) == shape.gate_units());
  if (!shape.lstm() && shape.resets_before()) reset_.emplace(matrices, reset);
}

void ForwardCell::pack_state(std::int64_t t) {
  states_.pack(t);
  if (mask_.defined()) seen_.pack_masked(t, states_.rows(t), rows_of(mask_));
}

// Adds U x of a block of gates to `sums`, normalised if the cell has gains. A null `factor` means
// that x is 0.
void ForwardCell::add_recurrent(const CellStep& step, GateBlock block, const PackedRows* factor,
                                Rows sums) const {
  const kernels::TrainingMatrix& product = block.first == 0 ? gates_ : *candidate_;
  const Tensor& gain = cell_.recurrent_gain;
  if (!gain.defined()) {
    if (factor != nullptr) product.multiply(*factor, nullptr, sums, Write::kAdd);
    return;
  }
  const std::size_t n = to_size(shape_.units);
  const Rows normal = step.normal.column(block.first * n);
  if (factor != nullptr) {
    product.multiply(*factor, nullptr, normal, Write::kReplace);
  } else {
    for (std::size_t row = 0; row < step.rows; ++row) {
      std::fill_n(normal.row(row), block.count * n, 0.0F);
    }
  }
  kernels::layer_norm_forward({step.rows, block.count, n}, normal, gains(gain, block, n),
                              step.scales.column(block.first), sums);
}

void ForwardCell::step(const CellStep& step) {
  const std::size_t n = to_size(shape_.units);
  const kernels::CellSizes sizes{step.rows, n};
  const kernels::GateFunction function = gate_function(shape_);
  std::optional<PackedRows> previous;
  if (step.before >= 0) previous = seen_.step(step.before, step.rows);
  const PackedRows* factor = previous ? &*previous : nullptr;
  add_recurrent(step, joint_gates(shape_), factor, step.gates);
  if (shape_.lstm()) {
    return kernels::lstm_forward(sizes, function, step.gates, step.previous_cell, step.cell,
                                 step.state);
  }
  if (reset_) {
    kernels::gru_gates_forward(sizes, function, step.gates, seen(step), step.reset);
    reset_->pack(step.time);
    if (previous) previous = reset_->step(step.time, step.rows);
    add_recurrent(step, kCandidate, factor, step.gates.column(2 * n));
    return kernels::gru_state_forward(sizes, gru_options(shape_).update, step.gates, step.previous,
                                      step.state);
  }
  for (std::size_t row = 0; row < step.rows; ++row) {
    std::copy_n(cell_.recurrent_bias.data_ptr<float>(), n, step.reset.row(row));
    if (step.inside.values == nullptr) continue;
    kernels::add({step.inside.row(row), n}, {step.reset.row(row), n});
  }
  add_recurrent(step, kCandidate, factor, step.reset);
  kernels::gru_after_forward(sizes, gru_options(shape_), step.gates, step.reset, step.previous,
                             step.state);
}

BackwardCell::BackwardCell(ShardMatrices& matrices, const ForwardCell& forward,
                           const CellSequences& sequences)
    : matrices_(matrices),
      forward_(forward),
      shape_(forward.shape_),
      gates_(matrices.backward(joint_block(shape_, forward.cell_.recurrent_weight),
                               RowsPerProduct::kStep)),
      candidate_(shape_.lstm()
                     ? nullptr
                     : &matrices.backward(candidate_block(shape_, forward.cell_.recurrent_weight),
                                          RowsPerProduct::kStep)),
      d_products_(matrices, sequences.normal.defined() ? sequences.normal : sequences.gates) {
  const bool normalised = forward.cell_.recurrent_gain.defined();
  if (forward.cell_.recurrent_bias.defined()) d_bias_.emplace(forward.cell_.recurrent_bias);
  if (normalised) d_gain_.emplace(forward.cell_.recurrent_gain);
  const std::size_t states = to_size(sequences.gates.size(1)) * to_size(shape_.units);
  if (forward.reset_) scratch_.resize(states);
  if (!shape_.lstm() && !forward.reset_ && !normalised) d_reset_.emplace(matrices, sequences.reset);
  if (forward.mask_.defined()) d_dropped_.resize(states);
}

// Returns the gradient of U x of a block of gates, given the gradient of the sums that it was added
// to. With gains, it replaces step.normal.
ConstRows BackwardCell::d_product(const CellStep& step, GateBlock block, ConstRows d_sums) {
  if (!d_gain_) return d_sums;
  const std::size_t n = to_size(shape_.units);
  const Rows normal = step.normal.column(block.first * n);
  kernels::layer_norm_backward(
      {step.rows, block.count, n}, d_sums, gains(forward_.cell_.recurrent_gain, block, n),
      step.scales.column(block.first), normal, gains(d_gain_->sum(), block, n));
  return normal;
}

void BackwardCell::step(const CellStep& step, ConstRows d_state, Rows carry, Rows cell_carry) {
  if (shape_.lstm()) return lstm(step, d_state, carry, cell_carry);
  const kernels::CellSizes sizes{step.rows, to_size(shape_.units)};
  kernels::gru_state_backward(sizes, gru_options(shape_), step.gates, step.previous, d_state,
                              carry);
  if (!forward_.mask_.defined()) return gru(step, carry);
  std::fill(d_dropped_.begin(), d_dropped_.end(), 0.0F);
  const Rows d_dropped{d_dropped_.data(), sizes.units};
  gru(step, d_dropped);
  kernels::add_masked(sizes, d_dropped, rows_of(forward_.mask_), carry);
}

void BackwardCell::lstm(const CellStep& step, ConstRows d_state, Rows carry, Rows cell_carry) {
  const kernels::CellSizes sizes{step.rows, to_size(shape_.units)};
  kernels::lstm_backward(sizes, gate_function(shape_), step.gates, step.previous_cell, step.cell,
                         d_state, carry, cell_carry);
  d_product(step, joint_gates(shape_), step.gates);
  d_products_.pack(step.time);
  if (step.before < 0) return;
  const PackedRows d_joint = d_products_.step(step.time, step.rows);
  if (!forward_.mask_.defined()) {
    return gates_.multiply(d_joint, nullptr, carry, Write::kReplace);
  }
  const Rows d_dropped{d_dropped_.data(), sizes.units};
  gates_.multiply(d_joint, nullptr, d_dropped, Write::kReplace);
  kernels::mask_states(sizes, d_dropped, rows_of(forward_.mask_), carry);
}

// Adds to `d_previous` the gradient of h_{t-1} through the products of a GRU. gru_state_backward()
// must have been called for the step.
void BackwardCell::gru(const CellStep& step, Rows d_previous) {
  gru_candidate(step, d_previous);
  d_product(step, joint_gates(shape_), step.gates);
  d_products_.pack(step.time);
  if (step.before < 0) return;
  const PackedRows d_joint =
      d_products_.step(step.time, step.rows).columns(0, 2 * to_size(shape_.units));
  gates_.multiply(d_joint, nullptr, d_previous, Write::kAdd);
}

void BackwardCell::gru_candidate(const CellStep& step, Rows d_previous) {
  const std::size_t n = to_size(shape_.units);
  const kernels::CellSizes sizes{step.rows, n};
  if (forward_.reset_) {
    const Rows d_reset{scratch_.data(), n};
    const ConstRows d_candidate = d_product(step, kCandidate, step.gates.column(2 * n));
    candidate_->multiply(d_candidate, step.rows, nullptr, d_reset, Write::kReplace);
    return kernels::gru_before_backward(sizes, gate_function(shape_), step.gates,
                                        forward_.seen(step), d_reset, d_previous);
  }
  kernels::gru_after_backward(sizes, gate_function(shape_), step.gates, step.reset);
  kernels::add_column_sums(step.reset, step.rows, n, d_bias_->sum().data_ptr<float>());
  const ConstRows d_candidate = d_product(step, kCandidate, step.reset);
  if (d_reset_) d_reset_->pack(step.time);
  if (step.before < 0) return;
  if (!d_reset_) {
    return candidate_->multiply(d_candidate, step.rows, nullptr, d_previous, Write::kAdd);
  }
  candidate_->multiply(d_reset_->step(step.time, step.rows), nullptr, d_previous, Write::kAdd);
}

void BackwardCell::add_recurrent_gradient(std::int64_t first, std::int64_t before,
                                          std::int64_t count, const Tensor& gradient) const {
  const PackedRows d_all = d_products_.steps(first, count);
  const PackedRows previous = forward_.seen_.steps(before, count);
  if (!forward_.reset_ && !d_reset_) return add_product(matrices_, d_all, previous, gradient);
  const std::size_t n = to_size(shape_.units);
  add_product(matrices_, d_all.columns(0, 2 * n), previous, joint_block(shape_, gradient));
  const Tensor candidate = candidate_block(shape_, gradient);
  if (forward_.reset_) {
    add_product(matrices_, d_all.columns(2 * n, n), forward_.reset_->steps(first, count),
                candidate);
  } else {
    add_product(matrices_, d_reset_->steps(first, count), previous, candidate);
  }
}

}  // namespace attend::fused
