#include "model/decoder/decoder.h"

#include <fmt/format.h>

#include <cmath>

#include "model/attention/mechanism.h"
#include "model/parameters.h"

namespace attend::model {
namespace {

std::string cell_text(const CellConfig& cell, int layers) {
  const char* name = cell.type == Cell::kGru ? "GRU" : "LSTM";
  return layers == 1 ? name : fmt::format("{}×{}", layers, name);
}

std::string annotations_text(const EncoderConfig& encoder) {
  const char* vector = encoder.direction == Direction::kBidirectional ? "[→h_j; ←h_j]"
                       : encoder.direction == Direction::kForward     ? "→h_j"
                                                                      : "←h_j";
  return fmt::format("{} of {}", vector, cell_text(encoder.cell, encoder.layers));
}

// Returns how equations write the last state of each direction. A backward encoder of words reads
// </s>, token T, last.
std::string last_state_text(const EncoderConfig& encoder) {
  if (encoder.reverses_words()) return "←h_T";
  return encoder.direction == Direction::kBidirectional ? "[→h_T; ←h_1]"
         : encoder.direction == Direction::kForward     ? "→h_T"
                                                        : "←h_1";
}

// Returns "[a; b]", or "a" alone.
std::string joined_texts(const Builder& b, const std::vector<Value>& values) {
  if (values.size() == 1) return b.text(values.front());
  std::string text = "[" + b.text(values.front());
  for (std::size_t k = 1; k < values.size(); ++k) text += "; " + b.text(values[k]);
  return text + "]";
}

std::string prefix_of(int layer) { return fmt::format("decoder.{}", layer); }

}  // namespace

DecoderBuilder::DecoderBuilder(Builder& builder, const Configuration& configuration)
    : b_(builder), c_(configuration), annotations_(b_.annotations(annotations_text(c_.encoder))) {
  if (c_.decoder.cell.type != Cell::kNone) add_first_states();
}

// Returns the value that the layers of the first states are computed from; undefined without such
// layers.
Value first_state_input(Builder& b, const Configuration& c) {
  switch (c.decoder.initial_state) {
    case InitialState::kZero:
    case InitialState::kCopy:
      break;
    case InitialState::kBackward:
      return b.first_backward();
    case InitialState::kMean:
      return b.mean_annotations();
    case InitialState::kLast:
      return b.last_state(last_state_text(c.encoder));
  }
  return {};
}

// Returns the first state of a layer; `from` is the result of first_state_input().
step::CellState DecoderBuilder::first_state(int layer, Value from) {
  const bool lstm = c_.decoder.cell.type == Cell::kLstm;
  const std::int64_t n = c_.decoder.units;
  if (c_.decoder.initial_state == InitialState::kCopy) {
    return b_.layer_state(layer, lstm, last_state_text(c_.encoder) + ", layer by layer");
  }
  if (!from.defined()) return {b_.zeros(n), lstm ? b_.zeros(n) : Value()};
  const auto compute = [&](const std::string& part) {
    const std::string prefix = fmt::format("initial.{}.{}", layer, part);
    return b_.tanh(b_.linear({.name = prefix + "_weight", .units = n, .symbol = "W_s"}, {from},
                             {prefix + "_bias", "b_s"}));
  };
  const Value hidden = compute("state");
  return {hidden, lstm ? compute("cell") : Value()};
}

void DecoderBuilder::add_first_states() {
  const Value from = first_state_input(b_, c_);
  for (int layer = 0; layer < c_.decoder.layers; ++layer) {
    const bool top = layer + 1 == c_.decoder.layers;
    const step::CellState first = first_state(layer, from);
    if (layer == 0) b_.write(first.hidden, {"s_0", "first state", ""});
    Layer own;
    own.carried.hidden =
        b_.carry(prefix_of(layer) + ".state", first.hidden, top ? "s_{i-1}" : "s'_{i-1}");
    if (first.cell.defined()) {
      own.carried.cell = b_.carry(prefix_of(layer) + ".cell", first.cell, "");
    }
    layers_.push_back(own);
  }
}

void DecoderBuilder::declare_embedding() {
  const std::string name = target_embedding_name(c_.decoder);
  const bool own = c_.decoder.tied_embeddings != TiedEmbeddings::kAll;
  if (!own || b_.parameters().find(name) != nullptr) return;
  b_.parameters().embedding(name, b_.sizes().target_vocabulary, c_.decoder.embedding);
}

// Declares E y_0, if it is a vector of its own. It starts as an embedding does.
void DecoderBuilder::declare_start() {
  if (c_.decoder.start != Start::kOwn || b_.parameters().find(kStartName) != nullptr) return;
  const bool normal = c_.training.initialization == Initialization::kNormal;
  b_.parameters().vector(
      kStartName, c_.decoder.embedding, step::Initial::kNormal,
      normal ? step::kUsualDeviation : 1.0 / std::sqrt(static_cast<double>(c_.decoder.embedding)));
}

Value DecoderBuilder::previous_token() {
  if (previous_token_.defined()) return previous_token_;
  declare_embedding();
  declare_start();
  previous_token_ = b_.previous_embedding(target_embedding_name(c_.decoder), c_.decoder.embedding);
  return previous_token_;
}

Value DecoderBuilder::next_token() {
  declare_embedding();
  declare_start();
  return b_.next_embedding(target_embedding_name(c_.decoder), c_.decoder.embedding);
}

Value DecoderBuilder::energy_bias() {
  const double first = c_.attention.initial_energy_bias;
  const step::Initial initial = first == 0 ? step::Initial::kZero : step::Initial::kConstant;
  return b_.parameter("attention.energy_bias", 1, "b_e", initial, first);
}

// Computes energies and alignment, and shows the energies. In a window, shows and returns energies
// and alignment of the window; around a predicted position the alignment is not normalised again
// after the Gaussian (§6.3).
Value DecoderBuilder::alignment_of(Value query, Value coverage, Look& look) {
  const bool windowed = c_.attention.window != Window::kAll;
  if (windowed) b_.look_in_window(window_centre(b_, c_, query), c_.attention.reach);
  look.energies = mechanism(c_.attention).energies(b_, c_, {query, annotations_, coverage});
  if (c_.attention.energy_bias) {
    look.energies = b_.add(look.energies, energy_bias());
  }
  if (c_.attention.energies == Energies::kRelu) look.energies = b_.relu(look.energies);
  b_.write(look.energies, {"e_ij", "energies", ""});
  b_.observe("energies", windowed ? b_.spread(look.energies) : look.energies, step::Over::kSource);
  Value alignment;
  if (c_.attention.kind == AttentionKind::kMonotonic) {
    alignment = monotonic_alignment(b_, c_, look.energies);
  } else {
    alignment = b_.softmax(divide_by_past(b_, c_, look.energies), c_.attention.normaliser);
  }
  if (c_.attention.window == Window::kPredicted) alignment = b_.multiply(alignment, b_.gaussian());
  b_.write(alignment, {"α_ij", "alignment", ""});
  return alignment;
}

Look DecoderBuilder::look(Value query) {
  Look look;
  if (c_.attention.kind == AttentionKind::kNone) return look;
  if (c_.attention.kind == AttentionKind::kFixed) {
    look.context = b_.last_state(last_state_text(c_.encoder));
    b_.write(look.context, {"c", "context", ""});
    return look;
  }
  const Value coverage = carry_coverage(b_, c_);
  look.alignment = alignment_of(query, coverage, look);
  add_to_coverage(b_, c_, coverage, look.alignment);
  look.context = b_.weighted_sum(look.alignment, annotations_);
  b_.write(look.context, {"c_i", "context", ""});
  const bool windowed = c_.attention.window != Window::kAll;
  b_.observe("alignment", windowed ? b_.spread(look.alignment) : look.alignment,
             step::Over::kSource);
  b_.observe("context", look.context, step::Over::kUnits);
  return look;
}

void DecoderBuilder::look_hard(Value state) {
  Look look;
  look.alignment = alignment_of(state, {}, look);
  std::vector<Value> parts{state};
  if (c_.decoder.readout_previous_units() > 0) parts.push_back(previous_token());
  parts.push_back(annotations_);
  const Value readouts = b_.tanh(
      b_.linear({.name = "readout.weight", .units = c_.decoder.readout_units, .symbol = "W_r"},
                parts, {"readout.bias", "b_r"}));
  b_.write(readouts, {"r_ij", "readouts", ""});
  b_.output(mix_positions(b_, c_, look.alignment,
                          b_.dropout(readouts, step::DropoutPlace::kReadout),
                          {{}, output_weight_name(c_.decoder), "output.bias"}));
}

// One step of a cell with the parameters prefix.*. `number` counts the cells of a step.
step::CellState DecoderBuilder::run_cell(const CellConfig& cell, const std::string& prefix,
                                         const std::vector<Value>& inputs,
                                         const step::CellState& state, int number) {
  std::int64_t width = 0;
  for (const Value& input : inputs) width += b_.units(input);
  const std::int64_t units = c_.decoder.units;
  b_.parameters().cell(prefix, cell, width, units);
  const Value gates = b_.linear({prefix + ".input_weight", cell.gate_count() * units}, inputs,
                                {cell.has_input_bias() ? prefix + ".bias" : std::string()});
  return b_.cell(cell, prefix, gates, state, number);
}

Value DecoderBuilder::update(const std::vector<Value>& inputs) {
  const DecoderConfig& decoder = c_.decoder;
  std::vector<Value> parts = inputs;
  step::CellState state;
  for (int layer = 0; layer < decoder.layers; ++layer) {
    if (layer > 0) {
      parts = {b_.dropout(state.hidden, step::DropoutPlace::kBetween, layer - 1)};
    }
    const step::CellState& carried = layers_[static_cast<std::size_t>(layer)].carried;
    state = run_cell(decoder.cell, prefix_of(layer), parts, carried, layer);
    b_.next(carried.hidden, state.hidden);
    if (carried.cell.defined()) b_.next(carried.cell, state.cell);
  }
  b_.write(state.hidden, {"s_i", "state",
                          fmt::format("{}(s_{{i-1}}, {})", cell_text(decoder.cell, decoder.layers),
                                      joined_texts(b_, inputs))});
  return state.hidden;
}

step::CellState DecoderBuilder::update_first(const std::vector<Value>& inputs) {
  const step::CellState first =
      run_cell(c_.decoder.cell, prefix_of(0), inputs, layers_.front().carried, 0);
  b_.write(first.hidden, {"s'_i", "first update",
                          fmt::format("{}(s_{{i-1}}, {})", cell_text(c_.decoder.cell, 1),
                                      joined_texts(b_, inputs))});
  return first;
}

Value DecoderBuilder::update_second(Value context, const step::CellState& first) {
  CellConfig cell = c_.decoder.cell;
  cell.bias = c_.decoder.second_bias;
  const step::CellState second = run_cell(cell, kSecondCell, {context}, first, 1);
  const step::CellState& carried = layers_.front().carried;
  b_.next(carried.hidden, second.hidden);
  if (carried.cell.defined()) b_.next(carried.cell, second.cell);
  b_.write(second.hidden,
           {"s_i", "state",
            fmt::format("{}(s'_i, {})", cell_text(cell, 1), joined_texts(b_, {context}))});
  return second.hidden;
}

Value DecoderBuilder::readout(Value state, Value context) {
  const DecoderConfig& decoder = c_.decoder;
  Value readout = state.defined() ? state : context;
  if (decoder.readout != Readout::kNone) {
    std::vector<Value> parts;
    if (state.defined()) parts.push_back(state);
    if (decoder.readout_previous_units() > 0) parts.push_back(previous_token());
    if (context.defined()) parts.push_back(context);
    const int pieces = decoder.readout == Readout::kMaxout ? 2 : 1;
    readout = b_.linear({.name = "readout.weight",
                         .units = pieces * decoder.readout_units,
                         .symbol = "W_r",
                         .blocks = pieces},
                        parts, {"readout.bias", "b_r"});
    if (decoder.readout == Readout::kTanh) readout = b_.tanh(readout);
    if (decoder.readout == Readout::kMaxout) readout = b_.maxout(readout);
    b_.write(readout, {"r_i", "readout", ""});
  }
  return b_.dropout(readout, step::DropoutPlace::kReadout);
}

void DecoderBuilder::generate(Value readout) {
  b_.output({readout, output_weight_name(c_.decoder), "output.bias",
             c_.decoder.tied_embeddings != TiedEmbeddings::kNone});
}

}  // namespace attend::model
