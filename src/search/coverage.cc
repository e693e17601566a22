#include "search/coverage.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/base.h"

namespace attend::search {

Coverage::Coverage(double factor, std::size_t positions, std::span<const char> allowed)
    : factor_(factor), positions_(positions), allowed_(allowed.begin(), allowed.end()) {
  // Where sentences or paragraphs are looked at, there is nothing that says so of each of them.
  if (allowed_.size() != positions_) allowed_.clear();
  if (is_used()) sums_.assign(positions_, 0);
}

void Coverage::extend(std::span<const Candidate> candidates, std::span<const float> alignment,
                      std::size_t stride) {
  ATTEND_CHECK(stride >= positions_);
  next_.clear();
  for (const Candidate& candidate : candidates) {
    const auto row = static_cast<std::size_t>(candidate.row);
    for (std::size_t j = 0; j < positions_; ++j) {
      next_.push_back(sums_[row * positions_ + j] + alignment[row * stride + j]);
    }
  }
  std::swap(sums_, next_);
}

double Coverage::penalty(std::size_t row) const {
  if (!is_used()) return 0;
  double sum = 0;
  for (std::size_t j = 0; j < positions_; ++j) {
    if (!allowed_.empty() && allowed_[j] == 0) continue;
    const auto covered = static_cast<double>(sums_[row * positions_ + j]);
    sum += std::log(std::clamp(covered, kLeastCoverage, 1.0));
  }
  return factor_ * sum;
}

}  // namespace attend::search
