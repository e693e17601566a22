// Demands on the target of one source, and the candidates that keep to them.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <span>
#include <vector>

#include "search/bans.h"
#include "search/history.h"
#include "search/phrases.h"
#include "search/selection.h"

namespace attend::search {

/// A given prefix, required phrases and n-grams that may not occur, followed along the live
/// hypotheses of one source. `rules` must outlive it. Not thread-safe.
class Constraints {
 public:
  Constraints(const Rules& rules, const Request& request, std::pmr::memory_resource* memory);

  /// Replaces `candidates` by those that the next step keeps: the next token of the prefix; or, for
  /// each number of phrase tokens that a target can have met, from all down to none, the
  /// rules.beam() best ones. `extensions` must have whole distributions, and `history` their
  /// hypotheses.
  void choose(const Extensions& extensions, const History& history,
              std::pmr::vector<Candidate>& candidates);
  /// Follows the live hypotheses, which `candidates` extend; none of them ends in </s>.
  void extend(std::span<const Candidate> candidates);
  std::size_t prefix_length() const { return prefix_.size(); }
  /// Whether live hypothesis `k` has the whole prefix and all phrases.
  bool are_met(std::size_t k) const;

 private:
  void choose_in_row(const Extensions& extensions, std::size_t row);

  const Rules& rules_;
  std::vector<TokenId> prefix_;
  Phrases phrases_;
  Bans bans_;
  std::size_t length_ = 0;              // tokens of each live hypothesis
  std::vector<Phrases::State> states_;  // [live hypotheses]
  // Buffers of choose():
  std::vector<std::pmr::vector<Candidate>> banks_;  // [phrase tokens + 1]: by tokens met
  std::vector<BestCandidates> best_;                // [phrase tokens + 1]
  std::vector<TokenId> target_;
  std::span<const TokenId> banned_;  // those of the row that choose_in_row() reads
  std::vector<Phrases::State> next_;
};

}  // namespace attend::search
