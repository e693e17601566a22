#include "search/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/base.h"

namespace attend::search {
namespace {

constexpr int kMaximumBeam = 1000;
constexpr int kMaximumTokens = 1000000;
constexpr double kMaximumRatio = 1000;
constexpr double kMaximumExponent = 10;
constexpr int kMaximumNgram = 1000;
constexpr int kMaximumSamples = 1000;
constexpr double kMaximumCoverage = 100;
constexpr double kLeastTemperature = 0.001, kMaximumTemperature = 1000;
constexpr double kLeastTopP = 0.000001;

template <typename T>
void check_range(const char* name, T value, T low, T high) {
  if (value >= low && value <= high) return;  // false for NaN
  throw UsageError(fmt::format("{}: found {}, expected {} … {}", name, value, low, high));
}

void check_sampling(const SearchOptions& options) {
  const Sampling& sampling = *options.sampling;
  check_range("beam", options.beam, 1, 1);
  check_range("n_best", options.n_best, 1, kMaximumSamples);
  check_range("temperature", sampling.temperature, kLeastTemperature, kMaximumTemperature);
  check_range("top_k", sampling.top_k, 0, kMaximumTokens);
  check_range("top_p", sampling.top_p, kLeastTopP, 1.0);
  if (options.coverage > 0) throw UsageError("coverage: targets that are drawn have no penalty");
}

// Throws UsageError for a sequence that is empty, has </s> or an id from `ids` on.
void check_tokens(const char* name, std::span<const TokenId> tokens, std::size_t ids,
                  std::optional<TokenId> end) {
  for (const TokenId token : tokens) {
    check_range(name, token, 0, static_cast<TokenId>(ids) - 1);
    if (token == end) throw UsageError(fmt::format("{}: found </s>", name));
  }
}

// Throws UsageError for a sequence of tokens that nothing can be held to.
void check_ngrams(const char* name, std::span<const std::vector<TokenId>> ngrams, std::size_t ids,
                  std::optional<TokenId> end) {
  for (const std::vector<TokenId>& ngram : ngrams) {
    if (ngram.empty()) throw UsageError(fmt::format("{}: found an empty sequence", name));
    check_tokens(name, ngram, ids, end);
  }
}

void check_ranges(const SearchOptions& options) {
  if (options.sampling) {
    check_sampling(options);
  } else {
    check_range("beam", options.beam, 1, kMaximumBeam);
    check_range("n_best", options.n_best, 1, options.beam);
  }
  check_length_normalisation(options.length_normalisation);
  check_range("maximum_ratio", options.maximum_ratio, 0.0, kMaximumRatio);
  check_range("maximum_extra", options.maximum_extra, 0, kMaximumTokens);
  check_range("maximum_length", options.maximum_length, 1, kMaximumTokens);
  check_range("minimum_length", options.minimum_length, 0, options.maximum_length);
  check_range("minimum_ratio", options.minimum_ratio, 0.0, kMaximumRatio);
  check_range("coverage", options.coverage, 0.0, kMaximumCoverage);
  check_range("no_repeat", options.no_repeat, 0, kMaximumNgram);
}

}  // namespace

double normalised(double log_probability, std::size_t length, double exponent) {
  return log_probability /
         std::pow(static_cast<double>(std::max<std::size_t>(1, length)), exponent);
}

void check_length_normalisation(double value) {
  check_range("length_normalisation", value, 0.0, kMaximumExponent);
}

Rules::Rules(const model::Engine& engine, const SearchOptions& options) : options_(options) {
  check_ranges(options);
  if (options.coverage > 0 && !engine.has_alignment()) {
    throw UsageError("coverage: the model has no alignment");
  }
  if (!engine.has_alignment()) options_.alignments = Alignments::kDropped;
  end_ = engine.end();
  fixed_length_ = end_ ? 0 : engine.fixed_target_length();
  ATTEND_CHECK(end_ || fixed_length_ > 0);
  permitted_.assign(engine.target_vocabulary(), 1);
  ATTEND_CHECK(!end_ || (*end_ >= 0 && static_cast<std::size_t>(*end_) < permitted_.size()));
  for (const TokenId token : options.forbidden) {
    check_range("forbidden", token, 0, static_cast<TokenId>(permitted_.size()) - 1);
    permitted_[static_cast<std::size_t>(token)] = 0;
  }
  if (std::count(permitted_.begin(), permitted_.end(), 1) == 0) {
    throw UsageError(
        fmt::format("forbidden: found all {} tokens, expected fewer", permitted_.size()));
  }
  check_ngrams("forbidden_ngrams", options.forbidden_ngrams, permitted_.size(), end_);
}

void Rules::check(const Request& request, const model::Source& source) const {
  const std::size_t ids = target_vocabulary() + source.copies.units.size();
  const std::size_t longest =
      fixed_length_ > 0 ? fixed_length_ : static_cast<std::size_t>(options_.maximum_length);
  if (request.prefix.size() > longest) {
    throw UsageError(fmt::format("prefix: found {} tokens, expected at most {}",
                                 request.prefix.size(), longest));
  }
  check_tokens("prefix", request.prefix, ids, end_);
  if (!request.required.empty() && sampling()) {
    throw UsageError("targets that are drawn cannot be held to required phrases");
  }
  if (request.required.size() > kMostPhrases) {
    throw UsageError(fmt::format("required: found {} phrases, expected at most {}",
                                 request.required.size(), kMostPhrases));
  }
  for (const std::vector<TokenId>& phrase : request.required) {
    if (phrase.empty()) throw UsageError("required: found an empty phrase");
    check_tokens("required", phrase, ids, end_);
  }
  check_ngrams("forbidden_ngrams", request.forbidden_ngrams, ids, end_);
}

std::size_t Rules::sufficient_tokens() const {
  const auto forbidden =
      static_cast<std::size_t>(std::count(permitted_.begin(), permitted_.end(), 0));
  const bool shortest = options_.minimum_length > 0 || options_.minimum_ratio > 0;
  return beam() + forbidden + (shortest ? 1 : 0);
}

std::size_t Rules::maximum_length(std::size_t source_length, std::size_t prefix_length) const {
  if (fixed_length_ > 0) return fixed_length_;
  return longest_target(options_, source_length, prefix_length);
}

std::size_t Rules::minimum_length(std::size_t source_length) const {
  const auto scaled = static_cast<std::size_t>(
      std::floor(options_.minimum_ratio * static_cast<double>(source_length)));
  return std::min(maximum_length(source_length),
                  std::max(static_cast<std::size_t>(options_.minimum_length), scaled));
}

double Rules::finished_score(double log_probability, std::size_t tokens) const {
  return normalised(log_probability, tokens + (end_ ? 1 : 0), options_.length_normalisation);
}

double Rules::unfinished_score(double log_probability, std::size_t tokens) const {
  return normalised(log_probability, tokens, options_.length_normalisation);
}

void check_options(const model::Engine& engine, const SearchOptions& options) {
  const Rules rules(engine, options);
}

std::size_t most_rows(const SearchOptions& options, const Request& request) {
  if (options.sampling) return static_cast<std::size_t>(options.n_best);
  std::size_t banks = 1;
  for (const std::vector<TokenId>& phrase : request.required) banks += phrase.size();
  return static_cast<std::size_t>(options.beam) * banks;
}

bool reads_distributions(const SearchOptions& options, const Request& request) {
  return options.sampling || options.no_repeat > 0 || !options.forbidden_ngrams.empty() ||
         !request.empty();
}

}  // namespace attend::search

namespace attend {

std::size_t longest_target(const SearchOptions& options, std::size_t source_tokens,
                           std::size_t prefix_tokens) {
  const auto scaled = static_cast<std::size_t>(
      std::floor(options.maximum_ratio * static_cast<double>(source_tokens)));
  const std::size_t allowed =
      std::max({std::size_t{1}, static_cast<std::size_t>(options.minimum_length),
                scaled + static_cast<std::size_t>(options.maximum_extra)});
  return std::max(std::min(allowed, static_cast<std::size_t>(options.maximum_length)),
                  prefix_tokens);
}

}  // namespace attend
