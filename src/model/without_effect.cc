// Options that change nothing in a configuration, because of the value of another one.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "model/configuration.h"

namespace attend::model {
namespace {

// Options that another option leaves without effect, or not.
struct Condition {
  std::vector<std::string_view> options;
  std::string_view decided_by;
  bool have_effect;
};

using Conditions = std::vector<Condition>;

bool has_hidden_layer(const std::string& score) {
  return score == "additive" || score == "normed-additive" || score == "location-aware" ||
         score == "learned-query";
}

void add_text(Conditions& list, const Configuration& c) {
  const auto cuts_subwords = [](const SideConfig& side) {
    return side.unit == UnitChoice::kSubwords || side.unit == UnitChoice::kAuto;
  };
  list.push_back({{"source.subword_size"}, "source.unit", cuts_subwords(c.source)});
  list.push_back({{"target.subword_size"}, "target.unit", cuts_subwords(c.target)});
}

// Options of texts have no effect on pictures, and those of pictures none on texts.
void add_pictures(Conditions& list, const EncoderConfig& encoder) {
  const bool convolves = encoder.kind == EncoderKind::kConvolutional;
  list.push_back(
      {{"encoder.embedding", "encoder.direction", "encoder.cell", "encoder.join", "encoder.pooling",
        "encoder.pooling_units", "encoder.layer_norm", "encoder.gates", "encoder.gru_reset",
        "encoder.gru_update", "encoder.gru_bias", "training.maximum_source_length"},
       "encoder.kind",
       !encoder.reads_pictures()});
  list.push_back({{"encoder.stages", "encoder.groups", "training.picture_shift",
                   "training.picture_flip", "encoder.bag_of_words"},
                  "encoder.kind",
                  convolves});
  list.push_back({{"training.bag_weight", "training.bag_epochs"},
                  "encoder.bag_of_words",
                  encoder.bag_of_words});
  list.push_back({{"image.height", "image.width", "image.fit"},  // of features: what people look at
                  "encoder.kind",
                  encoder.reads_pictures()});
  list.push_back({{"encoder.layers"}, "encoder.kind", encoder.kind != EncoderKind::kFeatures});
  list.push_back({{"image.regions"}, "encoder.kind", encoder.kind == EncoderKind::kFeatures});
}

void add_encoder(Conditions& list, const EncoderConfig& encoder) {
  list.push_back({{"encoder.gru_reset", "encoder.gru_update"},
                  "encoder.cell",
                  encoder.cell.type == Cell::kGru});
  list.push_back(
      {{"encoder.pooling", "encoder.pooling_units"}, "encoder.levels", encoder.levels > 1});
  list.push_back(
      {{"encoder.pooling_units"}, "encoder.pooling", encoder.pooling == Pooling::kAttention});
  list.push_back(
      {{"encoder.position_reach"}, "encoder.position_units", encoder.position_units > 0});
}

void add_attention(Conditions& list, const AttentionConfig& attention) {
  list.push_back({{"attention.score", "attention.units", "attention.maximum_source",
                   "attention.energies", "attention.energy_bias", "attention.initial_energy_bias",
                   "attention.query", "attention.filters", "attention.filter_width"},
                  "attention.kind",
                  attention.looks()});
  list.push_back({{"attention.end_token"}, "attention.kind", attention.looks()});
  list.push_back({{"attention.prediction", "attention.noise"},
                  "attention.kind",
                  attention.kind == AttentionKind::kMonotonic});
  list.push_back(
      {{"attention.sampling", "attention.stochastic_prediction", "attention.expectation_gradient",
        "attention.reward_weight", "attention.entropy_weight", "attention.baseline_decay"},
       "attention.kind",
       attention.is_stochastic()});
  list.push_back({{"attention.doubly_stochastic_scale"},
                  "attention.doubly_stochastic",
                  attention.doubly_stochastic > 0});
  list.push_back({{"attention.units"}, "attention.score", has_hidden_layer(attention.score)});
  list.push_back({{"attention.maximum_source"}, "attention.score", attention.score == "location"});
  list.push_back({{"attention.filters", "attention.filter_width"},
                  "attention.score",
                  attention.score == "location-aware"});
  list.push_back({{"attention.key_units", "attention.value_units"},
                  "attention.keys",
                  attention.keys == Keys::kProjected});
  list.push_back({{"attention.context_units"}, "attention.heads", attention.heads > 1});
  list.push_back({{"attention.reach"},
                  "attention.window",
                  attention.window != Window::kAll || attention.moves_by_offsets()});
  list.push_back(
      {{"attention.fertility"}, "attention.coverage", attention.coverage == Coverage::kLinguistic});
  list.push_back({{"attention.coverage_units"},
                  "attention.coverage",
                  attention.coverage == Coverage::kNeural});
}

// The GRU of Coverage::kNeural has the conventions of the decoder's.
void add_decoder(Conditions& list, const Configuration& c) {
  const DecoderConfig& decoder = c.decoder;
  const bool covers = c.attention.coverage == Coverage::kNeural;
  const bool reads_token = decoder.feedback == Feedback::kPrevious;
  const bool has_weights = decoder.readout == Readout::kTanh ||
                           decoder.readout == Readout::kMaxout ||
                           decoder.readout == Readout::kLinear;
  list.push_back({{"decoder.gru_reset", "decoder.gru_update"},
                  "decoder.cell",
                  decoder.cell.type == Cell::kGru || covers});
  list.push_back({{"decoder.gates"}, "decoder.cell", decoder.cell.type != Cell::kNone || covers});
  list.push_back(
      {{"decoder.embedding", "decoder.readout_feedback"}, "decoder.feedback", reads_token});
  list.push_back(
      {{"decoder.readout_units", "decoder.readout_feedback"}, "decoder.readout", has_weights});
  list.push_back(
      {{"decoder.second_gru_bias"}, "decoder.order", decoder.order == Order::kUpdateLookUpdate});
  list.push_back({{"training.dropout_decoder"}, "decoder.layers", decoder.layers > 1});
}

void add_training(Conditions& list, const TrainingConfig& training) {
  const OptimizerKind optimizer = training.optimizer.kind;
  const ScheduleKind schedule = training.schedule.kind;
  list.push_back({{"training.momentum"}, "training.optimizer", optimizer == OptimizerKind::kSgd});
  list.push_back({{"training.beta1", "training.beta2"},
                  "training.optimizer",
                  optimizer == OptimizerKind::kAdam || optimizer == OptimizerKind::kAdamW});
  list.push_back({{"training.rho"},
                  "training.optimizer",
                  optimizer == OptimizerKind::kAdadelta || optimizer == OptimizerKind::kRmsProp});
  list.push_back({{"training.decay"}, "training.schedule", schedule == ScheduleKind::kDecay});
  list.push_back({{"training.plateau_factor", "training.plateau_patience"},
                  "training.schedule",
                  schedule == ScheduleKind::kPlateau});
  list.push_back({{"training.diagonal_width"},
                  "training.diagonal_weight",
                  training.guidance.diagonal_weight > 0});
  list.push_back({{"training.beam"}, "training.metric", training.metric != "loss"});
}

Conditions conditions_of(const Configuration& c) {
  Conditions list;
  add_text(list, c);
  add_pictures(list, c.encoder);
  add_encoder(list, c.encoder);
  add_attention(list, c.attention);
  add_decoder(list, c);
  add_training(list, c.training);
  return list;
}

std::string value_of(const std::vector<Option>& list, std::string_view name) {
  const auto found = std::find_if(list.begin(), list.end(),
                                  [&](const Option& option) { return option.name == name; });
  ATTEND_CHECK(found != list.end());
  return found->get();
}

}  // namespace

std::vector<WithoutEffect> options_without_effect(const Configuration& configuration,
                                                  const Configuration& base) {
  Configuration copies[] = {configuration, base};  // copies, because options() gives write access
  const std::vector<Option> own = options(copies[0]), others = options(copies[1]);
  const Conditions conditions = conditions_of(configuration);
  std::vector<WithoutEffect> found;
  for (std::size_t i = 0; i < own.size(); ++i) {
    if (own[i].get() == others[i].get()) continue;
    const auto reason =
        std::find_if(conditions.begin(), conditions.end(), [&](const Condition& one) {
          return !one.have_effect && std::find(one.options.begin(), one.options.end(),
                                               own[i].name) != one.options.end();
        });
    if (reason == conditions.end()) continue;
    found.push_back({own[i].name,
                     fmt::format("{}: {}", reason->decided_by, value_of(own, reason->decided_by))});
  }
  return found;
}

}  // namespace attend::model
