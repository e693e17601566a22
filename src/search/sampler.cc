#include "search/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace attend::search {
namespace {

constexpr float kImpossible = -std::numeric_limits<float>::infinity();

// Keeps the first `count` tokens in the order of their weights, or in the order of their ids if
// these are all of them.
void keep_heaviest(std::size_t count, Choices& choices) {
  std::vector<std::size_t> order(choices.tokens.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  count = std::min(count, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
                    [&](std::size_t a, std::size_t b) {
                      const double first = choices.weights[a], second = choices.weights[b];
                      return first != second ? first > second : a < b;
                    });
  Choices kept;
  for (std::size_t k = 0; k < count; ++k) {
    kept.tokens.push_back(choices.tokens[order[k]]);
    kept.weights.push_back(choices.weights[order[k]]);
  }
  choices = std::move(kept);
}

// Keeps the fewest heaviest tokens whose share is at least `share`.
void keep_share(double share, Choices& choices) {
  keep_heaviest(choices.tokens.size(), choices);
  const double all = std::accumulate(choices.weights.begin(), choices.weights.end(), 0.0);
  double sum = 0;
  std::size_t count = 0;
  while (count < choices.weights.size() && sum < share * all) sum += choices.weights[count++];
  choices.tokens.resize(count);
  choices.weights.resize(count);
}

// Returns a token with the probability of its share.
TokenId draw_token(const Choices& choices, Random& random) {
  const double all = std::accumulate(choices.weights.begin(), choices.weights.end(), 0.0);
  const double place = random.uniform() * all;
  double sum = 0;
  for (std::size_t k = 0; k < choices.tokens.size(); ++k) {
    sum += choices.weights[k];
    if (place < sum) return choices.tokens[k];
  }
  return choices.tokens.back();  // rounding
}

// Returns the generator of the k-th target of a stream.
Random generator(std::uint64_t seed, std::uint64_t stream, std::size_t k) {
  return Random::stream(Random::stream(seed, stream).next(), k);
}

}  // namespace

void choose_tokens(const Rules& rules, std::span<const float> log_probabilities,
                   std::span<const TokenId> banned, bool may_end, Choices& choices) {
  const Sampling& sampling = *rules.sampling();
  choices.tokens.clear();
  choices.weights.clear();
  float largest = kImpossible;
  for (std::size_t id = 0; id < log_probabilities.size(); ++id) {
    const auto token = static_cast<TokenId>(id);
    if (!std::isfinite(log_probabilities[id])) continue;
    if (!rules.permits(token, may_end) || is_banned(banned, token)) continue;
    choices.tokens.push_back(token);
    largest = std::max(largest, log_probabilities[id]);
  }
  for (const TokenId token : choices.tokens) {  // the largest weight is 1, so none overflows
    const float one = log_probabilities[static_cast<std::size_t>(token)];
    choices.weights.push_back(std::exp(static_cast<double>(one - largest) / sampling.temperature));
  }
  if (sampling.top_k > 0) keep_heaviest(static_cast<std::size_t>(sampling.top_k), choices);
  if (sampling.top_p < 1) keep_share(sampling.top_p, choices);
}

Sampler::Sampler(const Rules& rules, const Task& task, std::pmr::memory_resource* memory)
    : rules_(rules),
      positions_(task.positions),
      maximum_length_(maximum_length(rules, task)),
      minimum_length_(rules.minimum_length(task.source.tokens.size())),
      bans_(rules, task.request == nullptr ? Request{} : *task.request),
      history_(rules.alignments() == Alignments::kKept ? task.positions : 0,
               std::min<std::size_t>(maximum_length_, task.source.tokens.size()), rules.n_best(),
               memory),
      live_(rules.n_best()) {
  if (task.request != nullptr) prefix_ = task.request->prefix;
  const std::uint64_t stream = task.request == nullptr ? 0 : task.request->stream;
  for (std::size_t k = 0; k < rules.n_best(); ++k) {
    samples_.push_back({generator(rules.sampling()->seed, stream, k)});
  }
}

void Sampler::append_rows(std::int32_t source, std::vector<model::StepRow>& rows) const {
  if (over()) return;
  if (history_.length() == 0) {
    rows.push_back({source, -1, text::kNoToken});
    return;
  }
  for (const Node& node : history_.nodes()) {
    rows.push_back({source, static_cast<std::int32_t>(first_row_) + node.parent, node.token});
  }
}

void Sampler::advance(const model::StepResult& result, std::size_t first_row) {
  ATTEND_CHECK(!over());
  extended_.clear();
  for (std::size_t row = 0; row < rows_; ++row) {
    draw(row, result.log_probabilities.subspan((first_row + row) * result.target_vocabulary,
                                               result.target_vocabulary));
  }
  const std::size_t stride = result.source_length;
  const bool kept = rules_.alignments() == Alignments::kKept;
  history_.begin_step();
  for (const Node& node : extended_) history_.append(node);
  history_.end_step(kept ? result.alignment.subspan(first_row * stride, rows_ * stride)
                         : std::span<const float>(),
                    stride);
  first_row_ = first_row;
  rows_ = extended_.size();
  if (rules_.end() || history_.length() < maximum_length_) return;
  for (Sample& sample : samples_) {  // the fixed length is reached
    if (!sample.over) end(sample, true);
  }
}

// Goes on with the samples that have the tokens of this row.
void Sampler::draw(std::size_t row, std::span<const float> log_probabilities) {
  const std::size_t length = history_.length();
  const bool given = length < prefix_.size();
  if (!given) {
    std::span<const TokenId> banned;
    if (bans_.any()) {
      history_.tokens(row, target_);
      banned = bans_.find(target_);
    }
    choose_tokens(rules_, log_probabilities, banned, length >= minimum_length_, choices_);
  }
  const std::size_t first = extended_.size();  // the nodes of other rows are before it
  for (Sample& sample : samples_) {
    if (sample.over || sample.length != length) continue;
    if (length > 0 && static_cast<std::size_t>(sample.node) != row) continue;
    if (!given && choices_.tokens.empty()) {
      sample.dead_end = length < maximum_length_;
      end(sample, false);
      continue;
    }
    const TokenId token = given ? prefix_[length] : draw_token(choices_, sample.random);
    float score = log_probabilities[static_cast<std::size_t>(token)];
    if (!std::isfinite(score)) score = kImpossible;
    if (rules_.is_end(token)) {
      sample.log_probability += static_cast<double>(score);
      sample.end_score = score;
      end(sample, true);
    } else if (length == maximum_length_) {
      end(sample, false);
    } else {
      sample.log_probability += static_cast<double>(score);
      extend(sample, first, {static_cast<std::int32_t>(row), token, score});
    }
  }
}

// Samples that continue one row with one token share a node.
void Sampler::extend(Sample& sample, std::size_t first, const Node& node) {
  std::size_t place = first;
  while (place < extended_.size() && extended_[place].token != node.token) ++place;
  if (place == extended_.size()) extended_.push_back(node);
  sample.node = static_cast<std::int32_t>(place);
  ++sample.length;
}

void Sampler::end(Sample& sample, bool finished) {
  sample.over = true;
  sample.finished = finished;
  --live_;
}

std::vector<Hypothesis> Sampler::results() const {
  ATTEND_CHECK(over());
  std::vector<Hypothesis> hypotheses;
  for (const Sample& sample : samples_) {
    Hypothesis& hypothesis = hypotheses.emplace_back();
    hypothesis.source_length = positions_;
    history_.trace(sample.length, sample.node, hypothesis);
    if (sample.finished && rules_.end()) hypothesis.token_scores.push_back(sample.end_score);
    hypothesis.log_probability = sample.log_probability;
    hypothesis.score = sample.finished
                           ? rules_.finished_score(sample.log_probability, sample.length)
                           : rules_.unfinished_score(sample.log_probability, sample.length);
    hypothesis.finished = sample.finished;
    hypothesis.dead_end = sample.dead_end;
    hypothesis.given = std::min(sample.length, prefix_.size());
  }
  return hypotheses;
}

}  // namespace attend::search
