// How well the probabilities of labels fit how often the labels are right, and the temperature that
// makes them fit better (Guo et al. 2017, "On calibration of modern neural networks").
#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace attend::metrics {

/// Stands for a right label that a model does not know.
inline constexpr std::size_t kUnknownLabel = static_cast<std::size_t>(-1);

/// What a model thought of the labels of one example.
struct JudgedLabel {
  double confidence = 0;  ///< the probability of the best label, 0 … 1
  bool correct = false;   ///< whether the best label is the right one
  /// ln p of the right label. −infinity: the model does not know the label, or excludes it.
  double log_probability = -std::numeric_limits<double>::infinity();
};

/// Judges the labels of an example by their probabilities softmax(log p / temperature).
/// `log_probabilities` [labels] need not be normalised; −infinity is a label of probability 0, as
/// is a value that is not a number. Among equally probable labels the first is the best. `right` is
/// an index, or kUnknownLabel. `temperature` is above 0. A row in which no label is possible has
/// confidence 0 and is wrong.
JudgedLabel judge_label(std::span<const float> log_probabilities, std::size_t right,
                        double temperature = 1);

inline constexpr std::size_t kCalibrationBins = 15;

/// The examples whose confidence is above `low` and at most `high`; the first bin has those of
/// confidence 0 too. Means of a bin without examples are 0.
struct CalibrationBin {
  double low = 0, high = 0;
  std::size_t examples = 0;
  double confidence = 0;  ///< their mean confidence, 0 … 1
  double accuracy = 0;    ///< the share of right labels among them, 0 … 1
};

struct Calibration {
  std::size_t examples = 0;
  std::size_t unknown = 0;  ///< examples whose right label has no probability
  double accuracy = 0;      ///< percent
  /// The expected calibration error, in percent: the mean over the examples of the distance between
  /// the mean confidence and the accuracy of an example's bin. The bins have equal widths.
  double expected_error = 0;
  /// The mean −ln p of the right label, over the examples in which it has a probability; nothing if
  /// there are none.
  std::optional<double> negative_log_likelihood;
  std::array<CalibrationBin, kCalibrationBins> bins;  ///< of a reliability diagram, by confidence
};

/// Returns the negative log-likelihood with four digits after the point, and "–" where there is
/// none.
std::string likelihood_text(const Calibration& calibration);

/// Computes the calibration. Throws UsageError when there are no examples.
Calibration calibrate(std::span<const JudgedLabel> examples);

/// The probabilities of all labels for several examples.
struct LabelProbabilities {
  std::size_t labels = 0;                // per example
  std::vector<float> log_probabilities;  // [examples, labels], as judge_label() takes them
  std::vector<std::size_t> right;        // [examples]: indices, or kUnknownLabel

  std::size_t examples() const { return right.size(); }
  std::span<const float> row(std::size_t example) const {
    return std::span(log_probabilities).subspan(example * labels, labels);
  }
};

/// Computes the calibration of the probabilities softmax(log p / temperature).
Calibration calibrate(const LabelProbabilities& probabilities, double temperature = 1);

/// The least and the largest temperature that fit_temperature() returns.
inline constexpr double kLeastTemperature = 0.05;
inline constexpr double kLargestTemperature = 20;

/// Returns the temperature T whose probabilities softmax(z / T) have the lowest negative
/// log-likelihood, between the two limits, exact to about nine digits. The logits z are
/// `applied` · log p: `probabilities` are those of the temperature `applied`, above 0. Examples
/// whose right label has no probability have no influence. The result is 1 where the temperature
/// makes no difference (without such an example, or where all labels of every example are equally
/// probable) and where all examples are right: no temperature is best then. Deterministic; its time
/// is that of some forty passes over the probabilities.
double fit_temperature(const LabelProbabilities& probabilities, double applied = 1);

/// Returns one sentence for people where the temperature is one of the two limits, so that the best
/// one may lie beyond. Otherwise returns an empty text.
std::string temperature_warning(double temperature);

/// A temperature and what it changes.
struct FittedTemperature {
  double applied = 1;  ///< the temperature of the probabilities that it was fitted on
  double temperature = 1;
  Calibration before, after;
};

/// Fits a temperature, rounded to four digits after the point, as a model stores it, and computes
/// the calibration before and after. Throws UsageError when there are no examples.
FittedTemperature calibrate_with_temperature(const LabelProbabilities& probabilities,
                                             double applied = 1);

}  // namespace attend::metrics
