// Metrics by source length, which show whether quality falls on long sources (docs/models.md §4.4).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "metrics/evaluate.h"

namespace attend::metrics {

/// The examples whose source length is between `shortest` and `longest`, both included.
struct LengthBucket {
  std::size_t shortest = 0;
  std::size_t longest = 0;            ///< kUnlimited for the last bucket
  std::vector<std::size_t> examples;  ///< indices, ascending
};

inline constexpr std::size_t kUnlimited = static_cast<std::size_t>(-1);

/// Returns 10, 20, … 100.
std::vector<std::size_t> default_length_edges();

/// Groups examples by source length. `edges` are the longest lengths of all buckets but the last:
/// 10, 20 gives 0–10, 11–20 and 21 upwards. Buckets without examples are left out. Throws
/// UsageError unless the edges rise.
std::vector<LengthBucket> bucket_by_length(std::span<const std::size_t> source_lengths,
                                           std::span<const std::size_t> edges);

/// Returns "0-10" or, for the last bucket, "101+".
std::string bucket_name(const LengthBucket& bucket);

/// A table of metrics: one row for each bucket and one for the whole corpus.
struct BucketTable {
  struct Row {
    std::string name;  ///< bucket_name, or "all"
    std::size_t examples = 0;
    std::vector<double> values;  // [metrics]
  };
  std::vector<std::string> metrics;
  std::vector<Row> buckets;
  Row all;
};

/// A metric with its name.
struct NamedMetric {
  std::string name;
  CorpusMetric value;
};
/// Prepares metrics that are known by name.
std::vector<NamedMetric> prepare(std::span<const Metric> metrics,
                                 std::span<const Segment> hypotheses,
                                 std::span<const std::vector<Segment>> references,
                                 const EvaluateOptions& options = {});

/// Tabulates a corpus whose source lengths are unknown: the table has no buckets.
BucketTable tabulate(std::span<const NamedMetric> metrics, std::size_t examples);
BucketTable tabulate(std::span<const NamedMetric> metrics,
                     std::span<const std::size_t> source_lengths,
                     std::span<const std::size_t> edges);

/// Tabulates metrics that are known by name. `source_lengths` may count any units.
BucketTable tabulate(std::span<const Metric> metrics, std::span<const Segment> hypotheses,
                     std::span<const std::vector<Segment>> references,
                     std::span<const std::size_t> source_lengths,
                     std::span<const std::size_t> edges, const EvaluateOptions& options = {});

}  // namespace attend::metrics
