#include "runtime/decoder.h"

#include <utility>

#include "base/base.h"
#include "runtime/first_states.h"

namespace attend::runtime {

using text::TokenId;

Decoder::Decoder(const model::Configuration& configuration, std::size_t vocabulary,
                 std::optional<TokenId> end, const model::Weights& weights, Precision precision)
    : config_(configuration.decoder),
      kind_(configuration.attention.kind),
      units_(static_cast<std::size_t>(config_.units)),
      context_units_(static_cast<std::size_t>(configuration.encoder.annotation_units())),
      forward_units_(configuration.encoder.reading() == model::Direction::kBackward
                         ? 0
                         : static_cast<std::size_t>(configuration.encoder.units)),
      embeddings_(make_embeddings(config_, vocabulary, end, weights)),
      output_(Tensors(weights, "", precision), model::output_weight_name(config_),
              weights.get("output.bias").values, config_.temperature) {
  const Tensors tensors(weights, "", precision);
  if (configuration.attention.looks()) attention_.emplace(configuration, tensors);
  add_layers(tensors);
  if (config_.order == model::Order::kUpdateLookUpdate) {
    add_second_cell(tensors.under(model::kSecondCell));
  }
  if (config_.readout != model::Readout::kNone) add_readout(tensors.under("readout"));
}

// Says which input the bottom layer has beside the previous token.
StepInput Decoder::input_of_layers() const {
  if (reads_fixed_context()) return StepInput::kFixed;
  const bool reads_context = attention_ && (config_.order == model::Order::kLookUpdateGenerate ||
                                            config_.order == model::Order::kLookGenerateUpdate);
  return reads_context ? StepInput::kContext : StepInput::kReadout;
}

void Decoder::add_layers(const Tensors& tensors) {
  for (int layer = 0; layer < config_.layers; ++layer) {
    const std::string number = std::to_string(layer);
    const Tensors own = tensors.under("decoder." + number);
    if (layer == 0) {
      input_ = SplitProjection(own, "input_weight", 0, embeddings_, input_of_layers());
    } else {
      above_.emplace_back(units_, own);
    }
    layers_.emplace_back(config_.cell, units_, own);
    if (config_.initial_state != model::InitialState::kZero &&
        config_.initial_state != model::InitialState::kCopy) {
      add_initial_layer(tensors.under("initial." + number));
    }
  }
}

void Decoder::add_initial_layer(const Tensors& tensors) {
  InitialLayer initial;
  initial.state = {tensors.matrix("state_weight"), tensors.values("state_bias")};
  if (config_.cell.type == model::Cell::kLstm) {
    initial.cell = {tensors.matrix("cell_weight"), tensors.values("cell_bias")};
  }
  initial_.push_back(std::move(initial));
}

void Decoder::add_second_cell(const Tensors& tensors) {
  model::CellConfig cell = config_.cell;
  cell.bias = config_.second_bias;
  second_ = SecondCell{SplitProjection(tensors, "input_weight", 0, {}, StepInput::kContext),
                       RecurrentCell(cell, units_, tensors)};
}

void Decoder::add_readout(const Tensors& tensors) {
  readout_state_ = tensors.matrix("weight", {.columns = units_});
  const bool previous = config_.readout_feedback == model::Feedback::kPrevious;
  const StepInput context = reads_fixed_context() ? StepInput::kFixed
                            : attention_          ? StepInput::kContext
                                                  : StepInput::kReadout;  // there is none
  readout_ =
      SplitProjection(tensors, "weight", units_, previous ? embeddings_ : Embeddings(), context);
}

// Computes what a product with the context needs of the sources once: W_c h_j of every position, if
// the projection projects; or W_c c of every source, if the context is fixed, plus b unless the
// part of the previous token has it.
kernels::Array Decoder::project_context(const SplitProjection& projection,
                                        const Annotations& annotations) const {
  if (!reads_fixed_context()) return projection.project(annotations);
  if (projection.step_input_units() == 0) return {};  // there is no readout
  kernels::Array projected(annotations.sources() * projection.outputs());
  projection.multiply_step_input(last_states(annotations, forward_units_), annotations.sources(),
                                 projected.span());
  return projected;
}

// Returns the vectors that the initial states are computed from: [sources, n_e or n_h].
std::vector<float> Decoder::initial_inputs(const Annotations& annotations) const {
  switch (config_.initial_state) {
    case model::InitialState::kZero:
    case model::InitialState::kCopy:
    case model::InitialState::kContext:  // of step programs only
      break;
    case model::InitialState::kBackward:
      return first_backward(annotations, forward_units_);
    case model::InitialState::kMean:
      return mean_annotations(annotations);
    case model::InitialState::kLast:
      return last_states(annotations, forward_units_);
  }
  return {};
}

void Decoder::copy_last_states(const Annotations& annotations, States& states) const {
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
    const LastStates& last = annotations.last[layer];
    copy(last.state, states.state[layer].get(last.state.size()));
    copy(last.cell, states.cell[layer].get(last.cell.size()));
  }
}

void Decoder::initial_states(const Annotations& annotations, States& states) const {
  const std::size_t sources = annotations.sources();
  states.state.resize(layers_.size());
  states.cell.resize(layers_.size());
  if (config_.initial_state == model::InitialState::kCopy) {
    return copy_last_states(annotations, states);
  }
  if (initial_.empty()) {
    for (kernels::Buffer& state : states.state) state.zeros(sources * units_);
    for (kernels::Buffer& cell : states.cell) cell.zeros(sources * units_);
    return;
  }
  const std::vector<float> inputs = initial_inputs(annotations);
  for (std::size_t layer = 0; layer < layers_.size(); ++layer) {
    const std::span<float> state = states.state[layer].get(sources * units_);
    initial_[layer].state(inputs, sources, state);
    kernels::tanh(state);
    if (config_.cell.type != model::Cell::kLstm) continue;
    const std::span<float> cell = states.cell[layer].get(sources * units_);
    initial_[layer].cell(inputs, sources, cell);
    kernels::tanh(cell);
  }
}

}  // namespace attend::runtime
