// Where the context may enter a decoder (§1.6): which inputs, layers and gates fit together.
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

}  // namespace

void check_placement(const Configuration& c) {
  const DecoderConfig& decoder = c.decoder;
  check_feeding(decoder);
  check_layers(decoder);
  check_inside(decoder);
  if (decoder.gru_context == GruContext::kInside && c.attention.kind == AttentionKind::kNone) {
    conflict("decoder.gru_context: inside needs an attention.kind that gives a context");
  }
  if (decoder.transitions > 0 && decoder.order != Order::kUpdateLookUpdate) {
    conflict("decoder.transitions needs decoder.order: update-look-update");
  }
}

}  // namespace attend::model
