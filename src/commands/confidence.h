// How well the confidence of whole predictions fits how often these are right.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "commands/evaluation.h"
#include "metrics/metrics.h"

namespace attend::commands {

struct LineConfidence {
  double temperature = 1;  ///< that the calibration was computed with
  metrics::Calibration calibration;
  std::optional<metrics::FittedTemperature> fitted;  ///< if a temperature was fitted
};

enum class Fit { kNo, kYes };

/// Judges predictions by whether they equal one of their references, and fits a temperature if it
/// is asked to. `temperature` is that of the model.
LineConfidence judge_lines(const EvaluatedPairs& evaluated, double temperature, Fit fit);

/// Returns lines of text: temperature, calibration error and likelihood before and after a fit; an
/// empty text where no temperature was fitted.
std::string format_confidence(const LineConfidence& confidence);
/// Adds the field `confidence` that docs/formats.md describes.
void add_confidence(nlohmann::ordered_json& json, const LineConfidence& confidence);

}  // namespace attend::commands
