#include "search/history.h"

#include <algorithm>

#include "base/base.h"

namespace attend::search {

History::History(std::size_t source_length, std::size_t steps, std::size_t beam,
                 std::pmr::memory_resource* memory)
    : source_length_(source_length),
      steps_(memory),
      nodes_(memory),
      alignment_rows_(memory),
      alignment_(memory) {
  steps_.reserve(steps);
  nodes_.reserve(steps * beam);
  alignment_rows_.reserve(steps * beam);
  alignment_.reserve(steps * beam * source_length);
}

void History::end_step(std::span<const float> alignment, std::size_t stride) {
  ATTEND_CHECK(stride >= source_length_);
  const std::span<const Node> newest = nodes();
  for (std::size_t k = 0; k < newest.size(); ++k) {
    std::size_t same = 0;
    while (newest[same].parent != newest[k].parent) ++same;
    if (same < k) {
      alignment_rows_.push_back(alignment_rows_[steps_.back() + same]);
      continue;
    }
    const auto row =
        alignment.subspan(static_cast<std::size_t>(newest[k].parent) * stride, source_length_);
    alignment_rows_.push_back(alignment_.size());
    alignment_.insert(alignment_.end(), row.begin(), row.end());
  }
}

void History::trace(std::size_t length, std::int32_t node, Hypothesis& hypothesis) const {
  hypothesis.source_length = source_length_;
  hypothesis.tokens.resize(length);
  hypothesis.token_scores.reserve(length + 1);  // </s> may follow
  hypothesis.token_scores.resize(length);
  hypothesis.alignment.resize(length * source_length_);
  for (std::size_t i = length; i-- > 0;) {
    const std::size_t at = steps_[i] + static_cast<std::size_t>(node);
    const Node& here = nodes_[at];
    hypothesis.tokens[i] = here.token;
    hypothesis.token_scores[i] = here.token_score;
    const auto row = alignment_.begin() + static_cast<std::ptrdiff_t>(alignment_rows_[at]);
    std::copy(row, row + static_cast<std::ptrdiff_t>(source_length_),
              hypothesis.alignment.begin() + static_cast<std::ptrdiff_t>(i * source_length_));
    node = here.parent;
  }
}

}  // namespace attend::search
