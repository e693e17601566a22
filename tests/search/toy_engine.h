// Small models for tests of the search.
#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/base.h"
#include "search/search.h"

namespace attend::search::testing {

using Tokens = std::vector<TokenId>;
/// Returns log p(· | prefix, source) [target_vocabulary].
using Distribution = std::function<std::vector<float>(const Tokens& source, const Tokens& prefix)>;

inline constexpr float kImpossible = -std::numeric_limits<float>::infinity();
inline constexpr float kNotANumber = std::numeric_limits<float>::quiet_NaN();

inline std::uint64_t hash(std::uint64_t seed, const Tokens& tokens) {
  for (const TokenId token : tokens) seed = mix(seed ^ mix(static_cast<std::uint64_t>(token) + 2));
  return mix(seed);
}

inline std::vector<float> random_log_probabilities(std::uint64_t seed, std::size_t vocabulary) {
  Random random(seed);
  std::vector<double> logits(vocabulary);
  double sum = 0;
  for (double& logit : logits) {
    logit = 1.5 * random.normal();
    sum += std::exp(logit);
  }
  std::vector<float> result;
  for (const double logit : logits) result.push_back(static_cast<float>(logit - std::log(sum)));
  return result;
}

/// A distribution that depends on the source and the previous token only: a table.
inline Distribution markov(std::uint64_t seed, std::size_t vocabulary) {
  return [=](const Tokens& source, const Tokens& prefix) {
    const TokenId previous = prefix.empty() ? text::kNoToken : prefix.back();
    return random_log_probabilities(hash(hash(seed, source), {previous}), vocabulary);
  };
}

/// A distribution that depends on the source and the whole prefix, so that a wrong parent gives
/// other numbers.
inline Distribution historic(std::uint64_t seed, std::size_t vocabulary) {
  return [=](const Tokens& source, const Tokens& prefix) {
    return random_log_probabilities(hash(hash(seed, source), prefix), vocabulary);
  };
}

/// A distribution like historic(), but with integers −1 … −3, so that most hypotheses tie.
inline Distribution tying(std::uint64_t seed, std::size_t vocabulary) {
  return [=](const Tokens& source, const Tokens& prefix) {
    Random random(hash(hash(seed, source), prefix));
    std::vector<float> result(vocabulary);
    for (float& one : result) one = -1.0F - static_cast<float>(random.below(3));
    return result;
  };
}

/// Returns the alignment of the token after `prefix`: [source tokens], with the sum 1.
inline std::vector<float> toy_alignment(const Tokens& source, const Tokens& prefix) {
  std::vector<float> row;
  for (const float one : random_log_probabilities(hash(hash(77, source), prefix), source.size())) {
    row.push_back(std::exp(one));
  }
  return row;
}

/// Returns the alignment of the token after `prefix`: [source tokens].
using Weights = std::function<std::vector<float>(const Tokens& source, const Tokens& prefix)>;

struct ToyOptions {
  std::size_t vocabulary = 4;
  std::optional<TokenId> end = 0;
  std::size_t fixed_length = 0;
  bool has_alignment = true;
  Weights weights = toy_alignment;
};

/// An engine that knows the prefix of every row from its parent row alone. Fails on a parent of
/// another source, on one that does not exist and on a prefix extended twice in a step.
class ToyEngine : public model::Engine {
 public:
  using Trace = std::vector<std::vector<std::int32_t>>;  // [steps][rows] sources

  ToyEngine(Distribution distribution, ToyOptions options)
      : distribution_(std::move(distribution)),
        options_(options),
        trace_(std::make_shared<Trace>()) {}

  std::unique_ptr<model::Decoding> annotate(std::span<const model::Source> sources) const override;
  std::size_t target_vocabulary() const override { return options_.vocabulary; }
  std::optional<TokenId> end() const override { return options_.end; }
  std::size_t fixed_target_length() const override { return options_.fixed_length; }
  bool has_alignment() const override { return options_.has_alignment; }

  std::vector<float> distribution(const Tokens& source, const Tokens& prefix) const {
    return distribution_(source, prefix);
  }
  std::vector<float> weights(const Tokens& source, const Tokens& prefix) const {
    return options_.weights(source, prefix);
  }
  /// Returns the sources of each step since the last annotate().
  const Trace& trace() const { return *trace_; }

 private:
  Distribution distribution_;
  ToyOptions options_;
  std::shared_ptr<Trace> trace_;
};

class ToyDecoding : public model::Decoding {
 public:
  ToyDecoding(const ToyEngine& engine, std::span<const model::Source> sources,
              ToyEngine::Trace& trace)
      : engine_(engine), trace_(trace) {
    for (const model::Source& source : sources) sources_.push_back(source.tokens);
    trace_.clear();
    for (const Tokens& source : sources_) longest_ = std::max(longest_, source.size());
  }

  model::StepResult step(std::span<const model::StepRow> rows) override {
    std::vector<std::pair<std::int32_t, Tokens>> extended;  // [rows] source, prefix
    log_probabilities_.clear();
    alignment_.assign(rows.size() * longest_, 0.0F);
    trace_.emplace_back();
    for (const model::StepRow& row : rows) {
      extended.emplace_back(row.source, prefix_of(row));
      for (std::size_t k = 0; k + 1 < extended.size(); ++k) {
        ATTEND_CHECK(extended[k] != extended.back());
      }
      trace_.back().push_back(row.source);
      const Tokens& source = sources_.at(static_cast<std::size_t>(row.source));
      const Tokens& prefix = extended.back().second;
      const auto scores = engine_.distribution(source, prefix);
      log_probabilities_.insert(log_probabilities_.end(), scores.begin(), scores.end());
      const auto weights = engine_.weights(source, prefix);
      std::copy(weights.begin(), weights.end(),
                alignment_.begin() + static_cast<std::ptrdiff_t>((extended.size() - 1) * longest_));
    }
    previous_ = std::move(extended);
    model::StepResult result;
    result.rows = rows.size();
    result.target_vocabulary = engine_.target_vocabulary();
    result.source_length = longest_;
    result.log_probabilities = log_probabilities_;
    if (engine_.has_alignment()) result.alignment = alignment_;
    return result;
  }

 private:
  Tokens prefix_of(const model::StepRow& row) const {
    const bool first = trace_.size() == 1;
    ATTEND_CHECK_EQ(first, row.parent == -1);
    ATTEND_CHECK_EQ(first, row.previous == text::kNoToken);
    if (first) return {};
    const auto& [source, prefix] = previous_.at(static_cast<std::size_t>(row.parent));
    ATTEND_CHECK_EQ(source, row.source);
    ATTEND_CHECK(!engine_.end() || row.previous != *engine_.end());
    Tokens result = prefix;
    result.push_back(row.previous);
    return result;
  }

  const ToyEngine& engine_;
  std::vector<Tokens> sources_;
  ToyEngine::Trace& trace_;
  std::size_t longest_ = 0;
  std::vector<std::pair<std::int32_t, Tokens>> previous_;  // [rows of the last step]
  std::vector<float> log_probabilities_;                   // [rows, target_vocabulary]
  std::vector<float> alignment_;                           // [rows, longest source]
};

inline std::unique_ptr<model::Decoding> ToyEngine::annotate(
    std::span<const model::Source> sources) const {
  return std::make_unique<ToyDecoding>(*this, sources, *trace_);
}

// The functions of search.h for sources of token ids alone.
inline std::vector<std::vector<Hypothesis>> search(const model::Engine& engine,
                                                   std::span<const Tokens> sources,
                                                   const SearchOptions& options) {
  return attend::search::search(engine, model::make_sources(sources), options);
}
inline std::vector<Hypothesis> score(const model::Engine& engine, std::span<const Tokens> sources,
                                     std::span<const Tokens> targets, double length_normalisation,
                                     Alignments alignments = Alignments::kKept) {
  return attend::search::score(engine, model::make_sources(sources), targets, length_normalisation,
                               alignments);
}

/// Returns options under which a target has at most `length` tokens.
inline SearchOptions make_options(int beam, int n_best, double length_normalisation, int length) {
  SearchOptions options;
  options.beam = beam;
  options.n_best = n_best;
  options.length_normalisation = length_normalisation;
  options.maximum_ratio = 0;
  options.maximum_extra = length;
  return options;
}

/// A hypothesis of the reference searches.
struct Plain {
  Tokens tokens;
  double log_probability = 0;
  double score = 0;
  bool finished = false;
};

inline double plain_score(double log_probability, std::size_t length, double exponent) {
  return log_probability /
         std::pow(static_cast<double>(std::max<std::size_t>(1, length)), exponent);
}

}  // namespace attend::search::testing
