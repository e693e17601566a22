#include "metrics/calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/base.h"
#include "metrics/corpus_check.h"

namespace attend::metrics {
namespace {

constexpr double kNone = -std::numeric_limits<double>::infinity();

double possible(float log_probability) {
  return std::isnan(log_probability) ? kNone : static_cast<double>(log_probability);
}

// Returns the index of the first of the largest values, and kUnknownLabel if none is possible.
std::size_t best_label(std::span<const float> row) {
  std::size_t best = kUnknownLabel;
  for (std::size_t k = 0; k < row.size(); ++k) {
    if (possible(row[k]) == kNone) continue;
    if (best == kUnknownLabel || row[k] > row[best]) best = k;
  }
  return best;
}

struct Sums {
  double log_sum = 0;  // ln Σ exp(β·(l − largest)), which is at least 0
  double mean = 0;     // Σ p·(l − largest) of the probabilities p = softmax(β·l)
};

// `largest` is the largest l of the row: without it every exponent is at most 0, and none
// overflows.
Sums add_up(std::span<const float> row, double beta, double largest) {
  double sum = 0, weighted = 0;
  for (const float value : row) {
    const double l = possible(value);
    if (l == kNone) continue;
    const double share = std::exp(beta * (l - largest));
    sum += share;
    weighted += share * (l - largest);
  }
  return {std::log(sum), weighted / sum};
}

bool counts(std::span<const float> row, std::size_t right) {
  return right != kUnknownLabel && possible(row[right]) != kNone;
}

// The derivative of the mean negative log-likelihood by β = 1 / T. It rises with β, because the
// function is convex.
double slope(const LabelProbabilities& probabilities, double beta) {
  double sum = 0;
  std::size_t examples = 0;
  for (std::size_t i = 0; i < probabilities.examples(); ++i) {
    const std::span<const float> row = probabilities.row(i);
    if (!counts(row, probabilities.right[i])) continue;
    const double largest = possible(row[best_label(row)]);
    sum += add_up(row, beta, largest).mean - (possible(row[probabilities.right[i]]) - largest);
    ++examples;
  }
  return examples == 0 ? 0 : sum / static_cast<double>(examples);
}

// Whether every example whose right label counts has it as its best one. The likelihood then rises
// with every lower temperature, and says nothing of how sure a wrong answer would be.
bool all_are_right(const LabelProbabilities& probabilities) {
  for (std::size_t i = 0; i < probabilities.examples(); ++i) {
    const auto row = probabilities.row(i);
    if (counts(row, probabilities.right[i]) && best_label(row) != probabilities.right[i]) {
      return false;
    }
  }
  return true;
}

std::size_t bin_of(double confidence) {
  const double place = std::ceil(confidence * kCalibrationBins) - 1;
  return static_cast<std::size_t>(std::clamp<double>(place, 0, kCalibrationBins - 1));
}

}  // namespace

JudgedLabel judge_label(std::span<const float> log_probabilities, std::size_t right,
                        double temperature) {
  ATTEND_CHECK(temperature > 0);
  ATTEND_CHECK(right == kUnknownLabel || right < log_probabilities.size());
  JudgedLabel judged;
  const std::size_t best = best_label(log_probabilities);
  if (best == kUnknownLabel) return judged;
  const double beta = 1 / temperature;
  const double largest = possible(log_probabilities[best]);
  const double log_sum = add_up(log_probabilities, beta, largest).log_sum;
  judged.confidence = std::exp(-log_sum);
  judged.correct = best == right;
  if (counts(log_probabilities, right)) {
    judged.log_probability = beta * (possible(log_probabilities[right]) - largest) - log_sum;
  }
  return judged;
}

std::string likelihood_text(const Calibration& calibration) {
  const std::optional<double>& value = calibration.negative_log_likelihood;
  return value ? fmt::format("{:.4f}", *value) : "–";
}

Calibration calibrate(std::span<const JudgedLabel> examples) {
  if (examples.empty()) throw UsageError("no examples to evaluate");
  Calibration result;
  result.examples = examples.size();
  std::array<std::size_t, kCalibrationBins> correct{};
  double log_likelihood = 0;
  for (const JudgedLabel& example : examples) {
    const std::size_t bin = bin_of(example.confidence);
    ++result.bins[bin].examples;
    result.bins[bin].confidence += example.confidence;
    correct[bin] += example.correct ? 1 : 0;
    if (example.log_probability == kNone) {
      ++result.unknown;
    } else {
      log_likelihood += example.log_probability;
    }
  }
  if (result.unknown < result.examples) {
    const auto known = static_cast<double>(result.examples - result.unknown);
    result.negative_log_likelihood = (0 - log_likelihood) / known;
  }
  std::size_t all_correct = 0;
  double distance = 0;
  for (std::size_t b = 0; b < kCalibrationBins; ++b) {
    CalibrationBin& bin = result.bins[b];
    bin.low = static_cast<double>(b) / kCalibrationBins;
    bin.high = static_cast<double>(b + 1) / kCalibrationBins;
    all_correct += correct[b];
    if (bin.examples == 0) continue;
    distance += std::abs(static_cast<double>(correct[b]) - bin.confidence);
    bin.confidence /= static_cast<double>(bin.examples);
    bin.accuracy = static_cast<double>(correct[b]) / static_cast<double>(bin.examples);
  }
  result.accuracy = percent(all_correct, result.examples);
  result.expected_error = 100 * distance / static_cast<double>(result.examples);
  return result;
}

Calibration calibrate(const LabelProbabilities& probabilities, double temperature) {
  ATTEND_CHECK_EQ(probabilities.log_probabilities.size(),
                  probabilities.examples() * probabilities.labels);
  std::vector<JudgedLabel> judged;
  judged.reserve(probabilities.examples());
  for (std::size_t i = 0; i < probabilities.examples(); ++i) {
    judged.push_back(judge_label(probabilities.row(i), probabilities.right[i], temperature));
  }
  return calibrate(judged);
}

double fit_temperature(const LabelProbabilities& probabilities, double applied) {
  ATTEND_CHECK(applied > 0);
  ATTEND_CHECK_EQ(probabilities.log_probabilities.size(),
                  probabilities.examples() * probabilities.labels);
  constexpr double kFlat = 1e-12;  // a smaller slope is rounding
  // softmax(z / T) is softmax(β · log p) with β = applied / T. The search is one for ln β, because
  // β is a factor.
  double low = std::log(applied / kLargestTemperature);
  double high = std::log(applied / kLeastTemperature);
  const double at_low = slope(probabilities, std::exp(low));
  const double at_high = slope(probabilities, std::exp(high));
  if (std::abs(at_low) < kFlat && std::abs(at_high) < kFlat) return 1;
  if (all_are_right(probabilities)) return 1;
  if (at_low >= 0) return kLargestTemperature;
  if (at_high <= 0) return kLeastTemperature;
  for (int halvings = 0; halvings < 40; ++halvings) {
    const double middle = (low + high) / 2;
    (slope(probabilities, std::exp(middle)) < 0 ? low : high) = middle;
  }
  return applied * std::exp(-(low + high) / 2);
}

std::string temperature_warning(double temperature) {
  if (temperature > kLeastTemperature && temperature < kLargestTemperature) return {};
  const bool least = temperature <= kLeastTemperature;
  return fmt::format("warning: the temperature {} is the {} that is fitted: {}", temperature,
                     least ? "least" : "largest",
                     least ? "the model is nearly always right on these pairs and not sure of it"
                           : "the probabilities hardly tell right answers to these pairs from "
                             "wrong ones; look at the accuracy");
}

FittedTemperature calibrate_with_temperature(const LabelProbabilities& probabilities,
                                             double applied) {
  FittedTemperature result;
  result.applied = applied;
  result.before = calibrate(probabilities);
  constexpr double kDigits = 1e4;
  result.temperature = std::round(fit_temperature(probabilities, applied) * kDigits) / kDigits;
  result.after = calibrate(probabilities, result.temperature / applied);
  return result;
}

}  // namespace attend::metrics
