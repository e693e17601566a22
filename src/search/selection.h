// The most probable extensions of some hypotheses, without sorting the vocabulary.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory_resource>
#include <span>
#include <vector>

#include "search/rules.h"

namespace attend::search {

/// A live hypothesis extended by one token.
struct Candidate {
  double log_probability = 0;  ///< log p of the extended hypothesis
  std::int32_t row = 0;        ///< the hypothesis that is extended
  TokenId token = 0;
  float token_score = 0;  ///< log p of the token alone
};

/// Whether `a` comes before `b`: by log-probability, then lower row, then lower token id.
inline bool is_better(const Candidate& a, const Candidate& b) {
  if (a.log_probability != b.log_probability) return a.log_probability > b.log_probability;
  if (a.row != b.row) return a.row < b.row;
  return a.token < b.token;
}

/// The hypotheses of one source before a step and the step's log-probabilities of their extensions:
/// either all of them or the best ones.
struct Extensions {
  std::span<const double> prefixes;          // [rows] log-probabilities of the hypotheses
  std::size_t vocabulary = 0;                // ids of a row
  std::span<const float> log_probabilities;  // [rows, vocabulary], or empty
  std::span<const model::RankedToken> best;  // [rows, best_count], read if best_count > 0
  std::size_t best_count = 0;
  bool may_end = true;  ///< whether </s> may follow
};

/// A heap of the rules.beam() best permitted candidates so far, with the worst in front. Candidates
/// must come by rising row and token: an equal one that comes later is worse, and `>` alone keeps
/// the order of ties. It also rejects NaN and −infinity.
class BestCandidates {
 public:
  /// Empties `best`, which must outlive this object.
  BestCandidates(const Rules& rules, bool may_end, std::pmr::vector<Candidate>& best)
      : rules_(rules), may_end_(may_end), best_(best) {
    best_.clear();
  }

  void offer(double prefix, std::size_t row, TokenId token, float score) {
    const double log_probability = prefix + static_cast<double>(score);
    if (!beats(log_probability)) return;
    if (log_probability == kInfinity || !rules_.permits(token, may_end_)) return;
    if (best_.size() == rules_.beam()) {
      std::pop_heap(best_.begin(), best_.end(), is_better);
      best_.pop_back();
    }
    best_.push_back({log_probability, static_cast<std::int32_t>(row), token, score});
    std::push_heap(best_.begin(), best_.end(), is_better);
    if (best_.size() == rules_.beam()) worst_ = best_.front().log_probability;
  }
  /// Whether a candidate of this log-probability would be kept, if it is permitted.
  bool beats(double log_probability) const { return log_probability > worst_; }
  /// Sorts the candidates, best first. Call it last.
  void sort() { std::sort_heap(best_.begin(), best_.end(), is_better); }

 private:
  static constexpr double kInfinity = std::numeric_limits<double>::infinity();

  const Rules& rules_;
  bool may_end_;
  std::pmr::vector<Candidate>& best_;
  double worst_ = -kInfinity;
};

/// Replaces `candidates` by at most rules.beam() candidates, best first. Those of probability 0 or
/// NaN are left out.
void best_candidates(const Rules& rules, const Extensions& extensions,
                     std::pmr::vector<Candidate>& candidates);

/// Adds the extension of the first row by the first permitted token, with probability 0, for use
/// when best_candidates() found none. Adds none when no token is permitted. `candidates` must be
/// empty.
void add_impossible_candidate(const Rules& rules, bool may_end,
                              std::pmr::vector<Candidate>& candidates);

}  // namespace attend::search
