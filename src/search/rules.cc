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

template <typename T>
void check_range(const char* name, T value, T low, T high) {
  if (value >= low && value <= high) return;  // false for NaN
  throw UsageError(fmt::format("{}: found {}, expected {} … {}", name, value, low, high));
}

void check_ranges(const SearchOptions& options) {
  check_range("beam", options.beam, 1, kMaximumBeam);
  check_range("n_best", options.n_best, 1, options.beam);
  check_length_normalisation(options.length_normalisation);
  check_range("maximum_ratio", options.maximum_ratio, 0.0, kMaximumRatio);
  check_range("maximum_extra", options.maximum_extra, 0, kMaximumTokens);
  check_range("maximum_length", options.maximum_length, 1, kMaximumTokens);
  check_range("minimum_length", options.minimum_length, 0, options.maximum_length);
}

}  // namespace

double normalised(double log_probability, std::size_t length, double exponent) {
  return log_probability /
         std::pow(static_cast<double>(std::max<std::size_t>(1, length)), exponent);
}

void check_length_normalisation(double value) {
  check_range("length_normalisation", value, 0.0, kMaximumExponent);
}

Rules::Rules(const model::Engine& engine, const SearchOptions& options) {
  check_ranges(options);
  beam_ = static_cast<std::size_t>(options.beam);
  n_best_ = static_cast<std::size_t>(options.n_best);
  length_normalisation_ = options.length_normalisation;
  maximum_ratio_ = options.maximum_ratio;
  maximum_extra_ = static_cast<std::size_t>(options.maximum_extra);
  maximum_length_ = static_cast<std::size_t>(options.maximum_length);
  minimum_length_ = static_cast<std::size_t>(options.minimum_length);
  alignments_ = engine.has_alignment() ? options.alignments : Alignments::kDropped;
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
}

std::size_t Rules::sufficient_tokens() const {
  const auto forbidden =
      static_cast<std::size_t>(std::count(permitted_.begin(), permitted_.end(), 0));
  return beam_ + forbidden + (minimum_length_ > 0 ? 1 : 0);
}

std::size_t Rules::maximum_length(std::size_t source_length) const {
  if (fixed_length_ > 0) return fixed_length_;
  const auto scaled =
      static_cast<std::size_t>(std::floor(maximum_ratio_ * static_cast<double>(source_length)));
  return std::min(maximum_length_,
                  std::max({std::size_t{1}, minimum_length_, scaled + maximum_extra_}));
}

double Rules::finished_score(double log_probability, std::size_t tokens) const {
  return normalised(log_probability, tokens + (end_ ? 1 : 0), length_normalisation_);
}

double Rules::unfinished_score(double log_probability, std::size_t tokens) const {
  return normalised(log_probability, tokens, length_normalisation_);
}

}  // namespace attend::search
