#include "metrics/bleu.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/base.h"
#include "metrics/ngrams.h"
#include "metrics/unicode.h"

namespace attend::metrics {
namespace {

constexpr std::array kSmoothings = {Smoothing::kExponential, Smoothing::kFloor, Smoothing::kAddK,
                                    Smoothing::kNone};
constexpr std::size_t kLargestOrder = 16;

double smoothing_value(const BleuOptions& options) {
  return options.smoothing_value.value_or(options.smoothing == Smoothing::kFloor ? 0.1 : 1.0);
}

void check_options(const BleuOptions& options) {
  if (options.max_order < 1 || options.max_order > kLargestOrder)
    throw UsageError(fmt::format("BLEU's n-gram order must be 1 to {}, not {}", kLargestOrder,
                                 options.max_order));
  const double value = smoothing_value(options);
  if (!std::isfinite(value) || value <= 0)
    throw UsageError(fmt::format("BLEU's smoothing value must be above 0, not {}", value));
}

std::string prepare(std::string_view text, const BleuOptions& options) {
  const std::string_view stripped = strip_end(text);
  return tokenize(options.tokenizer,
                  options.lowercase ? lower_case(stripped) : std::string(stripped));
}

std::size_t distance(std::size_t a, std::size_t b) { return a > b ? a - b : b - a; }

/// Returns the one of two reference lengths that is closer to the hypothesis, or the shorter of two
/// equally close ones.
std::size_t closer(std::size_t length, std::size_t a, std::size_t b) {
  if (distance(a, length) != distance(b, length))
    return distance(a, length) < distance(b, length) ? a : b;
  return std::min(a, b);
}

}  // namespace

BleuCounts& BleuCounts::operator+=(const BleuCounts& other) {
  matches.resize(std::max(matches.size(), other.matches.size()));
  totals.resize(std::max(totals.size(), other.totals.size()));
  for (std::size_t i = 0; i < other.matches.size(); ++i) matches[i] += other.matches[i];
  for (std::size_t i = 0; i < other.totals.size(); ++i) totals[i] += other.totals[i];
  hypothesis_length += other.hypothesis_length;
  reference_length += other.reference_length;
  return *this;
}

BleuCounts count_bleu(const std::string& hypothesis, std::span<const std::string> references,
                      const BleuOptions& options) {
  check_options(options);
  NgramIds ids;
  const std::string hypothesis_text = prepare(hypothesis, options);
  const auto hypothesis_words = split_words(hypothesis_text);
  const NgramsByOrder ngrams = ids.of(hypothesis_words, options.max_order);
  const std::size_t known = ids.size();  // an n-gram that only references contain cannot match
  std::vector<std::uint32_t> limits(known, 0);
  std::optional<std::size_t> reference_length;
  for (const std::string& reference : references) {
    const std::string text = prepare(reference, options);
    const auto words = split_words(text);
    const NgramsByOrder reference_ngrams = ids.of(words, options.max_order);
    const auto reference_counts = count_ngrams(reference_ngrams, ids.size());
    for (std::size_t id = 0; id < known; ++id)
      limits[id] = std::max(limits[id], reference_counts[id]);
    reference_length = reference_length
                           ? closer(hypothesis_words.size(), *reference_length, words.size())
                           : words.size();
  }
  BleuCounts counts;
  counts.matches = clipped_matches(ngrams, std::move(limits));
  for (const auto& order : ngrams) counts.totals.push_back(order.size());
  counts.hypothesis_length = hypothesis_words.size();
  counts.reference_length = reference_length.value_or(0);
  return counts;
}

namespace {

double brevity_penalty(const BleuCounts& counts, BrevityPenalty kind) {
  if (kind == BrevityPenalty::kNone) return 1;
  if (counts.hypothesis_length >= counts.reference_length) return 1;
  if (counts.hypothesis_length == 0) return 0;
  return std::exp(1 - static_cast<double>(counts.reference_length) /
                          static_cast<double>(counts.hypothesis_length));
}

}  // namespace

std::string bleu_signature(std::string_view reference_count, const BleuOptions& options) {
  std::string smoothing(smoothing_name(options.smoothing));
  if (options.smoothing == Smoothing::kFloor || options.smoothing == Smoothing::kAddK)
    smoothing += fmt::format("[{:.2f}]", smoothing_value(options));
  std::string result =
      fmt::format("nrefs:{}|case:{}|eff:{}|tok:{}|smooth:{}", reference_count,
                  options.lowercase ? "lc" : "mixed", options.effective_order ? "yes" : "no",
                  tokenizer_name(options.tokenizer), smoothing);
  if (options.max_order != BleuOptions{}.max_order)
    result += fmt::format("|order:{}", options.max_order);
  if (options.brevity_penalty == BrevityPenalty::kNone) result += "|bp:no";
  return result;
}

std::span<const Smoothing> all_smoothings() { return kSmoothings; }

std::string_view smoothing_name(Smoothing smoothing) {
  switch (smoothing) {
    case Smoothing::kNone:
      return "none";
    case Smoothing::kFloor:
      return "floor";
    case Smoothing::kAddK:
      return "add-k";
    case Smoothing::kExponential:
      return "exp";
  }
  throw CheckFailure("a smoothing without a name");
}

BleuScore bleu_from_counts(const BleuCounts& counts, const BleuOptions& options) {
  check_options(options);
  ATTEND_CHECK_EQ(counts.matches.size(), options.max_order);
  ATTEND_CHECK_EQ(counts.totals.size(), options.max_order);
  BleuScore result;
  result.counts = counts;
  result.brevity_penalty = brevity_penalty(counts, options.brevity_penalty);
  result.precisions.assign(options.max_order, 0);
  if (std::all_of(counts.matches.begin(), counts.matches.end(), [](auto n) { return n == 0; }))
    return result;

  std::size_t orders = options.max_order;
  double partial_match = 1;  // for exponential smoothing
  for (std::size_t n = 1; n <= options.max_order; ++n) {
    const double added =
        options.smoothing == Smoothing::kAddK && n > 1 ? smoothing_value(options) : 0;
    double matches = static_cast<double>(counts.matches[n - 1]) + added;
    const double total = static_cast<double>(counts.totals[n - 1]) + added;
    if (total == 0) break;
    if (options.effective_order) orders = n;
    if (matches == 0 && options.smoothing == Smoothing::kExponential)
      matches = partial_match /= 2;
    else if (matches == 0 && options.smoothing == Smoothing::kFloor)
      matches = smoothing_value(options);
    result.precisions[n - 1] = 100 * matches / total;
  }
  double logarithms = 0;
  for (std::size_t i = 0; i < orders; ++i) logarithms += std::log(result.precisions[i]);
  // A precision of zero gives exp(-infinity) = 0.
  result.score = result.brevity_penalty * std::exp(logarithms / static_cast<double>(orders));
  return result;
}

}  // namespace attend::metrics
