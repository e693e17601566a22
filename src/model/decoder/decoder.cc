#include "model/decoder/decoder.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <utility>

#include "model/parameters.h"

namespace attend::model {
namespace {

std::string annotations_text(const EncoderConfig& encoder) {
  if (encoder.kind == EncoderKind::kFeatures) return "the given vector of region j";
  if (encoder.kind == EncoderKind::kConvolutional) {
    return fmt::format("the vector of region j, of {} stages of convolutions", encoder.stages);
  }
  const bool sum = encoder.join == Join::kSum;
  const char* vector = sum                                              ? "→h_j + ←h_j"
                       : encoder.direction == Direction::kBidirectional ? "[→h_j; ←h_j]"
                       : encoder.direction == Direction::kForward       ? "→h_j"
                                                                        : "←h_j";
  const std::string text = fmt::format("{} of {}", vector, cell_text(encoder.cell, encoder.layers));
  if (encoder.levels == 1) return text;
  return fmt::format("{} over {}", text,
                     encoder.levels == 2 ? "the vectors of sentences" : "those of paragraphs");
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

// What head `number` asks with and what it reads.
Head DecoderBuilder::head_of(const step::CellState& query, Value coverage, int number) {
  ScoreInputs inputs{query.hidden, annotations_, coverage};
  if (c_.attention.query == Query::kStateAndCell) inputs.cell = query.cell;
  inputs.last_alignment = carry_alignment(b_, c_);
  return make_head(b_, c_, inputs, number);
}

// Numbers of the positions that a look has: those of a window at their places in the source, and
// `elsewhere` at all others.
Value DecoderBuilder::shown(Value of_look, double elsewhere) {
  return c_.attention.window == Window::kAll ? of_look : b_.spread(of_look, elsewhere);
}

// Computes energies and alignment of a head, and shows the energies. In a window, shows and returns
// energies and alignment of the window; around a predicted position the alignment is not normalised
// again after the Gaussian (§6.3). Hard monotonic attention has no alignment of one step alone: its
// prior is made of the energies (§13.2).
Value DecoderBuilder::alignment_of(const Head& head, Look& look) {
  look.energies = mechanism(c_.attention).energies(b_, c_, head.inputs);
  if (c_.attention.energy_bias) {
    look.energies = b_.add(look.energies, energy_bias());
  }
  if (c_.attention.energies == Energies::kRelu) look.energies = b_.relu(look.energies);
  constexpr double kNothing = -std::numeric_limits<double>::infinity();
  head.write(b_, look.energies, "e", "_ij", "energies");
  b_.observe(head.several ? fmt::format("energy.{}", head.number + 1) : "energies",
             shown(look.energies, kNothing), step::Over::kSource);
  if (c_.attention.kind == AttentionKind::kHardMonotonic) return {};
  Value alignment;
  if (c_.attention.kind == AttentionKind::kMonotonic) {
    alignment = monotonic_alignment(b_, c_, look.energies);
  } else {
    alignment = b_.softmax(divide_by_past(b_, c_, look.energies), c_.attention.normaliser);
  }
  if (c_.attention.window == Window::kPredicted) alignment = b_.multiply(alignment, b_.gaussian());
  head.write(b_, alignment, "α", "_ij", head.several ? "alignment of a head" : "alignment");
  if (head.inputs.last_alignment.defined()) b_.next(head.inputs.last_alignment, alignment);
  return alignment;
}

// Returns the context that all steps read.
Value DecoderBuilder::fixed_context() {
  if (fixed_context_.defined()) return fixed_context_;
  switch (c_.attention.kind) {
    case AttentionKind::kMean:
      fixed_context_ = b_.mean_annotations();
      break;
    case AttentionKind::kMax:
      fixed_context_ = b_.max_annotations();
      break;
    default:
      fixed_context_ = b_.last_state(last_state_text(c_.encoder));
  }
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
  b_.observe("gate", gate, step::Over::kScalar);
  return b_.multiply(gate, context);
}

Look DecoderBuilder::look(const step::CellState& query) {
  Look look;
  if (c_.attention.kind == AttentionKind::kNone) return look;
  if (c_.attention.has_fixed_context()) {
    look.context = fixed_context();
    return look;
  }
  if (c_.attention.window != Window::kAll) {
    b_.look_in_window(window_centre(b_, c_, query.hidden), c_.attention.reach);
  }
  if (c_.attention.heads > 1) {
    look_with_heads(query, look);
  } else {
    look_with_one_head(query, look);
  }
  look.context = gated(look.context, query.hidden);
  b_.write(look.context, {"c_i", "context", ""});
  b_.observe("alignment", shown(look.alignment), step::Over::kSource);
  b_.observe("context", look.context, step::Over::kUnits);
  return look;
}

void DecoderBuilder::look_with_one_head(const step::CellState& query, Look& look) {
  const Value coverage = carry_coverage(b_, c_);
  const Head head = head_of(query, coverage);
  look.alignment = alignment_of(head, look);
  add_to_coverage(b_, c_, {query.hidden, annotations_, coverage}, look.alignment);
  look.context = b_.weighted_sum(stochastic_look(b_, c_, look.alignment), head.values);
}

// c_i = W_O [c^1_i; …; c^H_i], where each head has a look of its own (§10.2). The alignment is the
// mean of theirs.
void DecoderBuilder::look_with_heads(const step::CellState& query, Look& look) {
  const int heads = c_.attention.heads;
  std::vector<Value> contexts;
  for (int k = 0; k < heads; ++k) {
    const Head head = head_of(query, {}, k);
    const Value alignment = alignment_of(head, look);
    b_.observe(fmt::format("head.{}", k + 1), shown(alignment), step::Over::kSource);
    look.alignment = k == 0 ? alignment : b_.add(look.alignment, alignment);
    contexts.push_back(b_.weighted_sum(alignment, head.values));
    head.write(b_, contexts.back(), "c", "_i", "context of a head");
  }
  look.alignment = b_.scale(look.alignment, 1.0 / heads);
  b_.write(look.alignment, {"α_ij", "alignment", fmt::format("mean_a α^a_ij, a = 1 … {}", heads)});
  look.context = b_.linear(
      {.name = "attention.output_weight", .units = c_.context_units(), .symbol = "W_O"}, contexts);
  b_.write(look.context, {"", "", fmt::format("W_O [c^1_i; …; c^{}_i]", heads)});
}

void DecoderBuilder::look_hard(const step::CellState& state) {
  Look look;
  const Head head = head_of(state, {});
  Value moves;
  if (c_.attention.moves_by_offsets()) {
    moves = offset_energies(b_, c_, head.inputs.query, head.inputs.keys);
  } else {
    const Value alignment = alignment_of(head, look);
    moves = alignment.defined() ? alignment : look.energies;
  }
  const PastLook past = look_at_past(b_, c_.decoder, state.hidden);
  std::vector<Value> parts{past.state};
  if (c_.decoder.readout_previous_units() > 0) parts.push_back(previous_token());
  parts.push_back(head.values);
  if (past.context.defined()) parts.push_back(past.context);
  const Value readouts = b_.tanh(
      b_.linear({.name = "readout.weight", .units = c_.decoder.readout_units, .symbol = "W_r"},
                parts, {"readout.bias", "b_r"}));
  b_.write(readouts, {"r_ij", "readouts", ""});
  b_.output(mix_positions(b_, c_, moves, b_.dropout(readouts, step::DropoutPlace::kReadout),
                          {{}, output_weight_name(c_.decoder), "output.bias"}));
}

Value DecoderBuilder::readout(Value state, Value context) {
  const DecoderConfig& decoder = c_.decoder;
  Value readout = state.defined() ? state : context;
  if (decoder.readout == Readout::kActivation) {
    readout = b_.tanh(readout);
    b_.write(readout, {"r_i", "readout", ""});
  }
  if (decoder.has_readout_layer()) {
    const PastLook past = look_at_past(b_, decoder, state);
    std::vector<Value> parts;
    if (past.state.defined()) parts.push_back(past.state);
    if (decoder.readout_feedback == Feedback::kPrevious && decoder.previous_units() > 0) {
      parts.push_back(previous_token());
    }
    if (context.defined()) parts.push_back(context);
    if (past.context.defined()) parts.push_back(past.context);
    const int pieces = decoder.readout == Readout::kMaxout ? 2 : 1;
    readout = b_.linear({.name = "readout.weight",
                         .units = pieces * decoder.readout_units,
                         .symbol = "W_r",
                         .blocks = pieces},
                        parts, {"readout.bias", "b_r"});
    if (decoder.readout_feedback == Feedback::kSum) readout = b_.add(readout, previous_token());
    if (decoder.readout == Readout::kTanh) readout = b_.tanh(readout);
    if (decoder.readout == Readout::kMaxout) readout = b_.maxout(readout);
    b_.write(readout, {"r_i", "readout", ""});
  }
  return b_.dropout(readout, step::DropoutPlace::kReadout);
}

// Returns z, where p_gen = σ(z) is the probability that a step generates its token and does not
// copy it. Where the query is [s; c], the state is so here too, as in the code of See et al.
Value DecoderBuilder::copy_gate(const StepValues& step) {
  std::vector<Value> parts{step.look.context, step.state.hidden};
  if (c_.attention.query == Query::kStateAndCell) parts.push_back(step.state.cell);
  parts.insert(parts.end(), step.inputs.begin(), step.inputs.end());
  const Value gate =
      b_.linear({.name = "copy.weight", .units = 1, .symbol = "W_g"}, parts, {"copy.bias", "b_g"});
  const Value generates = b_.sigmoid(gate);
  b_.write(generates, {"p_gen", "generation", ""});
  b_.observe("p_gen", generates, step::Over::kScalar);
  return gate;
}

void DecoderBuilder::generate(Value readout, const StepValues& step) {
  step::Output output{readout, output_weight_name(c_.decoder), "output.bias",
                      c_.decoder.ties_output()};
  if (c_.decoder.copy == Copy::kPointer) {
    output.gate = copy_gate(step);
    output.copied = step.look.alignment;
  }
  b_.output(std::move(output));
}

}  // namespace attend::model
