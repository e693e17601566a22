#include "metrics/line_confidence.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <vector>

#include "base/base.h"

namespace attend::metrics {
namespace {

// Whether a temperature changes the confidence of a line.
bool counts(const JudgedLine& line) {
  return std::isfinite(line.log_probability) && line.log_probability < 0;
}

// The derivative of the negative log-likelihood by β = 1 / T, divided by the number of lines. It
// rises with β, because the function is convex: −ln c = −β l of a right line, and −ln(1 − e^{β l})
// of a wrong one, with l = ln p.
double slope(std::span<const JudgedLine> lines, double beta) {
  double sum = 0;
  for (const JudgedLine& line : lines) {
    if (!counts(line)) continue;
    const double l = line.log_probability;
    sum += line.correct ? -l : l / std::expm1(-beta * l);
  }
  return sum / static_cast<double>(lines.size());
}

JudgedLabel judge_line(const JudgedLine& line, double temperature) {
  JudgedLabel judged;
  const double l = line.log_probability / temperature;
  judged.confidence = std::exp(l);
  judged.correct = line.correct;
  judged.log_probability = line.correct ? l : std::log(-std::expm1(l));
  return judged;
}

}  // namespace

Calibration calibrate(std::span<const JudgedLine> lines, double temperature) {
  ATTEND_CHECK(temperature > 0);
  std::vector<JudgedLabel> judged;
  judged.reserve(lines.size());
  for (const JudgedLine& line : lines) judged.push_back(judge_line(line, temperature));
  return calibrate(judged);
}

double fit_line_temperature(std::span<const JudgedLine> lines) {
  const auto right = [](const JudgedLine& line) { return line.correct; };
  std::vector<JudgedLine> counted;
  std::copy_if(lines.begin(), lines.end(), std::back_inserter(counted), counts);
  if (std::all_of(counted.begin(), counted.end(), right)) return 1;
  if (std::none_of(counted.begin(), counted.end(), right)) return 1;
  double low = std::log(1 / kLargestLineTemperature), high = std::log(1 / kLeastLineTemperature);
  if (slope(counted, std::exp(low)) >= 0) return kLargestLineTemperature;
  if (slope(counted, std::exp(high)) <= 0) return kLeastLineTemperature;
  for (int halvings = 0; halvings < 40; ++halvings) {
    const double middle = (low + high) / 2;
    (slope(counted, std::exp(middle)) < 0 ? low : high) = middle;
  }
  return std::exp(-(low + high) / 2);
}

FittedTemperature calibrate_lines(std::span<const JudgedLine> lines, double applied) {
  constexpr double kDigits = 1e4;
  FittedTemperature result;
  result.applied = applied;
  result.before = calibrate(lines, applied);
  result.temperature = std::round(fit_line_temperature(lines) * kDigits) / kDigits;
  result.after = calibrate(lines, result.temperature);
  return result;
}

}  // namespace attend::metrics
