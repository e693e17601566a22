// Phrases that a target must contain, found while it grows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "search/search.h"

namespace attend::search {

/// Follows several phrases at once with the automaton of Aho and Corasick (1975): a state knows the
/// longest end of the target with which some phrase begins. So a phrase is met wherever its tokens
/// stand as neighbours, also where phrases overlap. Immutable; safe to use from several threads.
class Phrases {
 public:
  /// How far a target has come.
  struct State {
    std::int32_t node = 0;  ///< the end of the target, as a node of the automaton
    std::uint32_t met = 0;  ///< bit p: phrase p occurs in the target
  };

  /// At most kMostPhrases phrases, none of them empty.
  explicit Phrases(std::span<const std::vector<TokenId>> phrases);

  bool empty() const { return lengths_.empty(); }
  /// The number of tokens of all phrases.
  std::size_t tokens() const { return tokens_; }
  /// Whether `token` is part of a phrase. Any other one leads to the state {0, met}.
  bool has(TokenId token) const;
  /// Returns the state after one more token.
  State next(State state, TokenId token) const;
  /// Returns how many phrase tokens a target has met, 0 … tokens(): all of those phrases that it
  /// has, and as many as its end has of one that it lacks. tokens() if and only if it has all.
  std::size_t progress(State state) const;
  bool has_all(State state) const { return state.met == all_; }

 private:
  struct Node {
    std::map<TokenId, std::int32_t> children;
    std::int32_t shorter = 0;  ///< the node of the longest shorter end with which a phrase begins
    std::size_t depth = 0;     ///< its number of tokens
    std::uint32_t begins = 0;  ///< bit p: phrase p begins with these tokens
    std::uint32_t ends = 0;    ///< bit p: these tokens end with phrase p
  };

  void add(std::span<const TokenId> phrase, std::uint32_t bit);
  void link_shorter_ends();
  std::int32_t child(std::int32_t node, TokenId token) const;

  std::vector<Node> nodes_;           // nodes_[0] is the empty end
  std::vector<std::size_t> lengths_;  // [phrases]
  std::vector<TokenId> alphabet_;     // the tokens of all phrases, rising
  std::size_t tokens_ = 0;
  std::uint32_t all_ = 0;
};

}  // namespace attend::search
