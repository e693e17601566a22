// Draws one of several items, each with a probability in proportion to its weight.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "base/base.h"

namespace attend::dates {

template <typename T>
class Choice {
 public:
  void add(double weight, T item) {
    if (weight <= 0.0) return;
    total_ += weight;
    items_.push_back(std::move(item));
    sums_.push_back(total_);
  }
  bool empty() const { return items_.empty(); }
  const std::vector<T>& items() const { return items_; }
  double weight(std::size_t index) const {
    return sums_[index] - (index == 0 ? 0.0 : sums_[index - 1]);
  }
  double total() const { return total_; }
  /// Draws an item. There must be at least one.
  const T& draw(Random& random) const {
    const auto place = std::upper_bound(sums_.begin(), sums_.end(), random.uniform() * total_);
    const auto index = static_cast<std::size_t>(place - sums_.begin());
    return items_[std::min(index, items_.size() - 1)];
  }

 private:
  std::vector<T> items_;
  std::vector<double> sums_;
  double total_ = 0.0;
};

}  // namespace attend::dates
