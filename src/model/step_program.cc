#include "model/step_program.h"

#include "model/decoder/decoder.h"

namespace attend::model {

step::Program step_program(const Configuration& configuration, const VocabularySizes& sizes) {
  const EncoderConfig& encoder = configuration.encoder;
  step::Builder builder({.annotation_units = encoder.annotation_units(),
                         .encoder_units = encoder.units,
                         .target_vocabulary = sizes.target},
                        configuration.training.initialization);
  if (configuration.decoder.cell.type == Cell::kNone) {
    look_generate(builder, configuration);
    return builder.finish();
  }
  switch (configuration.decoder.order) {
    case Order::kLookUpdateGenerate:
      look_update_generate(builder, configuration);
      break;
    case Order::kLookGenerateUpdate:
      look_generate_update(builder, configuration);
      break;
    case Order::kUpdateLookGenerate:
      update_look_generate(builder, configuration);
      break;
    case Order::kUpdateLookUpdate:
      update_look_update(builder, configuration);
      break;
  }
  return builder.finish();
}

std::vector<step::Equation> equations(const Configuration& configuration) {
  return step::equations(step_program(configuration, {1, 1}));
}

std::optional<Score> plan_score(const AttentionConfig& attention) {
  if (attention.score == "additive") return Score::kAdditive;
  if (attention.score == "dot") return Score::kDot;
  if (attention.score == "general") return Score::kGeneral;
  return std::nullopt;
}

namespace {

// Whether the inputs of the cells, of the readout and of the first states are those that plans
// compute. A choice among the layers has no effect on one layer.
bool has_planned_inputs(const Configuration& c) {
  const DecoderConfig& decoder = c.decoder;
  const bool chooses_layers =
      decoder.query_layer != QueryLayer::kTop || decoder.context_layers != ContextLayers::kBottom;
  return decoder.gru_context == GruContext::kOutside && decoder.transitions == 0 &&
         decoder.input_feeding != InputFeeding::kContext &&
         decoder.input_layer == InputLayer::kNone && !(chooses_layers && decoder.layers > 1) &&
         decoder.initial_state != InitialState::kContext &&
         decoder.self_attention == SelfAttention::kNone &&
         c.attention.fixed_context == FixedContext::kState &&
         decoder.readout_feedback != Feedback::kSum;
}

}  // namespace

bool has_plan(const Configuration& configuration) {
  const AttentionConfig& attention = configuration.attention;
  if (configuration.decoder.cell.type == Cell::kNone) return false;
  if (configuration.decoder.copy != Copy::kNone) return false;
  if (!has_planned_inputs(configuration)) return false;
  if (!attention.looks()) {
    return attention.kind == AttentionKind::kFixed || attention.kind == AttentionKind::kNone;
  }
  if (attention.keys != Keys::kAnnotations) return false;
  if (attention.query != Query::kState || attention.context_gate != ContextGate::kNone) {
    return false;
  }
  return plan_score(attention).has_value() && attention.kind == AttentionKind::kSoft &&
         attention.normaliser == Normaliser::kSoftmax && attention.window == Window::kAll &&
         attention.coverage == Coverage::kNone && attention.temporal == Temporal::kNone;
}

}  // namespace attend::model
