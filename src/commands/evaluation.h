// Predictions of the sources of pairs beside their targets, for metrics.
#pragma once

#include <string>
#include <vector>

#include "commands/lines.h"
#include "metrics/metrics.h"
#include "predictor/predictor.h"
#include "text/text.h"

namespace attend::commands {

struct EvaluatedPairs {
  std::vector<metrics::Segment> hypotheses;
  std::vector<std::vector<metrics::Segment>> references;
  std::vector<std::size_t> source_lengths;  ///< in units
  double seconds = 0;                       ///< spent predicting
};

/// Predicts all sources. One that is blank or cannot be answered has the empty prediction; a target
/// may be empty. A pair of two blank sides is left out, and so are a line that is no pair and a
/// pair whose target cannot be cut into units, which are named and counted. DataError for what ends
/// the file early, under LineErrors::kStop for the first line that cannot be answered, and for a
/// file without any pair. `name` is that of the command, for notices.
EvaluatedPairs evaluate_pairs(const predictor::Predictor& predictor, const text::CorpusFiles& files,
                              const predictor::PredictOptions& options, LineErrors errors,
                              const std::string& name);

}  // namespace attend::commands
