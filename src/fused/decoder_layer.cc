// Each update computes gates = W_k k + W_s x + U s + b, where k is the hoisted input and x the step
// input, and then runs a step of the cell. W_k k and the gradients of all weights are one product
// each over all updates. A fixed input x is the same in all updates of a sentence: W_s x is then
// computed once for each sentence, and its gradient is the sum over the updates.
#include "fused/decoder_layer.h"

#include <algorithm>

#include "base/base.h"

namespace attend::fused {

using at::Tensor;
using kernels::ConstRows;
using kernels::PackedRows;
using kernels::Rows;
using kernels::RowsPerProduct;
using kernels::Write;

CellStates::CellStates(const ShardMatrices& matrices, const CellShape& shape, std::int64_t updates,
                       std::int64_t batch, const at::TensorOptions& options)
    : hidden(matrices, at::empty({updates + 1, batch, shape.units}, options)) {
  if (shape.lstm()) cells = at::empty({updates + 1, batch, shape.units}, options);
}

void CellStates::start(const State& initial) {
  hidden.values()[0].copy_(initial.hidden);
  if (cells.defined()) cells[0].copy_(initial.cell);
}

DecoderLayerPass::DecoderLayerPass(const std::shared_ptr<ShardMatrices>& matrices,
                                   const CellShape& shape, const DecoderLayerInputs& inputs,
                                   std::int64_t updates, std::int64_t hoisted_units)
    : matrices_(matrices),
      shape_(shape),
      in_(inputs),
      updates_(updates),
      hoisted_units_(hoisted_units),
      batch_(inputs.states.hidden.values().size(1)),
      follows_itself_(inputs.before.hidden.values().is_same(inputs.states.hidden.values())) {
  const auto make = [&](std::int64_t steps, std::int64_t units) {
    return at::empty({steps, batch_, units}, inputs.cell.bias.options().requires_grad(false));
  };
  if (!shape.lstm()) steps_.reset = make(updates, shape.units);
  steps_.gates = make(updates, shape.gate_units());
  recurrence_.emplace(*matrices, shape, in_.cell, in_.recurrent_mask, in_.before.hidden,
                      steps_.reset);
  if (follows_itself_) recurrence_->pack_state(0);
  const Tensor step_input = step_input_block(inputs.cell.input_weight);
  if (step_input.size(1) > 0 && !in_.fixed.defined()) {
    step_weight_ = &matrices->forward(step_input, RowsPerProduct::kStep);
  }
  if (inputs.step_input_mask.defined())
    masked_.emplace(*matrices, make(updates, step_input.size(1)));
  ATTEND_CHECK(hoisted_units > 0 || has_step_input() || in_.fixed.defined());
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
  step.time = i;
  step.before = in_.first_before + i;
  step.gates = rows_at(steps_.gates, i);
  step.previous = in_.before.hidden.rows(step.before);
  step.state = in_.states.hidden.rows(i + 1);
  if (shape_.lstm()) {
    step.previous_cell = rows_at(in_.before.cells, step.before);
    step.cell = rows_at(in_.states.cells, i + 1);
  } else {
    step.reset = rows_at(steps_.reset, i);
  }
  return step;
}

Rows DecoderLayerPass::step_input_mask(std::int64_t i) const {
  return rows_at(in_.step_input_mask, in_.step_input_mask.size(0) == 1 ? 0 : i);
}

void DecoderLayerPass::project(const WordRows& hoisted, const std::optional<PackedRows>& packed) {
  if (in_.fixed.defined()) project_fixed();
  if (hoisted_units_ == 0) return;
  index_ = hoisted.index;
  const Tensor& gates = steps_.gates;
  projected_ = hoisted.shared() ? at::empty({hoisted.rows.size(0), gates.size(2)}, gates.options())
                                : gates.flatten(0, 1);
  matrices_->forward(hoisted_block(in_.cell.input_weight), RowsPerProduct::kBatch)
      .multiply(*packed, in_.cell.bias.data_ptr<float>(), rows_of(projected_), Write::kReplace);
}

// Computes W_s x of the fixed input, with b if no hoisted input adds it.
void DecoderLayerPass::project_fixed() {
  const CellTensors& cell = in_.cell;
  packed_fixed_ = matrices_->pack(in_.fixed);
  fixed_ = at::empty({batch_, shape_.gate_units()}, steps_.gates.options());
  matrices_->forward(step_input_block(cell.input_weight), RowsPerProduct::kStep)
      .multiply(*packed_fixed_, hoisted_units_ == 0 ? cell.bias.data_ptr<float>() : nullptr,
                rows_of(fixed_), Write::kReplace);
}

// Adds the product of the fixed input to the gates of one update, which hold the product of the
// hoisted input if there is one.
void DecoderLayerPass::add_fixed(Rows gates) const {
  const std::span<const float> fixed = span_of(fixed_);
  if (hoisted_units_ > 0) return kernels::add(fixed, {gates.values, fixed.size()});
  std::copy(fixed.begin(), fixed.end(), gates.values);
}

void DecoderLayerPass::update(std::int64_t i, const StepInput& step_input) {
  const CellStep step = this->step(i);
  if (!follows_itself_) recurrence_->pack_state(step.before);
  if (index_.defined()) take_shared_rows(index_, i, step.rows, projected_, step.gates);
  if (fixed_.defined()) add_fixed(step.gates);
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
  if (follows_itself_) recurrence_->pack_state(i + 1);
}

DecoderLayerBackward::DecoderLayerBackward(const DecoderLayerPass& pass, const Tensor& carries)
    : pass_(pass),
      recurrence_(*pass.matrices_, *pass.recurrence_, pass.steps_),
      carries_(carries),
      input_weight_(pass.in_.cell.input_weight),
      recurrent_weight_(pass.in_.cell.recurrent_weight),
      bias_(pass.in_.cell.bias) {
  if (pass.has_step_input()) {
    step_weight_ = &pass.matrices_->backward(pass.step_input_block(pass.in_.cell.input_weight),
                                             RowsPerProduct::kStep);
  }
  if (pass.masked_) scratch_.resize(to_size(pass.batch_ * pass.masked_->values().size(2)));
}

// Replaces the gates by the gradients of their pre-activations.
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
  recurrence_.add_recurrent_gradient(0, pass_.in_.first_before, updates, recurrent_weight_.sum());
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
  if (pass_.in_.fixed.defined()) finish_fixed();
  if (pass_.hoisted_units_ == 0) return {};
  const PackedRows packed_sums = shared ? matrices.pack(sums) : packed;
  add_product(matrices, packed_sums, *hoisted, pass_.hoisted_block(input_weight_.sum()));
  const Tensor d_hoisted = at::empty({sums.size(0), pass_.hoisted_units_}, gates.options());
  pass_.matrices_
      ->backward(pass_.hoisted_block(pass_.in_.cell.input_weight), RowsPerProduct::kBatch)
      .multiply(packed_sums, nullptr, rows_of(d_hoisted), Write::kReplace);
  return d_hoisted;
}

// Computes the gradients of the fixed input and of its weights from the sum of the gradients of all
// updates.
void DecoderLayerBackward::finish_fixed() {
  ShardMatrices& matrices = *pass_.matrices_;
  const Tensor sums = pass_.steps_.gates.sum(0);  // [batch, G n]
  const PackedRows packed = matrices.pack(sums);
  add_product(matrices, packed, *pass_.packed_fixed_, pass_.step_input_block(input_weight_.sum()));
  d_fixed_ = at::empty_like(pass_.in_.fixed);
  matrices.backward(pass_.step_input_block(pass_.in_.cell.input_weight), RowsPerProduct::kStep)
      .multiply(packed, nullptr, rows_of(d_fixed_), Write::kReplace);
}

Tensor DecoderLayerBackward::d_initial_cell() const {
  return pass_.shape_.lstm() ? carries_[1] : Tensor();
}

}  // namespace attend::fused
