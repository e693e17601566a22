#include "search/history.h"

#include <algorithm>
#include <utility>

#include "base/base.h"

namespace attend::search {

void History::append(std::vector<Node> nodes, std::span<const float> alignment,
                     std::size_t stride) {
  ATTEND_CHECK(stride >= source_length_);
  Step step;
  step.alignment.resize(alignment.size() / stride);
  for (const Node& node : nodes) {
    std::vector<float>& row = step.alignment.at(static_cast<std::size_t>(node.parent));
    if (!row.empty()) continue;
    const auto weights =
        alignment.subspan(static_cast<std::size_t>(node.parent) * stride, source_length_);
    row.assign(weights.begin(), weights.end());
  }
  step.nodes = std::move(nodes);
  steps_.push_back(std::move(step));
}

void History::trace(std::size_t length, std::int32_t node, Hypothesis& hypothesis) const {
  hypothesis.source_length = source_length_;
  hypothesis.tokens.resize(length);
  hypothesis.token_scores.resize(length);
  hypothesis.alignment.resize(length * source_length_);
  for (std::size_t i = length; i-- > 0;) {
    const Step& step = steps_[i];
    const Node& here = step.nodes[static_cast<std::size_t>(node)];
    hypothesis.tokens[i] = here.token;
    hypothesis.token_scores[i] = here.token_score;
    const std::vector<float>& row = step.alignment[static_cast<std::size_t>(here.parent)];
    std::copy(row.begin(), row.end(),
              hypothesis.alignment.begin() + static_cast<std::ptrdiff_t>(i * source_length_));
    node = here.parent;
  }
}

}  // namespace attend::search
