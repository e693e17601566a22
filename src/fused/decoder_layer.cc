// Each update: gates = W_k k + W_s x + U s + b, k being the hoisted input and x the step input,
// then the cell's own step. The first product and the gradients of all weights are one product each
// over all updates.
#include "fused/decoder_layer.h"

#include "base/base.h"

namespace attend::fused {

using at::Tensor;
using kernels::ConstRows;
using kernels::PackedRows;
using kernels::Rows;
using kernels::RowsPerProduct;
using kernels::Write;

DecoderLayerPass::DecoderLayerPass(const std::shared_ptr<ShardMatrices>& matrices,
                                   const CellShape& shape, const DecoderLayerInputs& inputs,
                                   std::int64_t updates, std::int64_t hoisted_units)
    : matrices_(matrices),
      shape_(shape),
      in_(inputs),
      updates_(updates),
      hoisted_units_(hoisted_units),
      batch_(inputs.initial.hidden.size(0)) {
  const auto make = [&](std::int64_t steps, std::int64_t units) {
    return at::empty({steps, batch_, units}, inputs.cell.bias.options().requires_grad(false));
  };
  const std::int64_t n = shape.units;
  states_.emplace(*matrices, make(updates + 1, n));
  states_->values()[0].copy_(inputs.initial.hidden);
  if (shape.lstm()) {
    cells_ = make(updates + 1, n);
    cells_[0].copy_(inputs.initial.cell);
  } else {
    steps_.reset = make(updates, n);
  }
  in_.initial = {};  // its graph must not be kept
  steps_.gates = make(updates, shape.gate_units());
  recurrence_.emplace(*matrices, shape, in_.cell, in_.recurrent_mask, *states_, steps_.reset);
  recurrence_->pack_state(0);
  const Tensor step_input = step_input_block(inputs.cell.input_weight);
  if (step_input.size(1) > 0) step_weight_ = &matrices->forward(step_input, RowsPerProduct::kStep);
  if (inputs.step_input_mask.defined())
    masked_.emplace(*matrices, make(updates, step_input.size(1)));
  ATTEND_CHECK(hoisted_units > 0 || has_step_input());
}

Tensor DecoderLayerPass::hoisted_block(const Tensor& weight) const {
  return weight.narrow(1, 0, hoisted_units_);
}

Tensor DecoderLayerPass::step_input_block(const Tensor& weight) const {
  return weight.narrow(1, hoisted_units_, weight.size(1) - hoisted_units_);
}

CellStep DecoderLayerPass::step(std::int64_t i) const {
  CellStep step;
  step.rows = to_size(batch_);
  step.time = step.before = i;
  step.gates = rows_at(steps_.gates, i);
  step.previous = states_->rows(i);
  step.state = states_->rows(i + 1);
  if (shape_.lstm()) {
    step.previous_cell = rows_at(cells_, i);
    step.cell = rows_at(cells_, i + 1);
  } else {
    step.reset = rows_at(steps_.reset, i);
  }
  return step;
}

Rows DecoderLayerPass::step_input_mask(std::int64_t i) const {
  return rows_at(in_.step_input_mask, in_.step_input_mask.size(0) == 1 ? 0 : i);
}

void DecoderLayerPass::project(const WordRows& hoisted, const std::optional<PackedRows>& packed) {
  if (hoisted_units_ == 0) return;
  index_ = hoisted.index;
  const Tensor& gates = steps_.gates;
  projected_ = hoisted.shared() ? at::empty({hoisted.rows.size(0), gates.size(2)}, gates.options())
                                : gates.flatten(0, 1);
  matrices_->forward(hoisted_block(in_.cell.input_weight), RowsPerProduct::kBatch)
      .multiply(*packed, in_.cell.bias.data_ptr<float>(), rows_of(projected_), Write::kReplace);
}

void DecoderLayerPass::update(std::int64_t i, const StepInput& step_input) {
  const CellStep step = this->step(i);
  if (index_.defined()) take_shared_rows(index_, i, step.rows, projected_, step.gates);
  if (masked_) {
    masked_->pack_masked(i, step_input.steps->rows(step_input.first + i), step_input_mask(i));
  }
  if (has_step_input()) {
    const bool first = hoisted_units_ == 0;
    step_weight_->multiply(
        masked_ ? masked_->step(i) : step_input.steps->step(step_input.first + i),
        first ? in_.cell.bias.data_ptr<float>() : nullptr, step.gates,
        first ? Write::kReplace : Write::kAdd);
  }
  recurrence_->step(step);
  recurrence_->pack_state(i + 1);
}

DecoderLayerBackward::DecoderLayerBackward(const DecoderLayerPass& pass)
    : pass_(pass),
      recurrence_(*pass.matrices_, *pass.recurrence_, pass.steps_),
      carries_(at::zeros({2, pass.batch_, pass.shape_.units}, pass.steps_.gates.options())),
      input_weight_(pass.in_.cell.input_weight),
      recurrent_weight_(pass.in_.cell.recurrent_weight),
      bias_(pass.in_.cell.bias) {
  if (pass.has_step_input()) {
    step_weight_ = &pass.matrices_->backward(pass.step_input_block(pass.in_.cell.input_weight),
                                             RowsPerProduct::kStep);
  }
  if (pass.masked_) scratch_.resize(to_size(pass.batch_ * pass.masked_->values().size(2)));
}

// Leaves gradients of the sums in place of the gates.
void DecoderLayerBackward::update(std::int64_t i, ConstRows d_state) {
  recurrence_.step(pass_.step(i), d_state, carry(), rows_at(carries_, 1));
}

void DecoderLayerBackward::add_step_input_gradient(std::int64_t i, Rows d_step_input) {
  const PackedRows d_sums = recurrence_.d_products().step(i);
  if (!pass_.masked_) return step_weight_->multiply(d_sums, nullptr, d_step_input, Write::kAdd);
  const kernels::CellSizes sizes{to_size(pass_.batch_), to_size(pass_.masked_->values().size(2))};
  const Rows d_masked{scratch_.data(), sizes.units};
  step_weight_->multiply(d_sums, nullptr, d_masked, Write::kReplace);
  kernels::add_masked(sizes, d_masked, pass_.step_input_mask(i), d_step_input);
}

Tensor DecoderLayerBackward::finish(const StepInput& step_input,
                                    const std::optional<PackedRows>& hoisted) {
  const ShardMatrices& matrices = *pass_.matrices_;
  const std::int64_t updates = pass_.updates_;
  if (updates == 0) return {};
  const Tensor gates = pass_.steps_.gates.flatten(0, 1);
  const PackedRows packed = recurrence_.d_products().steps(0, updates);
  recurrence_.add_recurrent_gradient(0, 0, updates, recurrent_weight_.sum());
  const bool shared = pass_.index_.defined();
  const Tensor sums =
      shared ? sum_shared_rows(gates, pass_.index_, pass_.projected_.size(0)) : gates;
  add_column_sums(sums, bias_.sum());
  if (pass_.has_step_input()) {
    add_product(matrices, packed,
                pass_.masked_ ? pass_.masked_->steps(0, updates)
                              : step_input.steps->steps(step_input.first, updates),
                pass_.step_input_block(input_weight_.sum()));
  }
  if (pass_.hoisted_units_ == 0) return {};
  const PackedRows packed_sums = shared ? matrices.pack(sums) : packed;
  add_product(matrices, packed_sums, *hoisted, pass_.hoisted_block(input_weight_.sum()));
  const Tensor d_hoisted = at::empty({sums.size(0), pass_.hoisted_units_}, gates.options());
  pass_.matrices_
      ->backward(pass_.hoisted_block(pass_.in_.cell.input_weight), RowsPerProduct::kBatch)
      .multiply(packed_sums, nullptr, rows_of(d_hoisted), Write::kReplace);
  return d_hoisted;
}

Tensor DecoderLayerBackward::d_initial_cell() const {
  return pass_.shape_.lstm() ? carries_[1] : Tensor();
}

}  // namespace attend::fused
