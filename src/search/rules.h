// The search options, checked once and interpreted for one engine.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "search/search.h"

namespace attend::search {

/// Makes a sum of log-probabilities comparable between lengths: log p / |Y|^exponent (§14.1).
/// `length` counts </s>; the empty unfinished target has length 0, which counts as 1.
double normalised(double log_probability, std::size_t length, double exponent);

/// Throws UsageError when `value` is outside SearchOptions' range of length_normalisation.
void check_length_normalisation(double value);

/// The rules that the searches of all sources share. Immutable; safe to use from several threads.
class Rules {
 public:
  /// Throws UsageError for options out of range.
  Rules(const model::Engine& engine, const SearchOptions& options);

  std::size_t beam() const { return static_cast<std::size_t>(options_.beam); }
  std::size_t n_best() const { return static_cast<std::size_t>(options_.n_best); }
  /// kDropped too if the engine has no alignment.
  Alignments alignments() const { return options_.alignments; }
  std::optional<TokenId> end() const { return end_; }
  bool is_end(TokenId token) const { return end_ && token == *end_; }
  /// Whether `token` may extend a target, which `may_end` or not. An id that a source gives, from
  /// target_vocabulary() on, always may.
  bool permits(TokenId token, bool may_end) const {
    const auto id = static_cast<std::size_t>(token);
    if (id >= permitted_.size()) return true;
    return permitted_[id] != 0 && (may_end || !is_end(token));
  }
  std::size_t target_vocabulary() const { return permitted_.size(); }
  /// The number of best tokens of a row that surely include every permitted token that could enter
  /// the beam.
  std::size_t sufficient_tokens() const;
  /// The number of tokens of the longest target, without </s>, which has room for a given prefix.
  std::size_t maximum_length(std::size_t source_length, std::size_t prefix_length = 0) const;
  /// The number of tokens of the shortest target that may end, without </s>.
  std::size_t minimum_length(std::size_t source_length) const;
  /// β of the coverage penalty; 0: there is none.
  double coverage() const { return options_.coverage; }
  std::size_t no_repeat() const { return static_cast<std::size_t>(options_.no_repeat); }
  const std::vector<std::vector<TokenId>>& forbidden_ngrams() const {
    return options_.forbidden_ngrams;
  }
  const std::optional<Sampling>& sampling() const { return options_.sampling; }
  /// Throws UsageError for a request that no search can meet; `source` is where its ids come from.
  void check(const Request& request, const model::Source& source) const;
  /// The score of a finished target of `tokens` tokens, where </s> counts as one more if there is
  /// one.
  double finished_score(double log_probability, std::size_t tokens) const;
  double unfinished_score(double log_probability, std::size_t tokens) const;

 private:
  SearchOptions options_;
  std::size_t fixed_length_ = 0;
  std::optional<TokenId> end_;
  std::vector<char> permitted_;  // [target_vocabulary]
};

}  // namespace attend::search
