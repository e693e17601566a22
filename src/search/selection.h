// The most probable extensions of some hypotheses, without sorting the vocabulary.
#pragma once

#include <cstdint>
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

/// The hypotheses of one source before a step and the step's log-probabilities of their extensions:
/// either all of them or the best ones.
struct Extensions {
  std::span<const double> prefixes;          // [rows] log-probabilities of the hypotheses
  std::size_t vocabulary = 0;                // ids of a row
  std::span<const float> log_probabilities;  // [rows, vocabulary], or empty
  std::span<const model::RankedToken> best;  // [rows, best_count], read if best_count > 0
  std::size_t best_count = 0;
  std::size_t length = 0;  ///< tokens of each hypothesis
};

/// Replaces `candidates` by at most rules.beam() candidates, best first: by log-probability, then
/// lower row, then lower token id. Those of probability 0 or NaN are left out.
void best_candidates(const Rules& rules, const Extensions& extensions,
                     std::pmr::vector<Candidate>& candidates);

/// Adds the extension of the first row by the first permitted token, with probability 0, for use
/// when best_candidates() found none. Adds none when no token is permitted. `candidates` must be
/// empty.
void add_impossible_candidate(const Rules& rules, std::size_t length,
                              std::pmr::vector<Candidate>& candidates);

}  // namespace attend::search
