#include "api/info.h"

#include <algorithm>

#include "base/base.h"
#include "predictor/predictor.h"

namespace attend::api {
namespace {

// Returns what a step reads in the place of the token before the first (§1.3).
std::string name_of(model::Start start) {
  switch (start) {
    case model::Start::kZero:
      break;
    case model::Start::kEnd:
      return "the embedding of </s>";
    case model::Start::kOwn:
      return "a learned start vector";
  }
  return "zero vector";
}

// Returns the value of an option as text.
std::string option_of(model::Configuration configuration, std::string_view name) {
  for (const model::Option& option : model::options(configuration)) {
    if (option.name == name) return option.get();
  }
  return {};
}

// Returns the bytes that a picture takes, decoded or annotated, whichever are more.
std::size_t bytes_of_picture(const model::Configuration& c) {
  const std::size_t values = static_cast<std::size_t>(c.regions()) *
                             static_cast<std::size_t>(c.encoder.units) * sizeof(float);
  return std::max(values, vision::value_count({c.image.height, c.image.width}));
}

}  // namespace

ModelInfo describe(const predictor::Predictor& predictor) {
  const model::Configuration& c = predictor.text().configuration;
  ModelInfo info;
  info.models = predictor.models();
  info.precision = predictor.precision();
  info.answers = predictor.has_labels() ? AnswerKind::kLabel : AnswerKind::kText;
  info.may_answer_nothing = c.training.allow_empty_targets;
  info.targets = predictor.text().target.vocabulary.size();
  info.has_alignment = predictor.engine().has_alignment();
  info.attention = option_of(c, "attention.kind");
  info.levels = c.encoder.levels;
  info.has_section_weights =
      c.encoder.levels > 1 && c.encoder.pooling == model::Pooling::kAttention;
  info.reads_pictures = c.encoder.reads_pictures();
  if (info.reads_pictures) {
    info.regions = static_cast<std::size_t>(c.regions());
    info.bytes_of_picture = bytes_of_picture(c);
  }
  info.feeds_back = c.decoder.feedback != model::Feedback::kNone;
  info.start = name_of(c.decoder.start);
  info.line_temperature = predictor.line_temperature();
  info.equations = model::equations(c);
  return info;
}

}  // namespace attend::api
