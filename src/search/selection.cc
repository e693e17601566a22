#include "search/selection.h"

namespace attend::search {

void best_candidates(const Rules& rules, const Extensions& extensions,
                     std::pmr::vector<Candidate>& candidates) {
  const std::size_t vocabulary = extensions.vocabulary;
  BestCandidates best(rules, extensions.may_end, candidates);
  for (std::size_t row = 0; row < extensions.prefixes.size(); ++row) {
    const double prefix = extensions.prefixes[row];
    if (extensions.best_count > 0) {
      for (const model::RankedToken& one :
           extensions.best.subspan(row * extensions.best_count, extensions.best_count)) {
        if (one.token == text::kNoToken) break;
        best.offer(prefix, row, one.token, one.log_probability);
      }
      continue;
    }
    const auto scores = extensions.log_probabilities.subspan(row * vocabulary, vocabulary);
    for (std::size_t id = 0; id < vocabulary; ++id) {
      best.offer(prefix, row, static_cast<TokenId>(id), scores[id]);
    }
  }
  best.sort();
}

void add_impossible_candidate(const Rules& rules, bool may_end,
                              std::pmr::vector<Candidate>& candidates) {
  constexpr double kImpossible = -std::numeric_limits<double>::infinity();
  for (std::size_t id = 0; id < rules.target_vocabulary(); ++id) {
    const auto token = static_cast<TokenId>(id);
    if (rules.permits(token, may_end)) {
      candidates.push_back({kImpossible, 0, token, -std::numeric_limits<float>::infinity()});
      return;
    }
  }
}

}  // namespace attend::search
