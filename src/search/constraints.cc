#include "search/constraints.h"

#include <cmath>
#include <limits>
#include <utility>

#include "base/base.h"

namespace attend::search {

Constraints::Constraints(const Rules& rules, const Request& request,
                         std::pmr::memory_resource* memory)
    : rules_(rules),
      prefix_(request.prefix),
      phrases_(request.required),
      bans_(rules, request),
      states_(1) {
  for (std::size_t k = 0; k <= phrases_.tokens(); ++k) banks_.emplace_back(memory);
}

void Constraints::choose(const Extensions& extensions, const History& history,
                         std::pmr::vector<Candidate>& candidates) {
  candidates.clear();
  if (length_ < prefix_.size()) {
    const TokenId token = prefix_[length_];
    float score = extensions.log_probabilities[static_cast<std::size_t>(token)];
    if (!std::isfinite(score)) score = -std::numeric_limits<float>::infinity();
    candidates.push_back(
        {extensions.prefixes.front() + static_cast<double>(score), 0, token, score});
    return;
  }
  best_.clear();
  for (auto& bank : banks_) best_.emplace_back(rules_, extensions.may_end, bank);
  for (std::size_t row = 0; row < extensions.prefixes.size(); ++row) {
    if (bans_.any()) {
      history.tokens(row, target_);
      banned_ = bans_.find(target_);
    }
    choose_in_row(extensions, row);
  }
  for (std::size_t k = banks_.size(); k-- > 0;) {
    best_[k].sort();
    candidates.insert(candidates.end(), banks_[k].begin(), banks_[k].end());
  }
}

// A token of no phrase leads to one bank, and most tokens are such ones.
void Constraints::choose_in_row(const Extensions& extensions, std::size_t row) {
  const double prefix = extensions.prefixes[row];
  const auto scores =
      extensions.log_probabilities.subspan(row * extensions.vocabulary, extensions.vocabulary);
  const Phrases::State state = states_[row];
  const bool complete = phrases_.has_all(state);
  BestCandidates& usual = best_[phrases_.progress({0, state.met})];
  for (std::size_t id = 0; id < scores.size(); ++id) {
    const auto token = static_cast<TokenId>(id);
    if (rules_.is_end(token) && !complete) continue;
    const bool in_phrase = !phrases_.empty() && phrases_.has(token);
    BestCandidates& best =
        in_phrase ? best_[phrases_.progress(phrases_.next(state, token))] : usual;
    if (!best.beats(prefix + static_cast<double>(scores[id]))) continue;
    if (!is_banned(banned_, token)) best.offer(prefix, row, token, scores[id]);
  }
}

void Constraints::extend(std::span<const Candidate> candidates) {
  next_.clear();
  for (const Candidate& candidate : candidates) {
    next_.push_back(
        phrases_.next(states_[static_cast<std::size_t>(candidate.row)], candidate.token));
  }
  std::swap(states_, next_);
  ++length_;
}

bool Constraints::are_met(std::size_t k) const {
  return length_ >= prefix_.size() && phrases_.has_all(states_[k]);
}

}  // namespace attend::search
