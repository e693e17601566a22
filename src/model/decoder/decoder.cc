#include "model/decoder/decoder.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "model/attention/mechanism.h"
#include "model/parameters.h"

namespace attend::model {
namespace {

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

}  // namespace

std::string cell_text(const CellConfig& cell, int count) {
  const char* name = cell.type == Cell::kGru ? "GRU" : "LSTM";
  return count == 1 ? name : fmt::format("{}×{}", count, name);
}

DecoderBuilder::DecoderBuilder(Builder& builder, const Configuration& configuration)
    : b_(builder), c_(configuration), annotations_(b_.annotations(annotations_text(c_.encoder))) {
  if (c_.decoder.cell.type != Cell::kNone) add_first_states();
}

// Returns the value that the layers of the first states are computed from; undefined without such
// layers.
Value DecoderBuilder::first_state_input() {
  switch (c_.decoder.initial_state) {
    case InitialState::kZero:
    case InitialState::kCopy:
      break;
    case InitialState::kBackward:
      return b_.first_backward();
    case InitialState::kMean:
      return b_.mean_annotations();
    case InitialState::kLast:
      return b_.last_state(last_state_text(c_.encoder));
    case InitialState::kContext:
      return fixed_context();
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
  const Value from = first_state_input();
  for (int layer = 0; layer < c_.decoder.layers; ++layer) {
    const bool top = layer + 1 == c_.decoder.layers;
    const step::CellState first = first_state(layer, from);
    if (layer == 0) b_.write(first.hidden, {"s_0", "first state", ""});
    Layer own;
    own.carried.hidden = b_.carry(fmt::format("decoder.{}.state", layer), first.hidden,
                                  top ? "s_{i-1}" : "s'_{i-1}");
    if (first.cell.defined()) {
      own.carried.cell = b_.carry(fmt::format("decoder.{}.cell", layer), first.cell,
                                  top ? "cell(s_{i-1})" : "cell(s'_{i-1})");
    }
    layers_.push_back(own);
  }
}

void DecoderBuilder::declare_embedding() {
  const std::string name = target_embedding_name(c_.decoder);
  if (c_.decoder.shares_source_embedding() || b_.parameters().find(name) != nullptr) return;
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
// after the Gaussian (§6.3). Hard monotonic attention has no alignment of one step alone: its prior
// is made of the energies (§13.2).
Value DecoderBuilder::alignment_of(const step::CellState& query, Value coverage, Look& look) {
  const bool windowed = c_.attention.window != Window::kAll;
  if (windowed) b_.look_in_window(window_centre(b_, c_, query.hidden), c_.attention.reach);
  ScoreInputs inputs{query.hidden, annotations_, coverage};
  if (c_.attention.query == Query::kStateAndCell) inputs.cell = query.cell;
  look.energies = mechanism(c_.attention).energies(b_, c_, inputs);
  if (c_.attention.energy_bias) {
    look.energies = b_.add(look.energies, energy_bias());
  }
  if (c_.attention.energies == Energies::kRelu) look.energies = b_.relu(look.energies);
  b_.write(look.energies, {"e_ij", "energies", ""});
  constexpr double kNothing = -std::numeric_limits<double>::infinity();
  b_.observe("energies", windowed ? b_.spread(look.energies, kNothing) : look.energies,
             step::Over::kSource);
  if (c_.attention.kind == AttentionKind::kHardMonotonic) return {};
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

// Returns the context that all steps read.
Value DecoderBuilder::fixed_context() {
  if (fixed_context_.defined()) return fixed_context_;
  fixed_context_ = b_.last_state(last_state_text(c_.encoder));
  if (c_.attention.fixed_context == FixedContext::kTanh) {
    fixed_context_ = b_.tanh(
        b_.linear({.name = "context.weight", .units = b_.sizes().annotation_units, .symbol = "V"},
                  {fixed_context_}, {"context.bias", "b_c"}));
  }
  b_.write(fixed_context_, {"c", "context", ""});
  return fixed_context_;
}

// Returns the context times its gate, if it has one.
Value DecoderBuilder::gated(Value context, Value query) {
  if (c_.attention.context_gate == ContextGate::kNone) return context;
  const Value gate =
      b_.sigmoid(b_.linear({.name = "attention.gate_weight", .units = 1, .symbol = "W_β"}, {query},
                           {"attention.gate_bias", "b_β"}));
  b_.write(gate, {"β_i", "gate", ""});
  return b_.multiply(gate, context);
}

Look DecoderBuilder::look(const step::CellState& query) {
  Look look;
  if (c_.attention.kind == AttentionKind::kNone) return look;
  if (c_.attention.kind == AttentionKind::kFixed) {
    look.context = fixed_context();
    return look;
  }
  const Value coverage = carry_coverage(b_, c_);
  look.alignment = alignment_of(query, coverage, look);
  add_to_coverage(b_, c_, coverage, look.alignment);
  look.context = gated(b_.weighted_sum(look.alignment, annotations_), query.hidden);
  b_.write(look.context, {"c_i", "context", ""});
  const bool windowed = c_.attention.window != Window::kAll;
  b_.observe("alignment", windowed ? b_.spread(look.alignment) : look.alignment,
             step::Over::kSource);
  b_.observe("context", look.context, step::Over::kUnits);
  return look;
}

void DecoderBuilder::look_hard(const step::CellState& state) {
  Look look;
  look.alignment = alignment_of(state, {}, look);
  std::vector<Value> parts{state.hidden};
  if (c_.decoder.readout_previous_units() > 0) parts.push_back(previous_token());
  parts.push_back(annotations_);
  const Value readouts = b_.tanh(
      b_.linear({.name = "readout.weight", .units = c_.decoder.readout_units, .symbol = "W_r"},
                parts, {"readout.bias", "b_r"}));
  b_.write(readouts, {"r_ij", "readouts", ""});
  b_.output(mix_positions(b_, c_, look.alignment.defined() ? look.alignment : look.energies,
                          b_.dropout(readouts, step::DropoutPlace::kReadout),
                          {{}, output_weight_name(c_.decoder), "output.bias"}));
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
  b_.output({readout, output_weight_name(c_.decoder), "output.bias", c_.decoder.ties_output()});
}

}  // namespace attend::model
