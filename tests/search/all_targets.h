// Every target of a small model, to compare searches with.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "toy_engine.h"

namespace attend::search::testing {

/// Decides whether a search may return a finished target.
using Accepts = std::function<bool(const Tokens& target)>;
/// Returns what is added to the normalised log-probability of a target.
using Bonus = std::function<double(const Tokens& source, const Tokens& target)>;

/// The targets that a search may return.
struct Targets {
  std::size_t longest = 4;
  double exponent = 1;
  Accepts accepts = [](const Tokens& /*target*/) { return true; };
  Bonus bonus = [](const Tokens& /*source*/, const Tokens& /*target*/) { return 0.0; };
};

inline void collect(const ToyEngine& engine, const Tokens& source, const Targets& wanted,
                    const Plain& prefix, std::vector<Plain>& all) {
  const auto scores = engine.distribution(source, prefix.tokens);
  const std::size_t length = prefix.tokens.size();
  const auto keep = [&](const Plain& target, std::size_t steps) {
    if (!wanted.accepts(target.tokens)) return;
    all.push_back(target);
    all.back().finished = true;
    all.back().score = plain_score(target.log_probability, steps, wanted.exponent) +
                       wanted.bonus(source, target.tokens);
  };
  if (!engine.end() && length == engine.fixed_target_length()) return keep(prefix, length);
  for (std::size_t token = 0; token < scores.size(); ++token) {
    Plain next = prefix;
    next.log_probability += static_cast<double>(scores[token]);
    if (engine.end() == static_cast<TokenId>(token)) {
      keep(next, length + 1);
    } else if (length < wanted.longest) {
      next.tokens.push_back(static_cast<TokenId>(token));
      collect(engine, source, wanted, next, all);
    }
  }
}

/// Returns every finished target that is wanted, best first.
inline std::vector<Plain> all_targets(const ToyEngine& engine, const Tokens& source,
                                      const Targets& wanted) {
  std::vector<Plain> all;
  collect(engine, source, wanted, {}, all);
  std::stable_sort(all.begin(), all.end(),
                   [](const Plain& a, const Plain& b) { return a.score > b.score; });
  return all;
}

/// Whether `tokens` has `ngram` as neighbours that end at `first_end` or later.
inline bool contains(const Tokens& tokens, const Tokens& ngram, std::size_t first_end = 0) {
  for (std::size_t i = 0; i + ngram.size() <= tokens.size(); ++i) {
    if (i + ngram.size() > first_end &&
        std::equal(ngram.begin(), ngram.end(), tokens.begin() + static_cast<std::ptrdiff_t>(i))) {
      return true;
    }
  }
  return false;
}

/// Whether a token behind the first `prefix` ones ends an n-gram that occurred before.
inline bool repeats(const Tokens& tokens, std::size_t n, std::size_t prefix = 0) {
  for (std::size_t end = std::max(n, prefix) + 1; end <= tokens.size(); ++end) {
    const Tokens ngram(tokens.begin() + static_cast<std::ptrdiff_t>(end - n),
                       tokens.begin() + static_cast<std::ptrdiff_t>(end));
    const Tokens before(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(end - 1));
    if (contains(before, ngram)) return true;
  }
  return false;
}

/// Whether `tokens` begins with `prefix`.
inline bool begins(const Tokens& tokens, const Tokens& prefix) {
  return tokens.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), tokens.begin());
}

// The function of search.h for sources of token ids alone.
inline std::vector<std::vector<Hypothesis>> search(const model::Engine& engine,
                                                   std::span<const Tokens> sources,
                                                   const SearchOptions& options,
                                                   const std::vector<Request>& requests) {
  return attend::search::search(engine, model::make_sources(sources), options, requests);
}

}  // namespace attend::search::testing
