// What `attend evaluate` prints about any predictions: a table of metrics, their signatures, and
// how sure they are.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "commands/evaluation.h"
#include "metrics/metrics.h"

namespace attend::commands {

/// The samples of a bootstrap, for each metric.
struct BootstrapReport {
  metrics::BootstrapOptions options;
  std::vector<metrics::BootstrapScores> system;  // [metrics]
  std::vector<metrics::PairedBootstrap> paired;  // [metrics] empty without a baseline
};

struct EvaluationReport {
  std::vector<metrics::Metric> metrics;  ///< those of the columns of the table
  metrics::BucketTable table;
  std::vector<std::string> signatures;  // [metrics] empty for metrics without one
  std::optional<BootstrapReport> bootstrap;
};

/// Computes the metrics of all pairs and, where `evaluated` has source lengths, by source length.
/// With `samples` it also draws a bootstrap, which is paired where `evaluated` has a baseline.
EvaluationReport report_evaluation(std::span<const metrics::Metric> wanted,
                                   const EvaluatedPairs& evaluated,
                                   const std::vector<std::size_t>& edges,
                                   const metrics::EvaluateOptions& options,
                                   const std::optional<metrics::BootstrapOptions>& samples);

/// Returns lines of text: the table, the bootstrap, the signatures.
std::string format_evaluation(const EvaluationReport& report);
/// Returns the object that docs/formats.md describes.
nlohmann::ordered_json evaluation_json(const EvaluationReport& report);
/// Draws the first metric by source length as SVG.
std::string draw_by_length(const metrics::BucketTable& table);

}  // namespace attend::commands
