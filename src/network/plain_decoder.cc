// All steps of a teacher-forced decoder in plain tensor operations, one step after the other.
#include <vector>

#include "base/base.h"
#include "network/layers.h"
#include "network/plain_operations.h"

namespace attend::network {
namespace {

using model::Order;

// W x + b for a sequence: one product for all its steps. [time, batch, in] → [time, batch, out]
Tensor project(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  const Tensor rows = x.reshape({-1, x.size(-1)});
  return at::addmm(bias, rows, weight).view({x.size(0), x.size(1), weight.size(1)});
}

// The layers of a decoder: their recurrences and the weights of their inputs.
class Layers {
 public:
  explicit Layers(const DecoderInputs& in) : masks_(in.masks) {
    for (const CellTensors& cell : in.cells) {
      recurrences_.emplace_back(in.shape.config, in.shape.units, cell);
      inputs_.push_back(cell.input_weight.t());
      biases_.push_back(cell.bias);
    }
    const std::int64_t previous_units = in.previous.defined() ? in.previous.rows.size(1) : 0;
    previous_weight_ = inputs_[0].narrow(0, 0, previous_units);
    step_weight_ = inputs_[0].narrow(0, previous_units, inputs_[0].size(0) - previous_units);
  }

  // W_y E y + b of the bottom layer for every update [batch, G n]; b [G n] without feedback.
  std::vector<Tensor> project_previous(const DecoderInputs& in) const {
    if (!in.previous.defined()) {
      return std::vector<Tensor>(static_cast<std::size_t>(in.steps), biases_[0]);
    }
    const Tensor& rows = in.previous.rows;
    const Tensor steps = rows.view({-1, in.attention.batch(), rows.size(1)});
    return project(steps, previous_weight_, biases_[0]).unbind(0);
  }

  // s_i = f(s_{i-1}, …) in update i. `projected_previous` is W_y E y + b; `step_input` is what the
  // bottom layer sees besides: the context, the readout of input feeding, or nothing (undefined).
  std::vector<State> update(const Tensor& projected_previous, const Tensor& step_input,
                            const std::vector<State>& states, std::int64_t i) const {
    std::vector<State> next;
    Tensor projected = step_input.defined()
                           ? at::addmm(projected_previous, step_input, step_weight_)
                           : projected_previous;
    for (std::size_t layer = 0; layer < recurrences_.size(); ++layer) {
      if (layer > 0) {
        const Tensor& below = next.back().hidden;
        const Tensor mask = masks_.between_at(i, layer - 1);
        projected =
            at::addmm(biases_[layer], mask.defined() ? below * mask : below, inputs_[layer]);
      }
      next.push_back(
          recurrences_[layer].step(projected, states[layer], masks_.recurrent_of(layer)));
    }
    return next;
  }

 private:
  const DecoderMasks& masks_;
  std::vector<Recurrence> recurrences_;
  std::vector<Tensor> inputs_;  // [in, G n]
  std::vector<Tensor> biases_;  // [G n]
  Tensor previous_weight_;      // [m, G n]: rows of the bottom layer's inputs for E y
  Tensor step_weight_;          // [context or readout, G n]: its other rows
};

// r_i of one step [batch, l]; `previous` is E y_{i-1} [batch, m] or undefined.
Tensor readout(const InputFeedingInputs& in, const Tensor& state, const Tensor& previous,
               const Tensor& context) {
  std::vector<Tensor> parts{state};
  if (in.previous_units > 0) parts.push_back(previous);
  parts.push_back(context);
  const Tensor result = at::addmm(in.bias, at::cat(parts, 1), in.weight.t());
  if (in.readout == model::Readout::kMaxout) return maxout(result);
  return in.readout == model::Readout::kTanh ? result.tanh() : result;
}

}  // namespace

DecodedSteps PlainOperations::decoder_steps(const DecoderInputs& in) {
  const Layers layers(in);
  const Attention attention(in.attention);
  const bool feeds = in.input_feeding.weight.defined();
  const std::int64_t batch = in.attention.batch();
  const std::vector<Tensor> projected = layers.project_previous(in);
  std::vector<State> states = in.initial;
  std::vector<Tensor> seen, contexts, alignments, readouts;
  Tensor last_readout;  // r_{i-1} [batch, l]
  if (feeds) {
    const std::int64_t rows = in.input_feeding.bias.size(0);
    last_readout =
        at::zeros({batch, in.input_feeding.readout == model::Readout::kMaxout ? rows / 2 : rows},
                  in.attention.annotations.options().requires_grad(false));
  }
  for (std::int64_t i = 0; i < in.steps; ++i) {
    const auto update = [&](const Tensor& step_input) {
      states = layers.update(projected[static_cast<std::size_t>(i)], step_input, states, i);
    };
    if (in.order == Order::kUpdateLookGenerate) update(last_readout);
    const Look look = attention.look(states.back().hidden);
    contexts.push_back(look.context);
    alignments.push_back(look.alignment);
    if (in.order == Order::kLookUpdateGenerate) update(look.context);
    seen.push_back(states.back().hidden);
    if (in.order == Order::kLookGenerateUpdate && i + 1 < in.steps) update(look.context);
    if (!feeds) continue;
    const Tensor previous =
        in.previous.defined() ? in.previous.rows.narrow(0, i * batch, batch) : Tensor();
    last_readout = readout(in.input_feeding, seen.back(), previous, look.context);
    if (in.input_feeding.mask.defined()) last_readout = last_readout * in.input_feeding.mask[i];
    readouts.push_back(last_readout);
  }
  return {at::stack(seen), at::stack(contexts), at::stack(alignments),
          feeds ? at::stack(readouts) : Tensor()};
}

}  // namespace attend::network
