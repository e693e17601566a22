// Where the context may enter a decoder (§1.6), and what a decoder that copies needs (§13.4): which
// inputs, layers and gates fit together.
#include <string>

#include "base/base.h"
#include "model/decoder/decoder.h"

namespace attend::model {
namespace {

[[noreturn]] void conflict(const std::string& message) { throw UsageError(message); }

bool looks_first(const DecoderConfig& decoder) {
  return decoder.order == Order::kLookUpdateGenerate || decoder.order == Order::kLookGenerateUpdate;
}

void check_feeding(const DecoderConfig& decoder) {
  const bool generates_last = decoder.order == Order::kUpdateLookGenerate;
  if (decoder.input_feeding == InputFeeding::kReadout && !generates_last) {
    conflict("decoder.input_feeding: readout needs decoder.order: update-look-generate");
  }
  if (decoder.input_feeding == InputFeeding::kReadout && decoder.readout == Readout::kNone) {
    conflict("decoder.input_feeding: readout needs a decoder.readout");
  }
  if (decoder.input_feeding == InputFeeding::kContext && looks_first(decoder)) {
    conflict(
        "decoder.input_feeding: context needs decoder.order: update-look-generate or "
        "update-look-update, because the update of the other orders reads a context already");
  }
  if (decoder.input_layer == InputLayer::kNone) return;
  if (decoder.input_feeding == InputFeeding::kNone || decoder.feedback == Feedback::kNone) {
    conflict(
        "decoder.input_layer: linear needs decoder.feedback: previous and a "
        "decoder.input_feeding, which it mixes");
  }
}

void check_layers(const DecoderConfig& decoder) {
  if (decoder.context_layers == ContextLayers::kBottom) return;
  if (decoder.order == Order::kUpdateLookGenerate && decoder.query_layer == QueryLayer::kTop) {
    conflict(
        "decoder.context_layers: all needs decoder.query_layer: bottom in the order "
        "update-look-generate, because no layer is updated after the top one has asked");
  }
}

// The part of the context inside the reset gate stands with U h.
void check_inside(const DecoderConfig& decoder) {
  if (decoder.gru_context == GruContext::kOutside) return;
  if (!decoder.cell.resets_after()) {
    conflict("decoder.gru_context: inside needs decoder.cell: gru and decoder.gru_reset: after");
  }
  if (!looks_first(decoder)) {
    conflict(
        "decoder.gru_context: inside needs decoder.order: look-update-generate or "
        "look-generate-update, whose cell reads the token and the context");
  }
  if (decoder.feedback == Feedback::kNone) {
    conflict(
        "decoder.gru_context: inside needs decoder.feedback: previous, because nothing else stands "
        "outside the gate");
  }
}

// A decoder copies with the weights of its alignment, which must be able to give every word of the
// source a share. A source unit is a target unit of the same text.
void check_copy(const Configuration& c) {
  if (c.decoder.copy == Copy::kNone) return;
  const std::string name = "decoder.copy: pointer";
  if (c.attention.window != Window::kAll) {
    conflict(name + " needs attention.window: all, because it may copy every word of the source");
  }
  if (c.attention.normaliser != Normaliser::kSoftmax) {
    conflict(name +
             " needs attention.normaliser: softmax, because a word with the weight 0 would be "
             "impossible");
  }
  if (c.attention.score == "location") {
    conflict(name + " needs another attention.score than location, whose weights end at " +
             "attention.maximum_source");
  }
  if (c.encoder.padding == Padding::kVisible) {
    conflict(name + " needs encoder.padding: masked, because padding is nothing to copy");
  }
  if (!c.target.end_token) {
    conflict(name +
             " needs target.end_token: true, because a target of fixed length has no <unk> for the "
             "units that its vocabulary lacks");
  }
  if (c.source.unit != c.target.unit || answers_with_labels(c.target)) {
    conflict(name +
             " needs the same source.unit and target.unit, and not whole, because a source " +
             "unit is copied as the target unit of the same text");
  }
  if (c.target.unit == UnitChoice::kSubwords && !c.shared_vocabulary) {
    conflict(name +
             " with subwords needs shared_vocabulary: true, so that both sides are cut alike");
  }
  if (c.training.label_smoothing > 0) {
    conflict(name + " needs training.label_smoothing: 0, because the output is a mixture");
  }
}

}  // namespace

void check_copying_decoder(const Configuration& c) {
  if (c.decoder.copy == Copy::kNone) return;
  const std::string name = "decoder.copy: pointer";
  if (c.attention.kind != AttentionKind::kSoft) conflict(name + " needs attention.kind: soft");
  if (c.decoder.cell.type == Cell::kNone) {
    conflict(name + " needs a decoder.cell, whose state decides whether a step copies");
  }
}

void check_placement(const Configuration& c) {
  const DecoderConfig& decoder = c.decoder;
  check_feeding(decoder);
  check_layers(decoder);
  check_inside(decoder);
  check_copy(c);
  if (decoder.gru_context == GruContext::kInside && c.attention.kind == AttentionKind::kNone) {
    conflict("decoder.gru_context: inside needs an attention.kind that gives a context");
  }
  if (decoder.transitions > 0 && decoder.order != Order::kUpdateLookUpdate) {
    conflict("decoder.transitions needs decoder.order: update-look-update");
  }
}

}  // namespace attend::model
