// BLEU as sacreBLEU computes it (reference §14.2).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/tokenizer.h"

namespace attend::metrics {

/// What replaces a precision of zero.
enum class Smoothing {
  kNone,
  kFloor,       ///< value / total; value 0.1 unless given
  kAddK,        ///< value added to matches and totals of n > 1; value 1 unless given
  kExponential  ///< 1/2, 1/4, … of one match
};

/// "none", "floor", "add-k" or "exp"; UsageError for anything else, naming them.
Smoothing parse_smoothing(std::string_view name);
std::string_view smoothing_name(Smoothing smoothing);

struct BleuOptions {
  Tokenizer tokenizer = Tokenizer::k13a;
  bool lowercase = false;
  Smoothing smoothing = Smoothing::kExponential;
  std::optional<double> smoothing_value;  ///< for kFloor and kAddK, above 0
  /// Average only the orders that the hypotheses are long enough for; for single sentences.
  bool effective_order = false;
  std::size_t max_order = 4;  ///< 1 to 16
};

/// The counts that BLEU is a function of; those of a corpus are the sums over its segments.
struct BleuCounts {
  std::vector<std::size_t> matches;   // [max_order] clipped by the references
  std::vector<std::size_t> totals;    // [max_order] n-grams of the hypotheses
  std::size_t hypothesis_length = 0;  ///< tokens
  std::size_t reference_length = 0;   ///< tokens, of the closest reference of each segment
};

struct BleuScore {
  double score = 0;                ///< percent
  std::vector<double> precisions;  // [max_order] percent, smoothed
  double brevity_penalty = 0;      ///< 0 to 1
  BleuCounts counts;               ///< without what smoothing adds
  /// What a score must be quoted with, for example "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp".
  std::string signature;
};

/// Every segment has its own references, at least one (UsageError); any number of them.
BleuScore bleu(std::span<const std::string> hypotheses,
               std::span<const std::vector<std::string>> references,
               const BleuOptions& options = {});

/// BLEU from counts of max_order orders. The signature stays empty.
BleuScore bleu_from_counts(const BleuCounts& counts, const BleuOptions& options = {});

/// "BLEU = 25.46 71.4/41.7/20.0/12.5 (BP = 0.867 ratio = 0.875 hyp_len = 14 ref_len = 16)"
std::string format_bleu(const BleuScore& score);

}  // namespace attend::metrics
