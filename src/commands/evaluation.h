// Chooses metrics, predicts the sources of pairs and pairs the predictions with the targets.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "commands/lines.h"
#include "commands/text_files.h"
#include "metrics/metrics.h"
#include "predictor/predictor.h"
#include "text/text.h"

namespace attend::commands {

/// Adds --metrics, whose names become `chosen`, which stays empty without the flag. Wrong names are
/// wrong usage, and the message names the flag.
void add_metrics_option(CLI::App& command, std::vector<metrics::Metric>& chosen);
/// Returns the metrics to compute: those that were chosen. Where none was, these are accuracy and
/// macro F1 for a model that answers with labels (UnitChoice::kWhole), and exact match, unit error
/// rate, BLEU and chrF for any other model.
std::vector<metrics::Metric> metrics_for(const model::ModelText& model,
                                         const std::vector<metrics::Metric>& chosen);
/// Returns the metrics to compute for predictions in a file: those that were chosen, or exact
/// match, word error rate, BLEU and chrF.
std::vector<metrics::Metric> metrics_of_files(const std::vector<metrics::Metric>& chosen);

struct EvaluatedPairs {
  std::vector<metrics::Segment> hypotheses;
  std::vector<std::vector<metrics::Segment>> references;
  std::vector<metrics::Segment> baseline;   ///< of another system; empty without one
  std::vector<std::size_t> source_lengths;  ///< in units; empty where they are unknown
  /// Natural logarithms of the probabilities of the predictions, without a given prefix; −infinity
  /// where there is none and where it is not finished.
  std::vector<double> log_probabilities;
  double seconds = 0;  ///< seconds that prediction took
  /// References that the preparation of the model changed (metrics::is_unchanged).
  std::size_t changed_references = 0;
  // For a model whose answers are one label; otherwise empty. Pairs whose source has no answer are
  // left out.
  std::vector<metrics::JudgedLabel> judged;   ///< by the probabilities of the model
  metrics::LabelProbabilities probabilities;  ///< filled with Probabilities::kKept
};

/// Says whether the probabilities of all labels are kept, which takes memory for pairs times
/// labels.
enum class Probabilities { kDropped, kKept };

/// Predicts all sources. A source that is blank or cannot be answered has an empty prediction. A
/// target may be empty. A pair of two blank sides is left out. A line that is no pair, and a pair
/// whose target or prediction cannot be cut into units, are also left out; they are named on stderr
/// and counted. Throws DataError in three cases: an error ends the file early; `errors` is kStop
/// and a line cannot be answered or is one of those named on stderr; no pair remains. `name` is the
/// name of the command, for notices. A model whose answers are one label is asked for its best one,
/// whatever the beam is.
///
/// The references of a pair are its target, its further columns and its lines of `extra`. A blank
/// one is none if there are others. DataError also if a file of `extra` has another number of
/// lines than there are pairs.
EvaluatedPairs evaluate_pairs(const Predictor& predictor, const text::CorpusFiles& files,
                              const PredictOptions& options, LineErrors errors,
                              const std::string& name,
                              Probabilities probabilities = Probabilities::kDropped,
                              const ExtraTexts& extra = {});

}  // namespace attend::commands
