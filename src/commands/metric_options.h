// Options of the metrics of texts, and of how sure they are.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/metrics.h"

namespace attend::commands {

struct MetricOptions {
  std::optional<metrics::Tokenizer> tokenizer;  ///< nothing: by the script of the references
  metrics::Smoothing smoothing = metrics::BleuOptions{}.smoothing;
  std::optional<double> smoothing_value;
  bool lowercase = false;
  metrics::BrevityPenalty caption_brevity = metrics::CaptionOptions{}.brevity_penalty;
  metrics::TerOptions ter;
};

/// Adds --tokenize, --smooth, --smooth-value, --lowercase and the options of TER, which have the
/// names of sacreBLEU, and --brevity-penalty.
void add_metric_options(CLI::App& command, MetricOptions& options);

/// Throws UsageError for a value of smoothing that the smoothing does not have.
void check_metric_options(const MetricOptions& options);

/// Returns how to compute metrics with these references. Where the script of the references decides
/// the tokeniser, and where a metric counts words that the script does not separate, a line on
/// stderr says so; another one says that cider-d of a single example is 0. They begin with the name
/// of the command.
metrics::EvaluateOptions evaluate_options(const MetricOptions& options,
                                          std::span<const metrics::Metric> wanted,
                                          std::span<const std::vector<metrics::Segment>> references,
                                          std::string_view command);

struct BootstrapChoice {
  std::optional<std::size_t> samples;  ///< nothing: no bootstrap, unless there is a baseline
  std::optional<std::uint64_t> seed;   ///< nothing: that of metrics::BootstrapOptions
  std::string baseline;                ///< a file of predictions; may be empty
  bool wanted() const { return samples || !baseline.empty(); }
  metrics::BootstrapOptions options() const;
};

/// Throws UsageError for a seed without a bootstrap.
void check_bootstrap(const BootstrapChoice& choice);

/// Adds --bootstrap, --bootstrap-seed and --baseline.
void add_bootstrap_options(CLI::App& command, BootstrapChoice& choice);

}  // namespace attend::commands
