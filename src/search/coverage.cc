#include "search/coverage.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/base.h"

namespace attend::search {

Coverage::Coverage(double factor, const model::Source& source, std::size_t positions)
    : factor_(factor), positions_(positions) {
  if (!is_used()) return;
  sums_.assign(positions_, 0);
  counts_.assign(positions_, 1);
  // Sentences and paragraphs all count: the source tells only of its tokens what they are.
  if (positions_ != source.tokens.size()) return;
  ATTEND_CHECK(source.behind_units <= positions_);
  const auto units = static_cast<std::ptrdiff_t>(positions_ - source.behind_units);
  if (!source.allowed.empty()) counts_ = source.allowed;
  std::fill(counts_.begin() + units, counts_.end(), 0);
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

double Coverage::penalty(std::size_t row, std::span<const float> end_alignment) const {
  if (!is_used()) return 0;
  ATTEND_CHECK(end_alignment.empty() || end_alignment.size() >= positions_);
  double sum = 0;
  for (std::size_t j = 0; j < positions_; ++j) {
    if (counts_[j] == 0) continue;
    const float last = end_alignment.empty() ? 0 : end_alignment[j];
    const auto covered = static_cast<double>(sums_[row * positions_ + j] + last);
    sum += std::log(std::clamp(covered, kLeastCoverage, 1.0));
  }
  return factor_ * sum;
}

}  // namespace attend::search
