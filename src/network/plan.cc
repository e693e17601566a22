// The passes of decoders that have a plan (Operations::decoder_steps): the network prepares its
// inputs and computes the readouts of all steps after it.
#include <fmt/format.h>

#include "network/passes.h"

namespace attend::network {

using model::InputFeeding;
using model::Order;

namespace {

// Returns `count` steps of a sequence, beginning with step `first`. Each step has `batch`
// positions. An undefined sequence stays undefined.
WordRows steps_of(const WordRows& words, std::int64_t batch, std::int64_t first,
                  std::int64_t count) {
  if (words.shared()) return {words.rows, words.index.narrow(0, first, count)};
  if (!words.defined()) return words;
  return {words.rows.narrow(0, first * batch, count * batch), {}};
}

// The cells of a step, in the order in which it runs them.
std::vector<CellTensors> find_cells(const Tensors& tensors, const model::DecoderConfig& config) {
  CellShape shape{config.cell, config.units};
  std::vector<CellTensors> cells;
  for (int layer = 0; layer < config.layers; ++layer) {
    cells.push_back(CellTensors::find(tensors, fmt::format("decoder.{}", layer), shape));
  }
  if (config.order == Order::kUpdateLookUpdate) {
    shape.config.bias = config.second_bias;
    cells.push_back(CellTensors::find(tensors, model::kSecondCell, shape));
  }
  return cells;
}

// A context [batch, n_h] as the input of all steps, which share its rows.
WordRows in_all_steps(const Tensor& context, std::int64_t steps) {
  const std::int64_t batch = context.size(0);
  return {context, at::arange(batch, context.options().dtype(at::kLong).requires_grad(false))
                       .repeat({steps, 1})};
}

}  // namespace

std::vector<State> Network::initial_states(const Annotated& annotated) const {
  const model::DecoderConfig& decoder = configuration_.decoder;
  const bool lstm = decoder.cell.type == model::Cell::kLstm;
  if (!annotated.last.empty()) return annotated.last;
  std::vector<State> states;
  for (int layer = 0; layer < decoder.layers; ++layer) {
    if (!annotated.initial.defined()) {
      const Tensor zeros = at::zeros({annotated.annotations.size(0), decoder.units}, floating());
      states.push_back({zeros, lstm ? zeros : Tensor()});
      continue;
    }
    const auto compute = [&](const char* name) {
      const std::string prefix = fmt::format("initial.{}.{}", layer, name);
      return project({{annotated.initial, {}}}, prefix + "_weight", prefix + "_bias",
                     Activation::kTanh);
    };
    states.push_back({compute("state"), lstm ? compute("cell") : Tensor()});
  }
  return states;
}

AttentionInputs Network::attention_inputs(const Batch& batch, const Annotated& annotated) const {
  AttentionInputs inputs;
  inputs.score = model::plan_score(configuration_.attention).value();
  inputs.energies = configuration_.attention.energies;
  inputs.lengths = batch.attention_sizes;
  inputs.annotations = annotated.annotations;
  inputs.mask = annotated.mask;
  if (inputs.score != model::Score::kDot) {
    inputs.projected = project({{annotated.annotations, {}}}, "attention.annotation_weight",
                               "attention.bias", Activation::kNone);
  }
  inputs.query_weight = find_tensor(tensors_, "attention.query_weight");
  inputs.energy_weight = find_tensor(tensors_, "attention.energy_weight");
  inputs.energy_bias = find_tensor(tensors_, "attention.energy_bias");
  return inputs;
}

// Returns the E y that every update of the state reads. In the order that updates the state last,
// this is E y_i, and there is no update after the last step.
WordRows Network::previous_of_updates(const WordRows& previous, const Batch& batch) const {
  if (configuration_.decoder.order != Order::kLookGenerateUpdate) return previous;
  return steps_of(previous, batch.sentences, 1, batch.target.size(0) - 1);
}

InputFeedingInputs Network::input_feeding_inputs(const DecoderMasks& masks) const {
  const model::DecoderConfig& config = configuration_.decoder;
  InputFeedingInputs inputs;
  if (config.input_feeding != InputFeeding::kReadout) return inputs;
  inputs.readout = config.readout;
  inputs.weight = tensor("readout.weight");
  inputs.bias = tensor("readout.bias");
  inputs.previous_units = config.readout_previous_units();
  if (masks.readout.defined()) inputs.mask = masks.readout.contiguous();
  return inputs;
}

Network::Decoded Network::decode_by_plan(const Batch& batch, const Annotated& annotated,
                                         const WordRows& previous, const DecoderMasks& masks,
                                         Dropout* dropout) const {
  const model::DecoderConfig& config = configuration_.decoder;
  DecoderInputs inputs;
  inputs.shape = {config.cell, config.units};
  inputs.order = config.order;
  inputs.steps = batch.target.size(0);
  if (configuration_.attention.looks()) inputs.attention = attention_inputs(batch, annotated);
  if (configuration_.attention.kind == model::AttentionKind::kFixed) {
    inputs.context = initial_inputs(model::InitialState::kLast, annotated.read, batch);
  }
  inputs.masks = masks;
  inputs.input_feeding = input_feeding_inputs(masks);
  inputs.previous = previous_of_updates(previous, batch);
  inputs.initial = initial_states(annotated);
  inputs.cells = find_cells(tensors_, config);
  const DecodedSteps steps = operations_->decoder_steps(inputs);
  const WordRows contexts = inputs.context.defined() ? in_all_steps(inputs.context, inputs.steps)
                                                     : WordRows{steps.contexts, {}};
  Decoded decoded;
  decoded.readouts = readouts(steps, previous, contexts, dropout);
  decoded.alignments = steps.alignments;
  return decoded;
}

// Returns the input of the softmax layer, [target_length, batch, l], with dropout. `contexts` is
// undefined if the decoder reads no context.
Tensor Network::readouts(const DecodedSteps& steps, const WordRows& previous,
                         const WordRows& contexts, Dropout* dropout) const {
  if (steps.readouts.defined()) return steps.readouts;
  const model::DecoderConfig& config = configuration_.decoder;
  Tensor result = steps.states;
  if (config.readout != model::Readout::kNone) {
    std::vector<WordRows> parts{{steps.states, {}}};
    if (config.readout_previous_units() > 0) parts.push_back(previous);
    if (contexts.defined()) parts.push_back(contexts);
    result =
        project(parts, "readout.weight", "readout.bias",
                config.readout == model::Readout::kTanh ? Activation::kTanh : Activation::kNone);
  }
  if (config.readout == model::Readout::kMaxout) result = maxout(result);
  return dropout ? dropout->sequence(result, dropout->config().readout) : result;
}

}  // namespace attend::network
