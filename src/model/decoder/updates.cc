// The updates of the state in one decoding step: cells, their inputs, and what the next step gets.
#include <fmt/format.h>

#include <utility>

#include "model/decoder/decoder.h"
#include "model/parameters.h"

namespace attend::model {
namespace {

// Returns "[a; b]", or "a" alone.
std::string joined_texts(const Builder& b, const std::vector<Value>& values) {
  if (values.size() == 1) return b.text(values.front());
  std::string text = "[" + b.text(values.front());
  for (std::size_t k = 1; k < values.size(); ++k) text += "; " + b.text(values[k]);
  return text + "]";
}

}  // namespace

std::vector<Value> DecoderBuilder::first_inputs() {
  const DecoderConfig& decoder = c_.decoder;
  std::vector<Value> inputs;
  if (decoder.feedback == Feedback::kPrevious) inputs.push_back(previous_token());
  if (decoder.input_feeding == InputFeeding::kReadout) {
    fed_ = b_.carry("readout", b_.zeros(decoder.readout_units), "r_{i-1}");
  } else if (decoder.input_feeding == InputFeeding::kContext) {
    fed_ = b_.carry("context", b_.zeros(c_.context_units()), "c_{i-1}");
  }
  if (fed_.defined()) inputs.push_back(fed_);
  if (decoder.input_layer == InputLayer::kNone) return inputs;
  const Value mixed =
      b_.linear({.name = "input.weight", .units = decoder.embedding, .symbol = "W_x"}, inputs,
                {"input.bias", "b_x"});
  b_.write(mixed, {"x_i", "input", ""});
  return {mixed};
}

void DecoderBuilder::feed(Value readout, Value context) {
  if (!fed_.defined()) return;
  b_.next(fed_, c_.decoder.input_feeding == InputFeeding::kReadout ? readout : context);
}

// How equations write what a cell reads beside its state.
std::string DecoderBuilder::reads_text(const std::vector<Value>& inputs, Value context) const {
  std::vector<Value> parts = inputs;
  if (!context.defined()) return joined_texts(b_, parts);
  if (c_.decoder.gru_context == GruContext::kInside) {
    return fmt::format("{}, {}", joined_texts(b_, parts), b_.text(context));
  }
  parts.push_back(context);
  return joined_texts(b_, parts);
}

// One step of a cell, which reads `inputs` and, if it is defined, the context. Inside the reset
// gate the context has a weight of its own.
step::CellState DecoderBuilder::run_cell(const CellPlace& place, std::vector<Value> inputs,
                                         Value context, const step::CellState& state) {
  const bool inside = context.defined() && c_.decoder.gru_context == GruContext::kInside;
  if (context.defined() && !inside) inputs.push_back(context);
  std::int64_t width = 0;
  for (const Value& input : inputs) width += b_.units(input);
  const std::int64_t units = c_.decoder.units, gates = place.cell.gate_count() * units;
  b_.parameters().cell(place.prefix, place.cell, width, units);
  const std::string bias = place.cell.has_input_bias() ? place.prefix + ".bias" : std::string();
  const Value sums = b_.linear({place.prefix + ".input_weight", gates}, inputs, {bias});
  Value within;
  if (inside) {
    within = b_.linear({.name = place.prefix + ".context_weight",
                        .units = gates,
                        .symbol = "C",
                        .blocks = place.cell.gate_count()},
                       {context});
  }
  return b_.cell(place.cell, place.prefix, sums, state, place.number, within);
}

// One step of a cell that reads its state alone: its gates are its bias, or zeros.
step::CellState DecoderBuilder::run_transition(int number, const step::CellState& state) {
  CellConfig cell = c_.decoder.cell;
  cell.bias = c_.decoder.second_bias;
  const std::string prefix = fmt::format("{}.{}", kTransitions, number);
  const std::int64_t units = c_.decoder.units, width = cell.gate_count() * units;
  b_.parameters().cell(prefix, cell, 0, units);
  Value gates = b_.zeros(width);
  if (cell.has_input_bias()) gates = b_.add(gates, b_.parameter(prefix + ".bias", width, "b"));
  return b_.cell(cell, prefix, gates, state, 2 + number);
}

// Hands the state of a layer to the next step.
void DecoderBuilder::leave(int layer, const step::CellState& state) {
  const step::CellState& carried = layers_[static_cast<std::size_t>(layer)].carried;
  b_.next(carried.hidden, state.hidden);
  if (carried.cell.defined()) b_.next(carried.cell, state.cell);
}

// Updates the layers first … end − 1. Layer `first` reads `inputs`; each of the others reads the
// state below it.
step::CellState DecoderBuilder::update_layers(int first, int end, std::vector<Value> inputs,
                                              Value context) {
  const bool all = c_.decoder.context_layers == ContextLayers::kAll;
  step::CellState state;
  for (int layer = first; layer < end; ++layer) {
    if (layer > first) {
      inputs = {b_.dropout(state.hidden, step::DropoutPlace::kBetween, layer - 1)};
    }
    state = run_cell({c_.decoder.cell, fmt::format("decoder.{}", layer), layer}, inputs,
                     layer == 0 || all ? context : Value(),
                     layers_[static_cast<std::size_t>(layer)].carried);
    leave(layer, state);
  }
  return state;
}

step::CellState DecoderBuilder::update(const std::vector<Value>& inputs, Value context) {
  const DecoderConfig& decoder = c_.decoder;
  const step::CellState top = update_layers(0, decoder.layers, inputs, context);
  const bool several = decoder.layers > 1;
  const bool all = context.defined() && several && decoder.context_layers == ContextLayers::kAll;
  const bool bottom_asks = several && decoder.query_layer == QueryLayer::kBottom;
  b_.write(top.hidden,
           {"s_i", "state",
            fmt::format("{}(s_{{i-1}}, {}){}{}", cell_text(decoder.cell, decoder.layers),
                        reads_text(inputs, context),
                        all ? fmt::format(", {} in every layer", b_.text(context)) : "",
                        bottom_asks ? ", s'_i in the bottom layer" : "")});
  return top;
}

step::CellState DecoderBuilder::update_bottom(const std::vector<Value>& inputs) {
  const step::CellState bottom = update_layers(0, 1, inputs, {});
  b_.write(bottom.hidden, {"s'_i", "bottom state",
                           fmt::format("{}(s'_{{i-1}}, {})", cell_text(c_.decoder.cell, 1),
                                       joined_texts(b_, inputs))});
  return bottom;
}

step::CellState DecoderBuilder::update_above(const step::CellState& bottom, Value context) {
  const DecoderConfig& decoder = c_.decoder;
  const std::vector<Value> inputs{b_.dropout(bottom.hidden, step::DropoutPlace::kBetween, 0)};
  const step::CellState top = update_layers(1, decoder.layers, inputs, context);
  const bool reads = decoder.context_layers == ContextLayers::kAll;
  const bool several = reads && decoder.layers > 2;
  b_.write(top.hidden,
           {"s_i", "state",
            fmt::format("{}(s_{{i-1}}, {}){}", cell_text(decoder.cell, decoder.layers - 1),
                        reads_text(inputs, reads ? context : Value()),
                        several ? fmt::format(", {} in every layer", b_.text(context)) : "")});
  return top;
}

step::CellState DecoderBuilder::update_first(const std::vector<Value>& inputs) {
  const step::CellState first =
      run_cell({c_.decoder.cell, "decoder.0", 0}, inputs, {}, layers_.front().carried);
  b_.write(first.hidden, {"s'_i", "first update",
                          fmt::format("{}(s_{{i-1}}, {})", cell_text(c_.decoder.cell, 1),
                                      joined_texts(b_, inputs))});
  return first;
}

step::CellState DecoderBuilder::update_second(Value context, const step::CellState& first) {
  CellConfig cell = c_.decoder.cell;
  cell.bias = c_.decoder.second_bias;
  step::CellState state = run_cell({cell, kSecondCell, 1}, {context}, {}, first);
  const std::string second = fmt::format("{}(s'_i, {})", cell_text(cell, 1), b_.text(context));
  if (c_.decoder.transitions == 0) {
    b_.write(state.hidden, {"s_i", "state", second});
  } else {
    b_.write(state.hidden, {"s''_i", "second update", second});
    for (int k = 0; k < c_.decoder.transitions; ++k) state = run_transition(k, state);
    b_.write(state.hidden,
             {"s_i", "state", fmt::format("{}(s''_i)", cell_text(cell, c_.decoder.transitions))});
  }
  leave(0, state);
  return state;
}

}  // namespace attend::model
