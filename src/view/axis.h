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

/// Maps values to pixels and finds round places to label.
class Axis {
 public:
  /// `low` ≤ `high` are the values to show, both > 0 on a logarithmic axis; the axis is widened so
  /// that they differ. `most_ticks` ≥ 2 bounds the labels roughly.
  Axis(double low, double high, AxisScale scale, int most_ticks);

  /// Widens the axis to its next ticks.
  void round_outwards();
  /// 0 at the low end, 1 at the high end.
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

/// A short number: "0.25", "1,500", "3e-05".
std::string short_number(double value);

}  // namespace attend::view
