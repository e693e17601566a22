// Axes with round numbers. Internal to the folder.
#pragma once

#include <string>
#include <vector>

#include "view/view.h"

namespace attend::view {

struct Tick {
  double value;
  std::string label;
};

/// Maps values to pixels and finds round values to label.
class Axis {
 public:
  /// `low` ≤ `high` are the smallest and the largest value to show, both > 0 on a logarithmic axis.
  /// The axis is widened where they are equal. `most_ticks` ≥ 2 is a rough bound on the number of
  /// labels.
  Axis(double low, double high, AxisScale scale, int most_ticks);

  /// Widens the axis to the next tick at both ends.
  void round_outwards();
  /// Returns 0 for the low end and 1 for the high end.
  double share(double value) const;
  std::vector<Tick> ticks() const;
  double low() const { return low_; }
  double high() const { return high_; }

 private:
  std::vector<Tick> linear_ticks() const;
  std::vector<Tick> decade_ticks() const;

  double low_;
  double high_;
  AxisScale scale_;
  int most_ticks_;
  double step_ = 1;  // between linear ticks
};

/// Returns a number with few characters: "0.25", "1,500", "3e-05".
std::string short_number(double value);

}  // namespace attend::view
