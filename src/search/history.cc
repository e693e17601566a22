#include "search/history.h"

#include <algorithm>
#include <limits>

#include "base/base.h"

namespace attend::search {
namespace {

constexpr auto kNotKept = std::numeric_limits<std::size_t>::max();

}  // namespace

History::History(std::size_t columns, std::size_t steps, std::size_t beam,
                 std::pmr::memory_resource* memory)
    : columns_(columns),
      steps_(memory),
      nodes_(memory),
      alignment_rows_(memory),
      alignment_(memory),
      kept_rows_(memory) {
  steps_.reserve(steps);
  nodes_.reserve(steps * beam);
  if (columns_ == 0) return;
  alignment_rows_.reserve(steps * beam);
  alignment_.reserve(steps * beam * columns);
}

void History::end_step(std::span<const float> alignment, std::size_t stride) {
  if (columns_ == 0) return;
  ATTEND_CHECK(stride >= columns_);
  kept_rows_.assign(alignment.size() / stride, kNotKept);
  for (const Node& node : nodes()) {
    const auto parent = static_cast<std::size_t>(node.parent);
    std::size_t& start = kept_rows_.at(parent);
    if (start == kNotKept) {
      start = alignment_.size();
      const auto row = alignment.subspan(parent * stride, columns_);
      alignment_.insert(alignment_.end(), row.begin(), row.end());
    }
    alignment_rows_.push_back(start);
  }
}

void History::tokens(std::size_t node, std::vector<TokenId>& tokens) const {
  tokens.resize(steps_.size());
  for (std::size_t i = steps_.size(); i-- > 0;) {
    const Node& here = nodes_[steps_[i] + node];
    tokens[i] = here.token;
    node = static_cast<std::size_t>(here.parent);
  }
}

void History::trace(std::size_t length, std::int32_t node, Hypothesis& hypothesis) const {
  hypothesis.tokens.resize(length);
  hypothesis.token_scores.reserve(length + 1);  // </s> may follow
  hypothesis.token_scores.resize(length);
  hypothesis.alignment.resize(length * columns_);
  for (std::size_t i = length; i-- > 0;) {
    const std::size_t at = steps_[i] + static_cast<std::size_t>(node);
    const Node& here = nodes_[at];
    hypothesis.tokens[i] = here.token;
    hypothesis.token_scores[i] = here.token_score;
    node = here.parent;
    if (columns_ == 0) continue;
    const auto row = alignment_.begin() + static_cast<std::ptrdiff_t>(alignment_rows_[at]);
    std::copy(row, row + static_cast<std::ptrdiff_t>(columns_),
              hypothesis.alignment.begin() + static_cast<std::ptrdiff_t>(i * columns_));
  }
}

}  // namespace attend::search
