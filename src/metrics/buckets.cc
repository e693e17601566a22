#include "metrics/buckets.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/base.h"

namespace attend::metrics {
namespace {

BucketTable::Row row(std::string name, std::span<const NamedMetric> metrics,
                     std::span<const std::size_t> examples) {
  BucketTable::Row result;
  result.name = std::move(name);
  result.examples = examples.size();
  for (const NamedMetric& metric : metrics) result.values.push_back(metric.value(examples));
  return result;
}

}  // namespace

std::vector<std::size_t> default_length_edges() {
  return {10, 20, 30, 40, 50, 60, 70, 80, 90, 100};
}

std::vector<LengthBucket> bucket_by_length(std::span<const std::size_t> source_lengths,
                                           std::span<const std::size_t> edges) {
  for (std::size_t i = 1; i < edges.size(); ++i)
    if (edges[i] <= edges[i - 1])
      throw UsageError(fmt::format("source lengths must rise from bucket to bucket: {} after {}",
                                   edges[i], edges[i - 1]));
  std::vector<LengthBucket> buckets(edges.size() + 1);
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    buckets[i].shortest = i == 0 ? 0 : edges[i - 1] + 1;
    buckets[i].longest = i < edges.size() ? edges[i] : kUnlimited;
  }
  for (std::size_t i = 0; i < source_lengths.size(); ++i) {
    const auto edge = std::lower_bound(edges.begin(), edges.end(), source_lengths[i]);
    buckets[static_cast<std::size_t>(edge - edges.begin())].examples.push_back(i);
  }
  std::erase_if(buckets, [](const LengthBucket& bucket) { return bucket.examples.empty(); });
  return buckets;
}

std::string bucket_name(const LengthBucket& bucket) {
  if (bucket.longest == kUnlimited) return fmt::format("{}+", bucket.shortest);
  return fmt::format("{}-{}", bucket.shortest, bucket.longest);
}

std::vector<NamedMetric> prepare(std::span<const Metric> metrics,
                                 std::span<const Segment> hypotheses,
                                 std::span<const std::vector<Segment>> references,
                                 const EvaluateOptions& options) {
  std::vector<NamedMetric> named;
  for (const Metric metric : metrics)
    named.push_back(
        {std::string(metric_name(metric)), prepare(metric, hypotheses, references, options)});
  return named;
}

BucketTable tabulate(std::span<const NamedMetric> metrics, std::size_t examples) {
  if (examples == 0) throw UsageError("no examples to evaluate");
  BucketTable table;
  for (const NamedMetric& metric : metrics) table.metrics.push_back(metric.name);
  std::vector<std::size_t> everything(examples);
  std::iota(everything.begin(), everything.end(), std::size_t{0});
  table.all = row("all", metrics, everything);
  return table;
}

BucketTable tabulate(std::span<const NamedMetric> metrics,
                     std::span<const std::size_t> source_lengths,
                     std::span<const std::size_t> edges) {
  BucketTable table = tabulate(metrics, source_lengths.size());
  for (const LengthBucket& bucket : bucket_by_length(source_lengths, edges))
    table.buckets.push_back(row(bucket_name(bucket), metrics, bucket.examples));
  return table;
}

BucketTable tabulate(std::span<const Metric> metrics, std::span<const Segment> hypotheses,
                     std::span<const std::vector<Segment>> references,
                     std::span<const std::size_t> source_lengths,
                     std::span<const std::size_t> edges, const EvaluateOptions& options) {
  ATTEND_CHECK_EQ(hypotheses.size(), references.size());
  ATTEND_CHECK_EQ(hypotheses.size(), source_lengths.size());
  return tabulate(prepare(metrics, hypotheses, references, options), source_lengths, edges);
}

}  // namespace attend::metrics
