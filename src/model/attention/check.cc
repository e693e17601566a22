// Which kinds, windows and coverages of attention fit together and fit the rest of a model.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/base.h"
#include "model/attention/mechanism.h"

namespace attend::model {
namespace {

[[noreturn]] void conflict(const std::string& message) { throw UsageError(message); }

// Returns the scores that read a value: "additive or normed-additive".
std::string scores_that(bool Mechanism::*reads) {
  std::vector<std::string_view> names;
  for (const Mechanism& score : mechanisms()) {
    if (score.*reads) names.push_back(score.name);
  }
  return fmt::format("{}", fmt::join(names, " or "));
}

// Hard attention chooses an output distribution for each position, so nothing of the step may
// depend on the context, and the output layer sees each position by itself.
void check_hard(const Configuration& c) {
  if (!c.attention.is_hard()) return;
  const DecoderConfig& decoder = c.decoder;
  const std::string name = std::string("attention.kind: ") + c.attention.hard_name();
  if (decoder.order != Order::kUpdateLookGenerate) {
    conflict(name + " needs decoder.order: update-look-generate, whose state no context enters");
  }
  if (decoder.input_feeding != InputFeeding::kNone) {
    conflict(name + " needs decoder.input_feeding: none, because no context may enter the state");
  }
  if (decoder.readout != Readout::kTanh || decoder.readout_units < 2) {
    conflict(name + " needs decoder.readout: tanh with decoder.readout_units of 2 or more");
  }
  if (decoder.ties_output()) {
    conflict(name + " needs decoder.tied_embeddings: none or inputs");
  }
  if (c.training.label_smoothing > 0) {
    conflict(name + " needs training.label_smoothing: 0, because the output is a mixture");
  }
  if (c.attention.end_token == EndToken::kHidden) {
    conflict(name +
             " needs attention.end_token: visible, because a source without words would have no "
             "position to look at");
  }
  if (c.attention.window != Window::kAll) conflict(name + " needs attention.window: all");
  if (c.attention.coverage != Coverage::kNone) conflict(name + " needs attention.coverage: none");
  if (c.attention.temporal != Temporal::kNone) conflict(name + " needs attention.temporal: none");
  if (c.attention.kind == AttentionKind::kHardMonotonic &&
      c.attention.normaliser != Normaliser::kSoftmax) {
    conflict(name + " needs attention.normaliser: softmax, because its transitions are softmaxes " +
             "of energies");
  }
  if (decoder.query_layer != QueryLayer::kTop) {
    conflict(name + " needs decoder.query_layer: top, whose state the readouts read");
  }
}

// First-order hard attention has energies of offsets, which a layer of its own computes of T h_j.
void check_offsets(const Configuration& c) {
  if (!c.attention.moves_by_offsets()) return;
  const std::string name = "attention.kind: hard-monotonic-1";
  if (c.attention.score != "general") {
    conflict(name + " needs attention.score: general, whose weight of the annotations is its T; " +
             "its own energies belong to offsets");
  }
  if (c.attention.energies != Energies::kLinear || c.attention.energy_bias) {
    conflict(name + " needs attention.energies: linear and attention.energy_bias: false, because " +
             "its energies belong to offsets, which have biases of their own");
  }
  if (c.attention.normaliser != Normaliser::kSoftmax) {
    conflict(name + " needs attention.normaliser: softmax, because every offset must be possible");
  }
}

// Monotonic attention makes its alignment of the energies of all positions itself.
void check_monotonic(const Configuration& c) {
  if (c.attention.kind != AttentionKind::kMonotonic) return;
  const std::string name = "attention.kind: monotonic";
  if (c.decoder.cell.type == Cell::kNone) {
    conflict(name + " needs a decoder.cell, because labels have no order");
  }
  if (c.attention.score == "location") {
    conflict(name + " needs another attention.score than location, whose energies do not see the " +
             "annotations and end at attention.maximum_source");
  }
  if (c.attention.energies != Energies::kLinear) {
    conflict(name + " needs attention.energies: linear, because one of 0 or more would often stop");
  }
  if (c.attention.normaliser != Normaliser::kSoftmax) {
    conflict(name + " needs attention.normaliser: softmax, because it normalises nothing");
  }
  if (c.attention.window != Window::kAll) conflict(name + " needs attention.window: all");
  if (c.attention.coverage != Coverage::kNone) conflict(name + " needs attention.coverage: none");
  if (c.attention.temporal != Temporal::kNone) conflict(name + " needs attention.temporal: none");
}

// Stochastic attention hands one annotation on, and its reward is a log-probability of the output.
void check_stochastic(const Configuration& c) {
  const bool covers = c.attention.doubly_stochastic > 0;
  if (covers && (!c.attention.looks() || c.attention.is_hard())) {
    conflict(
        "attention.doubly_stochastic needs an attention.kind of soft, monotonic or stochastic, "
        "whose weights are summed over the steps");
  }
  if (covers && c.attention.doubly_stochastic_scale == DoublyStochasticScale::kCode &&
      c.training.batch_unit != text::BatchUnit::kSentences) {
    conflict(
        "attention.doubly_stochastic_scale: code needs training.batch_unit: sentences, whose "
        "number "
        "it multiplies by");
  }
  if (!c.attention.is_stochastic()) return;
  const std::string name = "attention.kind: stochastic";
  if (c.attention.window != Window::kAll) conflict(name + " needs attention.window: all");
  if (c.attention.heads > 1) conflict(name + " needs attention.heads: 1");
  if (c.decoder.copy != Copy::kNone) conflict(name + " needs decoder.copy: none");
  if (c.training.label_smoothing > 0) {
    conflict(name + " needs training.label_smoothing: 0, because the reward is a probability");
  }
  if (c.training.class_weights != ClassWeights::kNone) {
    conflict(name + " needs training.class_weights: none");
  }
}

const char* name_without_look(AttentionKind kind) {
  switch (kind) {
    case AttentionKind::kFixed:
      return "fixed";
    case AttentionKind::kMean:
      return "mean";
    case AttentionKind::kMax:
      return "max";
    default:
      return "none";
  }
}

// Without a look the decoder must get the source elsewhere, and the options of a look mean nothing.
void check_without_look(const Configuration& c) {
  if (c.attention.looks()) return;
  const bool fixed = c.attention.has_fixed_context();
  const std::string name = std::string("attention.kind: ") + name_without_look(c.attention.kind);
  if (!fixed && c.decoder.cell.type == Cell::kNone) conflict(name + " needs a decoder.cell");
  const bool generates_first = c.decoder.order == Order::kLookGenerateUpdate;
  if (c.decoder.order != Order::kLookUpdateGenerate && !(fixed && generates_first)) {
    conflict(name + " needs decoder.order: look-update-generate" +
             (fixed ? " or look-generate-update" : ""));
  }
  if (c.attention.window != Window::kAll || c.attention.coverage != Coverage::kNone) {
    conflict(name + " needs attention.window: all and attention.coverage: none");
  }
  if (c.attention.normaliser != Normaliser::kSoftmax || c.attention.temporal != Temporal::kNone) {
    conflict(name + " needs attention.normaliser: softmax and attention.temporal: none");
  }
  if (c.decoder.query_layer != QueryLayer::kTop) {
    conflict(name + " needs decoder.query_layer: top, because no state asks");
  }
  if (fixed) return;
  if (c.decoder.context_layers != ContextLayers::kBottom) {
    conflict(name + " needs decoder.context_layers: bottom, because there is no context");
  }
  if (c.decoder.initial_state == InitialState::kZero) {
    conflict(name + " needs a decoder.initial_state that sees the source");
  }
  if (c.decoder.feedback == Feedback::kNone) {
    conflict(name + " needs decoder.feedback: previous, because a step reads nothing else");
  }
}

void check_window(const Configuration& c) {
  if (c.attention.window == Window::kAll) return;
  const bool predicted = c.attention.window == Window::kPredicted;
  const std::string name =
      predicted ? "attention.window: predicted" : "attention.window: monotonic";
  if (c.decoder.cell.type == Cell::kNone) {
    conflict(name + (predicted ? " needs a decoder.cell, whose state predicts the window"
                               : " needs a decoder.cell, because labels have no order"));
  }
  if (c.attention.coverage != Coverage::kNone) conflict(name + " needs attention.coverage: none");
  if (c.attention.temporal != Temporal::kNone) conflict(name + " needs attention.temporal: none");
}

// The diagonal runs from the first token to the last one, and padding that the model sees is a
// token.
void check_diagonal(const Configuration& c) {
  if (c.training.guidance.diagonal_weight == 0) return;
  if (!c.attention.looks()) {
    conflict("training.diagonal_weight needs an attention.kind that looks at positions");
  }
  if (c.encoder.padding == Padding::kVisible) {
    conflict("training.diagonal_weight needs encoder.padding: masked");
  }
}

// A fixed context and the options that only it has.
void check_fixed(const Configuration& c) {
  if (c.attention.has_fixed_context()) return;
  if (c.attention.fixed_context != FixedContext::kState) {
    conflict("attention.fixed_context: tanh needs attention.kind: fixed, mean or max");
  }
  if (c.decoder.initial_state == InitialState::kContext) {
    conflict("decoder.initial_state: context needs attention.kind: fixed, mean or max");
  }
}

void check_covered_score(const Configuration& c) {
  if (c.attention.coverage == Coverage::kNone || mechanism(c.attention).reads_coverage) return;
  conflict("attention.coverage needs attention.score: " + scores_that(&Mechanism::reads_coverage));
}

// Choices about the query, and about the gate that it opens.
void check_query(const Configuration& c) {
  const AttentionConfig& attention = c.attention;
  if (attention.query == Query::kStateAndCell) {
    if (c.decoder.cell.type != Cell::kLstm) {
      conflict("attention.query: state-and-cell needs decoder.cell: lstm");
    }
    // W_Q of projected keys takes any size.
    const bool projected = attention.keys == Keys::kProjected && mechanism(attention).reads_query;
    if (!projected && !mechanism(attention).reads_cell) {
      conflict("attention.query: state-and-cell needs attention.score: " +
               scores_that(&Mechanism::reads_cell) + ", whose weight of the query takes any size");
    }
  }
  if (attention.context_gate == ContextGate::kNone) return;
  if (attention.kind != AttentionKind::kSoft && attention.kind != AttentionKind::kMonotonic &&
      !attention.is_stochastic()) {
    conflict("attention.context_gate: scalar needs attention.kind: soft, monotonic or stochastic");
  }
  if (c.decoder.cell.type == Cell::kNone) {
    conflict("attention.context_gate: scalar needs a decoder.cell, whose state opens the gate");
  }
}

}  // namespace

void check_attention(const Configuration& c) {
  check_keys(c);
  // A score that is wrong for the coverage is refused before sizes that it needs.
  if (c.attention.kind == AttentionKind::kSoft || c.attention.is_stochastic()) {
    check_covered_score(c);
  }
  const Mechanism& score = mechanism(c.attention);
  if (score.check != nullptr) score.check(c);
  check_monotonic(c);
  check_hard(c);
  check_offsets(c);
  check_stochastic(c);
  check_without_look(c);
  check_fixed(c);
  check_query(c);
  check_window(c);
  check_diagonal(c);
  check_covered_score(c);
  if (c.attention.temporal != Temporal::kNone && c.attention.normaliser != Normaliser::kSoftmax) {
    conflict("attention.temporal: past needs attention.normaliser: softmax");
  }
  if (c.attention.initial_energy_bias != 0 && !c.attention.energy_bias) {
    conflict("attention.initial_energy_bias needs attention.energy_bias: true");
  }
  if (c.attention.coverage_loss > 0 && c.attention.coverage != Coverage::kSum) {
    conflict(
        "attention.coverage_loss needs attention.coverage: sum, whose numbers are sums of weights "
        "and can be compared with weights");
  }
}

}  // namespace attend::model
