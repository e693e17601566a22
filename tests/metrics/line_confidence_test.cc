#include "metrics/line_confidence.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/base.h"

namespace attend::metrics {
namespace {

// Lines of probabilities between 0 and 1 that are right as often as p^(1/temperature) says.
std::vector<JudgedLine> lines_at(double temperature, std::size_t count) {
  Random random(5);
  std::vector<JudgedLine> lines;
  for (std::size_t i = 0; i < count; ++i) {
    const double confidence = random.uniform();
    lines.push_back({std::log(confidence) * temperature, random.chance(confidence)});
  }
  return lines;
}

double likelihood(const std::vector<JudgedLine>& lines, double temperature) {
  double sum = 0;
  for (const JudgedLine& line : lines) {
    const double confidence = std::exp(line.log_probability / temperature);
    sum -= std::log(line.correct ? confidence : 1 - confidence);
  }
  return sum / static_cast<double>(lines.size());
}

TEST(LineConfidence, FindsTheTemperatureOfTheLines) {
  for (const double temperature : {0.3, 1.0, 4.0, 25.0}) {
    const auto lines = lines_at(temperature, 20000);
    EXPECT_NEAR(fit_line_temperature(lines), temperature, 0.03 * temperature);
    const FittedTemperature fitted = calibrate_lines(lines);
    EXPECT_LT(fitted.after.expected_error, 1.5);
    EXPECT_NEAR(fitted.after.negative_log_likelihood.value(), likelihood(lines, fitted.temperature),
                1e-9);
    if (temperature != 1.0) {
      EXPECT_GT(fitted.before.expected_error, 5);
    }
  }
}

TEST(LineConfidence, NoOtherTemperatureIsMoreLikely) {
  const auto lines = lines_at(3, 500);
  const double best = fit_line_temperature(lines);
  for (const double factor : {0.5, 0.9, 0.999, 1.001, 1.1, 2.0}) {
    EXPECT_GT(likelihood(lines, best * factor), likelihood(lines, best));
  }
}

TEST(LineConfidence, IsCalibratedByBins) {
  const std::vector<JudgedLine> lines{
      {std::log(0.9), true}, {std::log(0.9), false}, {std::log(0.1), false}, {0, true}};
  const Calibration found = calibrate(lines);
  EXPECT_EQ(found.examples, 4U);
  EXPECT_DOUBLE_EQ(found.accuracy, 50);
  // |0.9 − 0.5| of two lines, 0.1 of one, 0 of one.
  EXPECT_NEAR(found.expected_error, 100 * (2 * 0.4 + 0.1) / 4, 1e-9);
  // At temperature 2 the confidences are √0.9 twice and 1, which share the last bin, and √0.1.
  const double last = 2 * std::sqrt(0.9) + 1;
  EXPECT_NEAR(calibrate(lines, 2).expected_error, 100 * (last - 2 + std::sqrt(0.1)) / 4, 1e-9);
}

TEST(LineConfidence, StaysWhereNoTemperatureIsBest) {
  EXPECT_EQ(fit_line_temperature(std::vector<JudgedLine>{{-1, true}, {-2, true}}), 1);
  EXPECT_EQ(fit_line_temperature(std::vector<JudgedLine>{{-1, false}, {-2, false}}), 1);
  EXPECT_EQ(fit_line_temperature(std::vector<JudgedLine>{{0, true}, {0, false}}), 1);
  EXPECT_EQ(fit_line_temperature({}), 1);
}

TEST(LineConfidence, ImpossibleAndCertainLinesChangeNothing) {
  auto lines = lines_at(3, 500);
  const double before = fit_line_temperature(lines);
  lines.push_back({-std::numeric_limits<double>::infinity(), false});
  lines.push_back({0, true});
  EXPECT_DOUBLE_EQ(fit_line_temperature(lines), before);
}

TEST(LineConfidence, StaysInsideItsLimits) {
  const std::vector<JudgedLine> sure{{-1e-9, false}, {-1e-9, true}, {-1e-9, false}};
  EXPECT_EQ(fit_line_temperature(sure), kLeastLineTemperature);
  const std::vector<JudgedLine> unsure{{-1e6, true}, {-1e6, true}, {-1e6, false}};
  EXPECT_EQ(fit_line_temperature(unsure), kLargestLineTemperature);
}

TEST(LineConfidence, NeedsLines) {
  EXPECT_THROW(calibrate(std::vector<JudgedLine>{}), UsageError);
  EXPECT_THROW(calibrate_lines({}), UsageError);
}

}  // namespace
}  // namespace attend::metrics
