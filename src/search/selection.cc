#include "search/selection.h"

#include <algorithm>
#include <limits>

namespace attend::search {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool is_better(const Candidate& a, const Candidate& b) {
  if (a.log_probability != b.log_probability) return a.log_probability > b.log_probability;
  if (a.row != b.row) return a.row < b.row;
  return a.token < b.token;
}

}  // namespace

// A heap of the best so far, its worst in front. Candidates come by rising row and token, so an
// equal one that comes later is worse and `>` alone keeps the order of ties; it also turns away NaN
// and −infinity.
std::vector<Candidate> best_candidates(const Rules& rules, const Extensions& extensions) {
  const std::size_t vocabulary = rules.target_vocabulary();
  std::vector<Candidate> best;
  double worst = -kInfinity;
  for (std::size_t row = 0; row < extensions.prefixes.size(); ++row) {
    const double prefix = extensions.prefixes[row];
    const auto scores = extensions.log_probabilities.subspan(row * vocabulary, vocabulary);
    for (std::size_t id = 0; id < vocabulary; ++id) {
      const double log_probability = prefix + static_cast<double>(scores[id]);
      if (!(log_probability > worst)) continue;
      const auto token = static_cast<TokenId>(id);
      if (log_probability == kInfinity || !rules.permits(token, extensions.length)) continue;
      if (best.size() == rules.beam()) {
        std::pop_heap(best.begin(), best.end(), is_better);
        best.pop_back();
      }
      best.push_back({log_probability, static_cast<std::int32_t>(row), token, scores[id]});
      std::push_heap(best.begin(), best.end(), is_better);
      if (best.size() == rules.beam()) worst = best.front().log_probability;
    }
  }
  std::sort_heap(best.begin(), best.end(), is_better);
  return best;
}

std::vector<Candidate> impossible_candidate(const Rules& rules, std::size_t length) {
  for (std::size_t id = 0; id < rules.target_vocabulary(); ++id) {
    const auto token = static_cast<TokenId>(id);
    if (rules.permits(token, length)) {
      return {{-kInfinity, 0, token, -std::numeric_limits<float>::infinity()}};
    }
  }
  return {};
}

}  // namespace attend::search
