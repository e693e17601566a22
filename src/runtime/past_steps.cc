#include "runtime/past_steps.h"

#include <algorithm>
#include <utility>

namespace attend::runtime {

PastSteps::PastSteps(std::vector<std::size_t> units)
    : units_(std::move(units)), values_(units_.size()) {}

void PastSteps::begin(std::span<const model::StepRow> rows) {
  if (units_.empty()) return;
  own_.clear();
  past_.clear();
  starts_.assign(1, 0);
  longest_ = 0;
  for (const model::StepRow& row : rows) {
    own_.push_back(row.parent < 0 ? kNone : static_cast<std::ptrdiff_t>(last_step_) + row.parent);
    for (std::ptrdiff_t kept = own_.back(); kept != kNone;
         kept = parents_[static_cast<std::size_t>(kept)]) {
      past_.push_back(static_cast<std::size_t>(kept));
    }
    std::reverse(past_.begin() + static_cast<std::ptrdiff_t>(starts_.back()), past_.end());
    longest_ = std::max(longest_, past_.size() - starts_.back());
    starts_.push_back(past_.size());
  }
}

void PastSteps::keep_rows() {
  if (units_.empty()) return;
  last_step_ = parents_.size();
  parents_.insert(parents_.end(), own_.begin(), own_.end());
}

void PastSteps::keep(std::size_t kind, std::span<const float> vectors) {
  values_[kind].insert(values_[kind].end(), vectors.begin(), vectors.end());
}

}  // namespace attend::runtime
