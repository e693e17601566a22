// Metrics by source length: does quality fall on long sources? (reference §4.4)
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "metrics/evaluate.h"

namespace attend::metrics {

/// The examples whose source length is from `shortest` to `longest`, both included.
struct LengthBucket {
  std::size_t shortest = 0;
  std::size_t longest = 0;            ///< kUnlimited for the last one
  std::vector<std::size_t> examples;  ///< indices, ascending
};

inline constexpr std::size_t kUnlimited = static_cast<std::size_t>(-1);

/// 10, 20, … 100.
std::vector<std::size_t> default_length_edges();

/// Cuts at `edges`, the longest lengths of all buckets but the last: 10, 20 gives 0–10, 11–20 and
/// 21 upwards. Buckets without examples are left out. UsageError unless the edges rise.
std::vector<LengthBucket> bucket_by_length(std::span<const std::size_t> source_lengths,
                                           std::span<const std::size_t> edges);

/// "0-10", "101+".
std::string bucket_name(const LengthBucket& bucket);

/// What a table prints: a row for each bucket, and one for the whole corpus.
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

/// Any metric of the examples with the given indices.
struct NamedMetric {
  std::string name;
  std::function<double(std::span<const std::size_t>)> value;
};
BucketTable tabulate(std::span<const NamedMetric> metrics,
                     std::span<const std::size_t> source_lengths,
                     std::span<const std::size_t> edges);

/// The same for metrics known by name. `source_lengths` in the units that the caller counts.
BucketTable tabulate(std::span<const Metric> metrics, std::span<const Segment> hypotheses,
                     std::span<const std::vector<Segment>> references,
                     std::span<const std::size_t> source_lengths,
                     std::span<const std::size_t> edges, const EvaluateOptions& options = {});

}  // namespace attend::metrics
