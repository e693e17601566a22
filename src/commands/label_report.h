// What `attend evaluate` says about labels alone: the table per class, confusions and calibration.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands/evaluation.h"
#include "metrics/metrics.h"
#include "predictor/predictor.h"

namespace attend::commands {

struct LabelReport {
  /// Scores of the labels, by falling number of examples, then by bytes.
  metrics::LabelScores scores;
  std::vector<std::string> ignored;                   ///< labels left out of the averages
  std::optional<metrics::ConfusionMatrix> confusion;  ///< nothing where there are too many labels
  /// Nothing for a model whose answers are not one label, and where no source had an answer.
  std::optional<metrics::Calibration> calibration;
  /// That the calibration was computed with. Nothing for several models, of which each has its own.
  std::optional<double> temperature;
  std::optional<metrics::FittedTemperature> fitted;  ///< if a temperature was fitted
};

/// Throws UsageError where all labels are ignored.
LabelReport report_labels(const EvaluatedPairs& evaluated, const Predictor& predictor,
                          const metrics::LabelScoreOptions& options);

/// Returns lines of text: the labels with the most examples, macro and micro average, calibration.
std::string format_labels(const LabelReport& report);
/// Adds the fields that docs/formats.md describes.
void add_labels(nlohmann::ordered_json& json, const LabelReport& report);

/// The forms in which a confusion matrix is written.
enum class MatrixForm { kTable, kSvg, kPng };
/// Chooses by the ending of a name: .tsv, .svg or .png; "-" and devices get a table. Throws
/// UsageError, which names the flag, for any other name.
MatrixForm matrix_form(std::string_view flag, const std::string& file);

/// Returns the bytes of a file. A table has a row for each expected label and a column for each
/// predicted one. A picture has at most 60 labels, those with the most examples; the others
/// become one row and one column. Throws UsageError where the labels are too many for a matrix.
std::string confusion_bytes(const LabelReport& report, MatrixForm form);
/// Returns a reliability diagram as SVG. Throws UsageError where there is no calibration.
std::string reliability_svg(const LabelReport& report);

}  // namespace attend::commands
