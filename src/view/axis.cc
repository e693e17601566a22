#include "view/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace attend::view {
namespace {

constexpr double kWholeDecades = 2.5;  // a shorter logarithmic axis labels 2 and 5 as well

/// Returns the smallest of 1, 2 and 5 times a power of ten that is at least `least`.
double round_step(double least) {
  const double power = std::pow(10, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= least * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

std::string with_thousands(std::string digits) {
  const std::size_t first = digits.front() == '-' ? 1 : 0;
  for (std::size_t i = digits.size(); i > first + 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

}  // namespace

std::string short_number(double value) {
  const double size = std::abs(value);
  if (size >= 1000 && size < 1e7 && value == std::floor(value)) {
    return with_thousands(fmt::format("{:.0f}", value));
  }
  if (size >= 1e9 || (size > 0 && size < 1e-4)) return fmt::format("{:.3g}", value);
  return fmt::format("{:.6g}", value);
}

Axis::Axis(double low, double high, AxisScale scale, int most_ticks)
    : low_(low), high_(high), scale_(scale), most_ticks_(most_ticks) {
  const double least = std::max(std::abs(low_), std::abs(high_)) * 1e-9;
  if (!(high_ - low_ > least)) {  // also true for NaN
    const double around = low_ == 0 ? 0.5 : std::abs(low_) * 0.1;
    high_ = scale_ == AxisScale::kLogarithmic ? high_ * 2 : high_ + around;
    low_ = scale_ == AxisScale::kLogarithmic ? low_ / 2 : low_ - around;
  }
  if (scale_ == AxisScale::kLinear) step_ = round_step(high_ / most_ticks_ - low_ / most_ticks_);
}

void Axis::round_outwards() {
  if (scale_ == AxisScale::kLinear) {
    low_ = std::floor(low_ / step_ + 1e-9) * step_;
    high_ = std::ceil(high_ / step_ - 1e-9) * step_;
  } else {
    const double room = std::pow(high_ / low_, 0.04);
    low_ /= room;
    high_ *= room;
  }
}

double Axis::share(double value) const {
  return scale_ == AxisScale::kLinear ? (value - low_) / (high_ - low_)
                                      : std::log(value / low_) / std::log(high_ / low_);
}

std::vector<Tick> Axis::ticks() const {
  return scale_ == AxisScale::kLinear ? linear_ticks() : decade_ticks();
}

std::vector<Tick> Axis::linear_ticks() const {
  std::vector<Tick> found;
  const double first = std::ceil(low_ / step_ - 1e-9);
  for (int i = 0; i <= 2 * most_ticks_ + 2; ++i) {
    const double value = (first + i) * step_;
    if (value > high_ + step_ * 1e-9) break;
    const double clean = std::abs(value) < step_ * 1e-9 ? 0 : value;
    found.push_back({clean, short_number(clean)});
  }
  return found;
}

std::vector<Tick> Axis::decade_ticks() const {
  const double decades = std::log10(high_) - std::log10(low_);
  const int stride = std::max(1, static_cast<int>(std::ceil(decades / most_ticks_)));
  const bool between = decades < kWholeDecades;
  std::vector<Tick> found;
  const int last = static_cast<int>(std::ceil(std::log10(high_)));
  for (int power = static_cast<int>(std::floor(std::log10(low_))); power <= last; ++power) {
    if (!between && power % stride != 0) continue;
    for (const double factor : {1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0}) {
      if (!between && factor > 1) break;
      const bool labelled = decades < 0.7 || factor == 1 || factor == 2 || factor == 5;
      const double value = factor * std::pow(10, power);
      if (!labelled || value < low_ * (1 - 1e-9) || value > high_ * (1 + 1e-9)) continue;
      found.push_back({value, short_number(value)});
    }
  }
  return found;
}

}  // namespace attend::view
