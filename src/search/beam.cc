#include "search/beam.h"

#include <algorithm>
#include <utility>

#include "base/base.h"
#include "search/bans.h"

namespace attend::search {

namespace {

constexpr std::size_t kExpectedBeam = 8;  // larger beams take more memory when they need it

// Returns the number of steps to reserve memory for: most targets are little longer than their
// source.
std::size_t expected_steps(std::size_t source_length, std::size_t maximum_length) {
  constexpr std::size_t kMore = 8, kMost = 64;
  return std::min({maximum_length, source_length + kMore, kMost});
}

}  // namespace

Beam::Beam(const Rules& rules, const Task& task, std::pmr::memory_resource* memory)
    : rules_(rules),
      positions_(task.positions),
      maximum_length_(maximum_length(rules, task)),
      minimum_length_(rules.minimum_length(task.source.tokens.size())),
      history_(rules.alignments() == Alignments::kKept ? task.positions : 0,
               expected_steps(task.source.tokens.size(), maximum_length_),
               std::min<std::size_t>(rules.beam(), kExpectedBeam), memory),
      live_({0.0}, memory),
      candidates_(memory),
      finished_(memory),
      coverage_(rules.coverage(), task.source, task.positions) {
  candidates_.reserve(rules.beam());
  const Request request = task.request == nullptr ? Request{} : *task.request;
  if (!request.empty() || Bans(rules, request).any()) {
    constraints_ = std::make_unique<Constraints>(rules, request, memory);
  }
}

void Beam::append_rows(std::int32_t source, std::vector<model::StepRow>& rows) const {
  if (over_) return;
  if (history_.length() == 0) {
    rows.push_back({source, -1, text::kNoToken});
    return;
  }
  for (const Node& node : history_.nodes()) {
    rows.push_back({source, static_cast<std::int32_t>(previous_row_) + node.parent, node.token});
  }
}

void Beam::advance(const model::StepResult& result, std::size_t first_row) {
  ATTEND_CHECK(!over_);
  const std::size_t length = history_.length();
  choose(result, first_row);
  dead_end_ = candidates_.empty() && length < maximum_length_;
  std::size_t extended = 0;
  for (const Candidate& candidate : candidates_) {
    if (rules_.is_end(candidate.token)) {
      const auto row = static_cast<std::size_t>(candidate.row);
      const auto weights = coverage_.is_used()
                               ? result.alignment.subspan((first_row + row) * result.source_length,
                                                          result.source_length)
                               : std::span<const float>();
      finish({length, candidate.row, candidate.log_probability,
              finished_score(candidate.log_probability, length, row, weights),
              candidate.token_score});
    } else {
      candidates_[extended++] = candidate;
    }
  }
  candidates_.resize(extended);
  previous_row_ = first_row;
  if (candidates_.empty() || length == maximum_length_) {
    over_ = true;  // live_ and the history are the result when nothing has finished
    return;
  }
  extend(result, first_row);
  over_ = over_ || !can_improve();
}

void Beam::choose(const model::StepResult& result, std::size_t first_row) {
  const std::size_t vocabulary = result.target_vocabulary;
  const bool may_end = history_.length() >= minimum_length_;
  Extensions extensions{live_, vocabulary, {}, {}, result.best_count, may_end};
  if (result.best_count > 0) {
    extensions.best =
        result.best.subspan(first_row * result.best_count, live_.size() * result.best_count);
  } else {
    extensions.log_probabilities =
        result.log_probabilities.subspan(first_row * vocabulary, live_.size() * vocabulary);
  }
  if (constraints_) return constraints_->choose(extensions, history_, candidates_);
  best_candidates(rules_, extensions, candidates_);
  if (candidates_.empty() && finished_.empty()) {
    add_impossible_candidate(rules_, may_end, candidates_);
  }
}

void Beam::extend(const model::StepResult& result, std::size_t first_row) {
  const std::size_t stride = result.source_length;
  const bool kept = rules_.alignments() == Alignments::kKept;
  const auto alignment = kept ? result.alignment.subspan(first_row * stride, live_.size() * stride)
                              : std::span<const float>();
  if (coverage_.is_used()) {
    coverage_.extend(candidates_, result.alignment.subspan(first_row * stride), stride);
  }
  if (constraints_) constraints_->extend(candidates_);
  live_.clear();
  history_.begin_step();
  for (const Candidate& candidate : candidates_) {
    history_.append({candidate.row, candidate.token, candidate.token_score});
    live_.push_back(candidate.log_probability);
  }
  history_.end_step(alignment, stride);
  if (rules_.end() || history_.length() < maximum_length_) return;
  for (std::size_t k = 0; k < live_.size(); ++k) {  // the fixed length is reached
    if (constraints_ && !constraints_->are_met(k)) continue;
    finish({history_.length(), static_cast<std::int32_t>(k), live_[k],
            finished_score(live_[k], history_.length(), k, {}), 0});
  }
  over_ = true;
}

// Among equal scores the hypothesis that ended first comes first.
void Beam::finish(const Ended& ended) {
  const auto place =
      std::upper_bound(finished_.begin(), finished_.end(), ended,
                       [](const Ended& a, const Ended& b) { return a.score > b.score; });
  finished_.insert(place, ended);
  if (finished_.size() > rules_.n_best()) finished_.pop_back();
}

// log p ≤ 0 only falls, so no extension of a live hypothesis scores above its present log p
// normalised by the longest length. A coverage penalty is at most 0 and changes nothing of this.
bool Beam::can_improve() const {
  if (finished_.size() < rules_.n_best()) return true;
  const double best = constraints_ ? *std::max_element(live_.begin(), live_.end()) : live_.front();
  return rules_.finished_score(best, maximum_length_) > finished_.back().score;
}

std::vector<Hypothesis> Beam::results() const {
  ATTEND_CHECK(over_);
  std::vector<Hypothesis> hypotheses;
  for (const Ended& ended : finished_) hypotheses.push_back(reconstruct(ended, true));
  return hypotheses.empty() ? unfinished() : hypotheses;
}

std::vector<Hypothesis> Beam::unfinished() const {
  std::vector<Hypothesis> hypotheses;
  const std::size_t length = history_.length();
  for (std::size_t k = 0; k < live_.size() && hypotheses.size() < rules_.n_best(); ++k) {
    if (constraints_ && !constraints_->are_met(k)) continue;
    const Ended cut{length, static_cast<std::int32_t>(k), live_[k],
                    rules_.unfinished_score(live_[k], length), 0};
    hypotheses.push_back(reconstruct(cut, false));
  }
  return hypotheses;
}

Hypothesis Beam::reconstruct(const Ended& ended, bool finished) const {
  Hypothesis hypothesis;
  hypothesis.source_length = positions_;
  history_.trace(ended.length, ended.node, hypothesis);
  if (finished && rules_.end()) hypothesis.token_scores.push_back(ended.end_score);
  hypothesis.log_probability = ended.log_probability;
  hypothesis.score = ended.score;
  hypothesis.finished = finished;
  hypothesis.dead_end = !finished && dead_end_;
  if (constraints_) hypothesis.given = std::min(ended.length, constraints_->prefix_length());
  return hypothesis;
}

}  // namespace attend::search
