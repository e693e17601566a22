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

// A heap of the best candidates so far, with the worst in front. Candidates come by rising row and
// token, so an equal one that comes later is worse and `>` alone keeps the order of ties; it also
// rejects NaN and −infinity.
class Best {
 public:
  Best(const Rules& rules, std::size_t length, std::pmr::vector<Candidate>& best)
      : rules_(rules), length_(length), best_(best) {
    best_.clear();
  }

  void offer(double prefix, std::size_t row, TokenId token, float score) {
    const double log_probability = prefix + static_cast<double>(score);
    if (!beats(log_probability)) return;
    if (log_probability == kInfinity || !rules_.permits(token, length_)) return;
    if (best_.size() == rules_.beam()) {
      std::pop_heap(best_.begin(), best_.end(), is_better);
      best_.pop_back();
    }
    best_.push_back({log_probability, static_cast<std::int32_t>(row), token, score});
    std::push_heap(best_.begin(), best_.end(), is_better);
    if (best_.size() == rules_.beam()) worst_ = best_.front().log_probability;
  }
  bool beats(double log_probability) const { return log_probability > worst_; }
  void sort() { std::sort_heap(best_.begin(), best_.end(), is_better); }

 private:
  const Rules& rules_;
  std::size_t length_;
  std::pmr::vector<Candidate>& best_;
  double worst_ = -kInfinity;
};

}  // namespace

void best_candidates(const Rules& rules, const Extensions& extensions,
                     std::pmr::vector<Candidate>& candidates) {
  const std::size_t vocabulary = extensions.vocabulary;
  Best best(rules, extensions.length, candidates);
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

void add_impossible_candidate(const Rules& rules, std::size_t length,
                              std::pmr::vector<Candidate>& candidates) {
  for (std::size_t id = 0; id < rules.target_vocabulary(); ++id) {
    const auto token = static_cast<TokenId>(id);
    if (rules.permits(token, length)) {
      candidates.push_back({-kInfinity, 0, token, -std::numeric_limits<float>::infinity()});
      return;
    }
  }
}

}  // namespace attend::search
