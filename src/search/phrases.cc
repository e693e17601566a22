#include "search/phrases.h"

#include <algorithm>
#include <deque>

#include "base/base.h"

namespace attend::search {

Phrases::Phrases(std::span<const std::vector<TokenId>> phrases) : nodes_(1) {
  ATTEND_CHECK(phrases.size() <= kMostPhrases);
  for (const std::vector<TokenId>& phrase : phrases) {
    const auto bit = std::uint32_t{1} << lengths_.size();
    add(phrase, bit);
    all_ |= bit;
    lengths_.push_back(phrase.size());
    tokens_ += phrase.size();
    alphabet_.insert(alphabet_.end(), phrase.begin(), phrase.end());
  }
  std::sort(alphabet_.begin(), alphabet_.end());
  alphabet_.erase(std::unique(alphabet_.begin(), alphabet_.end()), alphabet_.end());
  link_shorter_ends();
}

void Phrases::add(std::span<const TokenId> phrase, std::uint32_t bit) {
  std::size_t node = 0;
  for (const TokenId token : phrase) {
    const auto [child, is_new] =
        nodes_[node].children.try_emplace(token, static_cast<std::int32_t>(nodes_.size()));
    const auto next = static_cast<std::size_t>(child->second);
    if (is_new) {
      const std::size_t depth = nodes_[node].depth + 1;
      nodes_.emplace_back().depth = depth;
    }
    node = next;
    nodes_[node].begins |= bit;
  }
  nodes_[node].ends |= bit;
}

// Goes through the nodes by rising depth, so that the shorter end of a parent is known.
void Phrases::link_shorter_ends() {
  std::deque<std::size_t> waiting{0};
  for (; !waiting.empty(); waiting.pop_front()) {
    const std::size_t parent = waiting.front();
    for (const auto& [token, child] : nodes_[parent].children) {
      Node& node = nodes_[static_cast<std::size_t>(child)];
      if (parent != 0) node.shorter = next({nodes_[parent].shorter, 0}, token).node;
      node.ends |= nodes_[static_cast<std::size_t>(node.shorter)].ends;
      waiting.push_back(static_cast<std::size_t>(child));
    }
  }
}

bool Phrases::has(TokenId token) const {
  return std::binary_search(alphabet_.begin(), alphabet_.end(), token);
}

std::int32_t Phrases::child(std::int32_t node, TokenId token) const {
  const auto& children = nodes_[static_cast<std::size_t>(node)].children;
  const auto found = children.find(token);
  return found == children.end() ? -1 : found->second;
}

Phrases::State Phrases::next(State state, TokenId token) const {
  std::int32_t node = state.node;
  std::int32_t reached = child(node, token);
  while (reached < 0 && node != 0) {
    node = nodes_[static_cast<std::size_t>(node)].shorter;
    reached = child(node, token);
  }
  if (reached < 0) return {0, state.met};
  return {reached, state.met | nodes_[static_cast<std::size_t>(reached)].ends};
}

std::size_t Phrases::progress(State state) const {
  std::size_t tokens = 0;
  for (std::size_t p = 0; p < lengths_.size(); ++p) {
    if ((state.met >> p & 1U) != 0) tokens += lengths_[p];
  }
  for (std::int32_t node = state.node; node != 0;
       node = nodes_[static_cast<std::size_t>(node)].shorter) {
    const Node& here = nodes_[static_cast<std::size_t>(node)];
    if ((here.begins & ~state.met) != 0) return tokens + here.depth;
  }
  return tokens;
}

}  // namespace attend::search
