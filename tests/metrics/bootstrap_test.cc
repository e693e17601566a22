#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "base/base.h"
#include "metrics/metrics.h"

namespace attend::metrics {
namespace {

using Values = std::vector<double>;

/// Returns the mean of the values of the chosen examples.
CorpusMetric mean_of(const Values& values) {
  return [values](std::span<const std::size_t> examples) {
    double sum = 0;
    for (const std::size_t example : examples) sum += values[example];
    return sum / static_cast<double>(examples.size());
  };
}

Values normal_values(std::size_t count, double mean, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal(mean, 10);
  Values values(count);
  for (double& value : values) value = normal(random);
  return values;
}

double deviation(const Values& values) {
  double mean = 0, squares = 0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size()));
}

// The mean of n values has the standard error deviation / sqrt(n), and 95 % of a normal
// distribution lie within 1.96 of them.
TEST(Bootstrap, IntervalOfAMeanIsThatOfItsStandardError) {
  const Values values = normal_values(400, 50, 1);
  const std::vector<CorpusMetric> metrics = {mean_of(values)};
  const BootstrapScores scores = bootstrap(metrics, values.size(), {.samples = 4000})[0];
  const double error = deviation(values) / 20;
  EXPECT_NEAR(scores.mean, scores.score, error / 5);
  EXPECT_NEAR(scores.high - scores.low, 2 * 1.96 * error, 0.1 * 2 * 1.96 * error);
  EXPECT_LT(scores.low, scores.score);
  EXPECT_GT(scores.high, scores.score);
}

TEST(Bootstrap, IsEqualForEqualSeedsAlone) {
  const std::vector<CorpusMetric> metrics = {mean_of(normal_values(50, 0, 2))};
  const auto low = [&](std::uint64_t seed) {
    return bootstrap(metrics, 50, {.samples = 100, .seed = seed})[0].low;
  };
  EXPECT_EQ(low(1), low(1));
  EXPECT_NE(low(1), low(2));
}

TEST(Bootstrap, LeavesOutAFortiethAtEitherEnd) {
  // With one example out of n = 2, the mean of a sample is 0, 1/2 or 1.
  const std::vector<CorpusMetric> metrics = {mean_of({0, 1})};
  const BootstrapScores few = bootstrap(metrics, 2, {.samples = 39})[0];
  EXPECT_EQ(few.low, 0);
  EXPECT_EQ(few.high, 1);
  const std::vector<CorpusMetric> rare = {mean_of(Values(1, 3.0))};
  const BootstrapScores one = bootstrap(rare, 1, {.samples = 1})[0];
  EXPECT_EQ(one.low, 3);
  EXPECT_EQ(one.high, 3);
  EXPECT_EQ(one.mean, 3);
}

TEST(PairedBootstrap, TellsABetterSystemFromChance) {
  const Values baseline = normal_values(300, 50, 3);
  Values better = baseline, equal = baseline;
  const Values noise = normal_values(300, 0, 4);
  for (std::size_t i = 0; i < better.size(); ++i) {
    better[i] += 3 + noise[i] / 10;
    equal[i] += i % 2 == 0 ? 5 : -5;  // no difference of the means
  }
  const std::vector<CorpusMetric> systems = {mean_of(better), mean_of(equal)};
  const std::vector<CorpusMetric> baselines = {mean_of(baseline), mean_of(baseline)};
  const auto results = paired_bootstrap(systems, baselines, 300);
  EXPECT_DOUBLE_EQ(results[0].p_value, 1.0 / 1001);
  EXPECT_GT(results[0].system.score, results[0].baseline.score + 2);
  EXPECT_GT(results[1].p_value, 0.2);
}

// The same samples are drawn for both systems: a constant difference has no spread.
TEST(PairedBootstrap, DrawsTheSameSamplesForBothSystems) {
  const Values baseline = normal_values(80, 50, 5);
  Values system = baseline;
  for (double& value : system) value += 0.001;
  const std::vector<CorpusMetric> ours = {mean_of(system)}, theirs = {mean_of(baseline)};
  const PairedBootstrap result = paired_bootstrap(ours, theirs, 80)[0];
  EXPECT_NEAR(result.system.low - result.baseline.low, 0.001, 1e-9);
  EXPECT_NEAR(result.system.high - result.baseline.high, 0.001, 1e-9);
  EXPECT_DOUBLE_EQ(result.p_value, 1.0 / 1001);
}

TEST(PairedBootstrap, FindsNoDifferenceOfASystemFromItself) {
  const std::vector<CorpusMetric> system = {mean_of(normal_values(20, 50, 6))};
  EXPECT_EQ(paired_bootstrap(system, system, 20, {.samples = 100})[0].p_value, 1);
}

TEST(PairedBootstrap, ComparesMetricsOfTexts) {
  std::vector<Segment> hypotheses, others;
  std::vector<std::vector<Segment>> references;
  for (int i = 0; i < 40; ++i) {
    const std::string text = "the cat number " + std::to_string(i) + " sat on a mat";
    references.push_back({{text, {}}});
    hypotheses.push_back({i % 10 == 0 ? "a dog" : text, {}});
    others.push_back({i % 2 == 0 ? "a dog barks at the cat" : text, {}});
  }
  std::vector<CorpusMetric> ours, theirs;
  for (const Metric metric : {Metric::kBleu, Metric::kChrf, Metric::kTer, Metric::kWordErrorRate,
                              Metric::kExactMatch, Metric::kAccuracy}) {
    ours.push_back(prepare(metric, hypotheses, references));
    theirs.push_back(prepare(metric, others, references));
  }
  for (const PairedBootstrap& one : paired_bootstrap(ours, theirs, 40, {.samples = 300})) {
    EXPECT_LT(one.p_value, 0.05);
    EXPECT_GE(one.system.score, one.system.low);
    EXPECT_LE(one.system.score, one.system.high);
  }
  EXPECT_EQ(ours[4](std::vector<std::size_t>{0, 0, 1, 2}), 50);
}

TEST(Bootstrap, RefusesNothing) {
  const std::vector<CorpusMetric> metrics = {mean_of({1})};
  EXPECT_THROW(bootstrap(metrics, 0), UsageError);
  EXPECT_THROW(bootstrap(metrics, 1, {.samples = 0}), UsageError);
  EXPECT_THROW(paired_bootstrap(metrics, {}, 1), CheckFailure);
}

}  // namespace
}  // namespace attend::metrics
