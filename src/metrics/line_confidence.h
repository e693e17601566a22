// How well the probabilities of whole predictions fit how often these are right, and the
// temperature that makes them fit better. For labels, calibration.h has all labels to go by; a
// sequence has no list of its rivals, only its own probability.
#pragma once

#include <span>

#include "metrics/calibration.h"

namespace attend::metrics {

/// A whole prediction.
struct JudgedLine {
  double log_probability = 0;  ///< ln p of the prediction; at most 0, or −infinity
  bool correct = false;        ///< whether it equals a reference
};

/// Computes the calibration of the confidences c = p^(1/temperature). Its negative log-likelihood
/// is the mean of −ln c of the right and −ln(1 − c) of the wrong lines. Throws UsageError when
/// there are no lines.
Calibration calibrate(std::span<const JudgedLine> lines, double temperature = 1);

/// The least and the largest temperature that fit_line_temperature() returns.
inline constexpr double kLeastLineTemperature = 0.01;
inline constexpr double kLargestLineTemperature = 100;

/// Returns the temperature whose confidences have the lowest negative log-likelihood, between the
/// two limits, exact to about nine digits. The result is 1 where the lines are all right or all
/// wrong: no temperature is best then. Lines with p = 1 or p = 0, which no temperature changes,
/// have no influence. Deterministic.
double fit_line_temperature(std::span<const JudgedLine> lines);

/// Fits a temperature, rounded to four digits after the point, and computes the calibration with
/// the temperature `applied` before and with the new one. Throws UsageError when there are no
/// lines.
FittedTemperature calibrate_lines(std::span<const JudgedLine> lines, double applied = 1);

}  // namespace attend::metrics
