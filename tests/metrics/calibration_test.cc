#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "base/base.h"
#include "metrics/metrics.h"

namespace attend::metrics {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<float> logarithms(const std::vector<double>& probabilities) {
  std::vector<float> row;
  for (const double p : probabilities) row.push_back(static_cast<float>(std::log(p)));
  return row;
}

/// `right` examples of two labels, of which the first has probability `p` and is right; then
/// `wrong` ones, in which the second is right.
LabelProbabilities of_two_labels(double p, std::size_t right, std::size_t wrong) {
  LabelProbabilities result;
  result.labels = 2;
  for (std::size_t i = 0; i < right + wrong; ++i) {
    for (const float value : logarithms({p, 1 - p})) result.log_probabilities.push_back(value);
    result.right.push_back(i < right ? 0 : 1);
  }
  return result;
}

LabelProbabilities random_probabilities(double spread) {
  Random random(3);
  LabelProbabilities result;
  result.labels = 5;
  for (std::size_t i = 0; i < 200; ++i) {
    for (std::size_t k = 0; k < result.labels; ++k) {
      result.log_probabilities.push_back(static_cast<float>(spread * random.normal()));
    }
    const std::span<const float> row = result.row(i);
    const auto best = std::max_element(row.begin(), row.end()) - row.begin();
    result.right.push_back(i % 3 == 0 ? random.below(5) : static_cast<std::size_t>(best));
  }
  return result;
}

double likelihood(const LabelProbabilities& probabilities, double temperature) {
  return calibrate(probabilities, temperature).negative_log_likelihood.value();
}

TEST(JudgedLabels, HaveTheProbabilityOfTheBestLabelAndOfTheRightOne) {
  const std::vector<float> row = logarithms({0.2, 0.7, 0.1});
  const JudgedLabel right = judge_label(row, 1);
  EXPECT_NEAR(right.confidence, 0.7, 1e-7);
  EXPECT_TRUE(right.correct);
  EXPECT_NEAR(right.log_probability, std::log(0.7), 1e-7);
  const JudgedLabel wrong = judge_label(row, 2);
  EXPECT_NEAR(wrong.confidence, 0.7, 1e-7);
  EXPECT_FALSE(wrong.correct);
  EXPECT_NEAR(wrong.log_probability, std::log(0.1), 1e-7);
}

TEST(JudgedLabels, TakeTheRootsOfProbabilitiesAtTemperatureTwo) {
  const double sum = std::sqrt(0.7) + std::sqrt(0.2) + std::sqrt(0.1);
  const JudgedLabel judged = judge_label(logarithms({0.2, 0.7, 0.1}), 0, 2);
  EXPECT_NEAR(judged.confidence, std::sqrt(0.7) / sum, 1e-7);
  EXPECT_NEAR(judged.log_probability, std::log(std::sqrt(0.2) / sum), 1e-7);
}

TEST(JudgedLabels, NeedNoSumOfOne) {
  std::vector<float> row = logarithms({0.2, 0.7, 0.1});
  for (float& value : row) value += 1000;
  EXPECT_NEAR(judge_label(row, 1).confidence, 0.7, 1e-4);  // float has no more digits there
}

TEST(JudgedLabels, MayBeImpossibleOrUnknown) {
  const std::vector<float> row = {-kInfinity, 0.0F, std::nanf("")};
  EXPECT_EQ(judge_label(row, 1).confidence, 1);
  EXPECT_EQ(judge_label(row, 1).log_probability, 0);
  for (const std::size_t right : {std::size_t{0}, std::size_t{2}, kUnknownLabel}) {
    EXPECT_EQ(judge_label(row, right).confidence, 1);
    EXPECT_FALSE(judge_label(row, right).correct);
    EXPECT_EQ(judge_label(row, right).log_probability, -kInfinity);
  }
  const std::vector<float> nothing(3, -kInfinity);
  EXPECT_EQ(judge_label(nothing, 0).confidence, 0);
  EXPECT_FALSE(judge_label(nothing, 0).correct);
  EXPECT_FALSE(judge_label(nothing, kUnknownLabel).correct);
  EXPECT_TRUE(judge_label(std::vector<float>{1, 1}, 0).correct);  // the first of equal ones
  EXPECT_FALSE(judge_label(std::vector<float>{1, 1}, 1).correct);
  EXPECT_THROW(judge_label(row, 3), CheckFailure);
  EXPECT_THROW(judge_label(row, 0, 0), CheckFailure);
}

TEST(Calibration, OfAFewExamplesIsThatByHand) {
  const std::vector<JudgedLabel> examples = {{0.95, true, -0.1}, {0.95, true, -0.1},
                                             {0.95, true, -0.1}, {0.95, false, -3},
                                             {0.55, true, -0.6}, {0.55, false, -0.8}};
  const Calibration result = calibrate(examples);
  EXPECT_EQ(result.examples, 6U);
  EXPECT_EQ(result.unknown, 0U);
  EXPECT_NEAR(result.accuracy, 400.0 / 6, 1e-9);
  EXPECT_NEAR(result.negative_log_likelihood.value(), 4.7 / 6, 1e-9);
  EXPECT_NEAR(result.expected_error, 100 * (4 * 0.2 + 2 * 0.05) / 6, 1e-9);
  EXPECT_EQ(result.bins[14].examples, 4U);
  EXPECT_NEAR(result.bins[14].accuracy, 0.75, 1e-9);
  EXPECT_NEAR(result.bins[14].confidence, 0.95, 1e-9);
  EXPECT_EQ(result.bins[8].examples, 2U);
  EXPECT_NEAR(result.bins[8].low, 8.0 / 15, 1e-9);
  EXPECT_NEAR(result.bins[8].high, 0.6, 1e-9);
  EXPECT_EQ(result.bins[0].examples, 0U);
  EXPECT_EQ(result.bins[0].accuracy, 0);
}

TEST(Calibration, BinsHaveTheirUpperEnd) {
  const auto bin_of = [](double confidence) {
    const std::vector<JudgedLabel> one = {{confidence, true, 0}};
    const Calibration result = calibrate(one);
    std::size_t bin = 0;
    while (result.bins[bin].examples == 0) ++bin;
    return bin;
  };
  EXPECT_EQ(bin_of(0), 0U);
  EXPECT_EQ(bin_of(0.2), 2U);
  EXPECT_EQ(bin_of(0.2001), 3U);
  EXPECT_EQ(bin_of(0.6), 8U);
  EXPECT_EQ(bin_of(1), 14U);
  EXPECT_EQ(bin_of(1.0000001), 14U);  // rounding of a sum
}

TEST(Calibration, UnknownLabelsAreWrongAndHaveNoLikelihood) {
  const std::vector<JudgedLabel> examples = {{1, true, -0.5}, {1, false}};
  const Calibration result = calibrate(examples);
  EXPECT_EQ(result.unknown, 1U);
  EXPECT_EQ(result.accuracy, 50);
  EXPECT_EQ(result.negative_log_likelihood, 0.5);
  EXPECT_EQ(result.expected_error, 50);
  EXPECT_EQ(likelihood_text(result), "0.5000");
  const Calibration nothing = calibrate(std::vector<JudgedLabel>{{1, false}});
  EXPECT_FALSE(nothing.negative_log_likelihood.has_value());
  EXPECT_EQ(likelihood_text(nothing), "–");
  EXPECT_EQ(likelihood_text(calibrate(std::vector<JudgedLabel>{{1, true, 0}})), "0.0000");
  EXPECT_THROW(calibrate(std::vector<JudgedLabel>{}), UsageError);
}

TEST(FitTemperature, GivesTheShareOfRightLabels) {
  // softmax(log p / T) of the first label should be the share of examples in which it is right:
  // ln(p / (1 − p)) / T = ln(share / (1 − share)).
  EXPECT_NEAR(fit_temperature(of_two_labels(0.9, 75, 25)), 2, 1e-5);
  EXPECT_NEAR(fit_temperature(of_two_labels(0.9, 90, 10)), 1, 1e-5);
  EXPECT_NEAR(fit_temperature(of_two_labels(0.6, 75, 25)), std::log(1.5) / std::log(3), 1e-5);
}

TEST(FitTemperature, FindsTheLowestNegativeLogLikelihood) {
  for (const double spread : {0.2, 1.0, 8.0}) {
    const LabelProbabilities probabilities = random_probabilities(spread);
    const double found = fit_temperature(probabilities);
    EXPECT_GT(found, kLeastTemperature);
    EXPECT_LT(found, kLargestTemperature);
    const double least = likelihood(probabilities, found);
    for (const double factor : {0.5, 0.99, 1.01, 2.0}) {
      EXPECT_LT(least, likelihood(probabilities, factor * found)) << factor;
    }
  }
}

TEST(FitTemperature, IsAFactorOfTheLogarithms) {
  LabelProbabilities probabilities = random_probabilities(1);
  const double once = fit_temperature(probabilities);
  for (float& value : probabilities.log_probabilities) value *= 4;
  EXPECT_NEAR(fit_temperature(probabilities), 4 * once, 1e-5);
}

TEST(FitTemperature, EndsAtALimitWithoutAMinimum) {
  EXPECT_EQ(fit_temperature(of_two_labels(0.9, 0, 10)), kLargestTemperature);
  EXPECT_EQ(fit_temperature(of_two_labels(0.9, 50, 50)), kLargestTemperature);
  EXPECT_EQ(fit_temperature(of_two_labels(0.500001, 99, 1)), kLeastTemperature);
}

TEST(FitTemperature, IsWarnedOfAtALimit) {
  EXPECT_EQ(temperature_warning(1), "");
  EXPECT_EQ(temperature_warning(19.9), "");
  EXPECT_EQ(temperature_warning(0.0501), "");
  EXPECT_EQ(
      temperature_warning(kLargestTemperature).rfind("warning: the temperature 20 is the ", 0), 0u);
  EXPECT_NE(temperature_warning(kLargestTemperature).find("largest"), std::string::npos);
  EXPECT_NE(temperature_warning(kLeastTemperature).find("least"), std::string::npos);
}

TEST(FitTemperature, IsOneWhereItMakesNoDifference) {
  EXPECT_EQ(fit_temperature({}), 1);
  EXPECT_EQ(fit_temperature(of_two_labels(0.5, 7, 3)), 1);
  LabelProbabilities unknown = of_two_labels(0.9, 5, 5);
  unknown.right.assign(10, kUnknownLabel);
  EXPECT_EQ(fit_temperature(unknown), 1);
}

TEST(FitTemperature, IsOneWhereEveryLabelIsRight) {
  EXPECT_EQ(fit_temperature(of_two_labels(0.9, 10, 0)), 1);
  EXPECT_LT(fit_temperature(of_two_labels(0.6, 999, 1)), 1);
}

TEST(FitTemperature, IsRelativeToTheOneThatWasApplied) {
  const LabelProbabilities plain = of_two_labels(0.9, 75, 25);
  LabelProbabilities applied = plain;  // at the temperature 4; the rows need no sum of 1
  for (float& value : applied.log_probabilities) value /= 4;
  EXPECT_NEAR(fit_temperature(applied, 4), 2, 1e-5);
  EXPECT_EQ(fit_temperature(of_two_labels(0.9, 10, 0), 4), 1);
  EXPECT_EQ(fit_temperature(of_two_labels(0.9, 0, 10), 0.1), kLargestTemperature);
  EXPECT_EQ(fit_temperature(of_two_labels(0.5, 7, 3), 4), 1);
  const FittedTemperature fitted = calibrate_with_temperature(applied, 4);
  EXPECT_EQ(fitted.applied, 4);
  EXPECT_EQ(fitted.temperature, 2);
  EXPECT_NEAR(fitted.before.negative_log_likelihood.value(), likelihood(plain, 4), 1e-6);
  EXPECT_NEAR(fitted.after.negative_log_likelihood.value(),
              -0.75 * std::log(0.75) - 0.25 * std::log(0.25), 1e-6);
  EXPECT_NEAR(fitted.after.expected_error, 0, 1e-4);
  EXPECT_GT(fitted.before.expected_error, 5);
  EXPECT_EQ(fitted.after.accuracy, fitted.before.accuracy);
}

TEST(FitTemperature, LeavesUnknownLabelsOut) {
  LabelProbabilities probabilities = of_two_labels(0.9, 75, 25);
  const std::vector<float> more = {-kInfinity, 0, 3, 4};
  probabilities.log_probabilities.insert(probabilities.log_probabilities.end(), more.begin(),
                                         more.end());
  probabilities.right.push_back(0);  // excluded
  probabilities.right.push_back(kUnknownLabel);
  EXPECT_NEAR(fit_temperature(probabilities), 2, 1e-5);
}

}  // namespace
}  // namespace attend::metrics
