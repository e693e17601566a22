// Each step i: r_i = activation(W_s s_i + W_y E y_{i-1} + W_c c_i + b) or maxout of the sum, times
// its dropout. The middle product and the gradients of the weights are one product each over all
// steps.
#include "fused/input_feeding.h"

namespace attend::fused {

using at::Tensor;
using kernels::ConstRows;
using kernels::PackedRows;
using kernels::Rows;
using kernels::RowsPerProduct;
using kernels::Write;

InputFeedingPass::InputFeedingPass(const std::shared_ptr<ShardMatrices>& matrices,
                                   const InputFeedingInputs& inputs, std::int64_t steps,
                                   std::int64_t batch, std::int64_t states)
    : matrices_(matrices),
      in_(inputs),
      state_units_(states),
      batch_(to_size(batch)),
      fed_(*matrices, at::empty({steps + 1, batch, inputs.bias.size(0) / (maxout() ? 2 : 1)},
                                inputs.bias.options().requires_grad(false))),
      state_(matrices->forward(blocks(inputs.weight).state, RowsPerProduct::kStep)),
      context_(matrices->forward(blocks(inputs.weight).context, RowsPerProduct::kStep)) {
  fed_.values()[0].zero_();
  fed_.pack(0);
  const bool apart = maxout() || in_.mask.defined();
  pre_activations_ =
      apart ? at::empty({steps, batch, in_.bias.size(0)}, fed_.values().options()) : readouts();
}

ReadoutBlocks InputFeedingPass::blocks(const Tensor& weight) const {
  const std::int64_t before = state_units_ + in_.previous_units;
  return {weight.narrow(1, 0, state_units_), weight.narrow(1, state_units_, in_.previous_units),
          weight.narrow(1, before, weight.size(1) - before)};
}

void InputFeedingPass::project(const WordRows& previous, const std::optional<PackedRows>& packed) {
  if (in_.previous_units == 0) {
    pre_activations_.copy_(in_.bias.expand_as(pre_activations_));
    return;
  }
  index_ = previous.index;
  if (previous.shared()) {
    projected_ =
        at::empty({previous.rows.size(0), pre_activations_.size(2)}, pre_activations_.options());
  }
  const Rows rows = rows_of(previous.shared() ? projected_ : pre_activations_.flatten(0, 1));
  matrices_->forward(blocks(in_.weight).previous, RowsPerProduct::kBatch)
      .multiply(*packed, in_.bias.data_ptr<float>(), rows, Write::kReplace);
}

void InputFeedingPass::compute_readout(std::int64_t i, const PackedRows& states,
                                       const PackedRows& contexts) {
  const Rows pre_activations = rows_at(pre_activations_, i);
  if (index_.defined()) take_shared_rows(index_, i, batch_, projected_, pre_activations);
  state_.multiply(states, nullptr, pre_activations, Write::kAdd);
  context_.multiply(contexts, nullptr, pre_activations, Write::kAdd);
  Tensor readout = fed_.values()[i + 1];
  if (in_.readout == model::Readout::kTanh) kernels::tanh(span_of(pre_activations_[i]));
  if (maxout()) kernels::maxout(span_of(pre_activations_[i]), span_of(readout));
  if (in_.mask.defined())
    at::mul_out(readout, maxout() ? readout : pre_activations_[i], in_.mask[i]);
  fed_.pack(i + 1);
}

InputFeedingBackward::InputFeedingBackward(const InputFeedingPass& pass, const Tensor& d_readouts)
    : pass_(pass),
      state_(pass.matrices_->backward(pass.blocks(pass.in_.weight).state, RowsPerProduct::kStep)),
      context_(
          pass.matrices_->backward(pass.blocks(pass.in_.weight).context, RowsPerProduct::kStep)),
      d_readouts_(d_readouts.defined() ? d_readouts : at::zeros_like(pass.readouts())),
      d_pre_activations_(pass.maxout() ? at::empty_like(pass.pre_activations_) : d_readouts_),
      packed_d_sums_(*pass.matrices_, d_pre_activations_),
      d_weight_(pass.in_.weight),
      d_bias_(pass.in_.bias) {}

void InputFeedingBackward::step(std::int64_t i, Rows d_states, Rows d_contexts) {
  Tensor gradient = d_readouts_[i];
  if (pass_.in_.mask.defined()) gradient.mul_(pass_.in_.mask[i]);
  if (pass_.in_.readout == model::Readout::kTanh) {
    at::tanh_backward_out(gradient, gradient, pass_.pre_activations_[i]);
  }
  if (pass_.maxout()) {
    kernels::maxout_backward(span_of(pass_.pre_activations_[i]), span_of(gradient),
                             span_of(d_pre_activations_[i]));
  }
  packed_d_sums_.pack(i);
  const PackedRows d_sums = packed_d_sums_.step(i);
  state_.multiply(d_sums, nullptr, d_states, Write::kAdd);
  context_.multiply(d_sums, nullptr, d_contexts, Write::kAdd);
}

void InputFeedingBackward::finish(const PackedRows& states, const PackedRows& contexts,
                                  const std::optional<PackedRows>& previous,
                                  const Tensor& d_previous) {
  ShardMatrices& matrices = *pass_.matrices_;
  const Tensor gradients = d_pre_activations_.flatten(0, 1);
  const PackedRows packed = packed_d_sums_.steps(0, d_pre_activations_.size(0));
  const ReadoutBlocks sums = pass_.blocks(d_weight_.sum());
  add_column_sums(gradients, d_bias_.sum());
  add_product(matrices, packed, states, sums.state);
  add_product(matrices, packed, contexts, sums.context);
  if (pass_.in_.previous_units == 0) return;
  const bool shared = pass_.index_.defined();
  const Tensor rows =
      shared ? sum_shared_rows(gradients, pass_.index_, d_previous.size(0)) : gradients;
  const PackedRows packed_rows = shared ? matrices.pack(rows) : packed;
  add_product(matrices, packed_rows, *previous, sums.previous);
  matrices.backward(pass_.blocks(pass_.in_.weight).previous, RowsPerProduct::kBatch)
      .multiply(packed_rows, nullptr, rows_of(d_previous), Write::kAdd);
}

}  // namespace attend::fused
