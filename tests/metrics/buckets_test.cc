#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/base.h"
#include "metrics/metrics.h"

namespace attend::metrics {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Lengths = std::vector<std::size_t>;

TEST(Buckets, HoldTheirLongestLength) {
  const auto buckets = bucket_by_length(Lengths{10, 1, 21, 11, 20, 300}, Lengths{10, 20});
  ASSERT_EQ(buckets.size(), 3u);
  EXPECT_EQ(bucket_name(buckets[0]), "0-10");
  EXPECT_THAT(buckets[0].examples, ElementsAre(0, 1));
  EXPECT_EQ(bucket_name(buckets[1]), "11-20");
  EXPECT_THAT(buckets[1].examples, ElementsAre(3, 4));
  EXPECT_EQ(bucket_name(buckets[2]), "21+");
  EXPECT_THAT(buckets[2].examples, ElementsAre(2, 5));
}

TEST(Buckets, WithoutExamplesAreLeftOut) {
  const auto buckets = bucket_by_length(Lengths{35}, default_length_edges());
  ASSERT_EQ(buckets.size(), 1u);
  EXPECT_EQ(bucket_name(buckets[0]), "31-40");
  EXPECT_THAT(bucket_by_length(Lengths{}, default_length_edges()), IsEmpty());
}

TEST(Buckets, WithoutEdgesAreOne) {
  const auto buckets = bucket_by_length(Lengths{3, 4}, Lengths{});
  ASSERT_EQ(buckets.size(), 1u);
  EXPECT_EQ(bucket_name(buckets[0]), "0+");
}

TEST(Buckets, RefuseEdgesThatDoNotRise) {
  EXPECT_THROW(bucket_by_length(Lengths{1}, Lengths{10, 10}), UsageError);
  EXPECT_THROW(bucket_by_length(Lengths{1}, Lengths{20, 10}), UsageError);
}

TEST(BucketTable, HoldsEveryMetricByLengthAndOverall) {
  const std::vector<Segment> hypotheses = {
      {"a", {"a"}}, {"b", {"b"}}, {"x", {"x"}}, {"y", {"y", "y"}}};
  const std::vector<std::vector<Segment>> references = {
      {{"a", {"a"}}}, {{"c", {"c"}}}, {{"x", {"x"}}}, {{"y", {"y", "y"}}}};
  const std::vector<Metric> metrics = {Metric::kExactMatch, Metric::kUnitErrorRate};
  const BucketTable table =
      tabulate(metrics, hypotheses, references, Lengths{5, 6, 15, 16}, default_length_edges());
  EXPECT_THAT(table.metrics, ElementsAre("exact_match", "unit_error_rate"));
  ASSERT_EQ(table.buckets.size(), 2u);
  EXPECT_EQ(table.buckets[0].name, "0-10");
  EXPECT_EQ(table.buckets[0].examples, 2u);
  EXPECT_THAT(table.buckets[0].values, ElementsAre(50, 50));
  EXPECT_EQ(table.buckets[1].name, "11-20");
  EXPECT_THAT(table.buckets[1].values, ElementsAre(100, 0));
  EXPECT_EQ(table.all.name, "all");
  EXPECT_EQ(table.all.examples, 4u);
  EXPECT_THAT(table.all.values, ElementsAre(75, 20));
}

TEST(BucketTable, TakesAnyMetricOfIndices) {
  const NamedMetric size{"size", [](std::span<const std::size_t> examples) {
                           return static_cast<double>(examples.size());
                         }};
  const BucketTable table =
      tabulate(std::vector<NamedMetric>{size}, Lengths{1, 2, 30}, Lengths{10});
  EXPECT_THAT(table.buckets[0].values, ElementsAre(2));
  EXPECT_THAT(table.buckets[1].values, ElementsAre(1));
  EXPECT_THAT(table.all.values, ElementsAre(3));
}

TEST(BucketTable, RefusesEmptyAndUnequalCorpora) {
  const std::vector<Metric> metrics = {Metric::kExactMatch};
  EXPECT_THROW(tabulate(metrics, std::vector<Segment>{}, std::vector<std::vector<Segment>>{},
                        Lengths{}, Lengths{10}),
               UsageError);
  EXPECT_THROW(tabulate(metrics, std::vector<Segment>(1), std::vector<std::vector<Segment>>(1),
                        Lengths{1, 2}, Lengths{10}),
               CheckFailure);
}

// A row of refused sources must hold numbers only.
TEST(Tabulate, RowsOfEmptyTextsHaveValues) {
  const std::vector<Segment> hypotheses = {{"", {}}, {"a", {"a"}}};
  const std::vector<std::vector<Segment>> references = {{{"", {}}}, {{"a", {"a"}}}};
  const std::vector<std::size_t> lengths = {1, 20}, edges = {10};
  std::vector<Metric> metrics(all_metrics().begin(), all_metrics().end());
  std::erase(metrics, Metric::kSemEval2010);  // takes no other labels than its own
  const BucketTable table = tabulate(metrics, hypotheses, references, lengths, edges);
  ASSERT_EQ(table.buckets.size(), 2U);
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    // One text is distinct and has no words. CIDEr-D, as coco-caption computes it, gives it
    // nothing.
    const bool high = has_direction(metrics[i])
                          ? metrics[i] != Metric::kCiderD && higher_is_better(metrics[i])
                          : metrics[i] == Metric::kDistinct;
    EXPECT_EQ(table.buckets[0].values[i], high ? 100 : 0) << table.metrics[i];
  }
}

}  // namespace
}  // namespace attend::metrics
