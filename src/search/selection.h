// The most probable extensions of some hypotheses, without sorting the vocabulary.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "search/rules.h"

namespace attend::search {

/// A live hypothesis and one token more.
struct Candidate {
  double log_probability = 0;  ///< of the whole
  std::int32_t row = 0;        ///< the hypothesis that is extended
  TokenId token = 0;
  float token_score = 0;  ///< log p of the token alone
};

/// The hypotheses of one source before a step, and what the step says about them.
struct Extensions {
  std::span<const double> prefixes;          // [rows] log-probabilities of the hypotheses
  std::span<const float> log_probabilities;  // [rows, target_vocabulary], or empty and
  std::span<const model::RankedToken> best;  // [rows, best_count]
  std::size_t best_count = 0;
  std::size_t length = 0;  ///< tokens that each hypothesis has
};

/// At most rules.beam() candidates, best first: by log-probability, then lower row, then lower
/// token id. Those of probability 0 or NaN are left out. `candidates` is what was there before.
void best_candidates(const Rules& rules, const Extensions& extensions,
                     std::pmr::vector<Candidate>& candidates);

/// Where there is no better one, the first permitted token after the first row, with probability 0;
/// none when no token is permitted. `candidates` is empty.
void add_impossible_candidate(const Rules& rules, std::size_t length,
                              std::pmr::vector<Candidate>& candidates);

}  // namespace attend::search
