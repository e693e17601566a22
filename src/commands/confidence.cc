#include "commands/confidence.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace attend::commands {
namespace {

std::vector<metrics::JudgedLine> lines_of(const EvaluatedPairs& evaluated) {
  const std::vector<std::string> texts = metrics::comparable_texts(evaluated.hypotheses);
  std::vector<metrics::JudgedLine> lines;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto references = metrics::comparable_texts(evaluated.references[i]);
    // A line without a prediction, or with one that is not finished, has no confidence: it counts
    // as a wrong one with the confidence 0, which no temperature changes.
    const bool correct =
        std::isfinite(evaluated.log_probabilities[i]) &&
        std::find(references.begin(), references.end(), texts[i]) != references.end();
    lines.push_back({evaluated.log_probabilities[i], correct});
  }
  return lines;
}

nlohmann::ordered_json calibration_json(double temperature, const metrics::Calibration& found) {
  nlohmann::ordered_json likelihood;  // null without a line
  if (found.negative_log_likelihood) likelihood = *found.negative_log_likelihood;
  return {{"temperature", temperature},
          {"expected_calibration_error", found.expected_error},
          {"negative_log_likelihood", std::move(likelihood)}};
}

}  // namespace

LineConfidence judge_lines(const EvaluatedPairs& evaluated, double temperature, Fit fit) {
  const std::vector<metrics::JudgedLine> lines = lines_of(evaluated);
  LineConfidence result;
  result.temperature = temperature;
  result.calibration = metrics::calibrate(lines, temperature);
  if (fit == Fit::kYes) result.fitted = metrics::calibrate_lines(lines, temperature);
  return result;
}

std::string format_confidence(const LineConfidence& confidence) {
  if (!confidence.fitted) return {};
  const auto row = [](const char* name, const std::string& before, const std::string& after) {
    return fmt::format("{:<28}{:>12}{:>12}\n", name, before, after);
  };
  const auto number = [](double value) { return fmt::format("{}", value); };
  const metrics::FittedTemperature& fitted = *confidence.fitted;
  return row("confidence of predictions", "before", "after") +
         row("temperature", number(fitted.applied), number(fitted.temperature)) +
         row("expected calibration error", fmt::format("{:.2f}", fitted.before.expected_error),
             fmt::format("{:.2f}", fitted.after.expected_error)) +
         row("negative log-likelihood", metrics::likelihood_text(fitted.before),
             metrics::likelihood_text(fitted.after));
}

void add_confidence(nlohmann::ordered_json& json, const LineConfidence& confidence) {
  json["confidence"] = calibration_json(confidence.temperature, confidence.calibration);
  if (!confidence.fitted) return;
  json["confidence"]["fitted"] =
      calibration_json(confidence.fitted->temperature, confidence.fitted->after);
}

}  // namespace attend::commands
