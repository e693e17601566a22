// BLEU as sacreBLEU computes it (docs/models.md §14.2).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/tokenizer.h"

namespace attend::metrics {

/// Says what replaces a precision of zero.
enum class Smoothing {
  kNone,
  kFloor,       ///< value / total; the value is 0.1 unless given
  kAddK,        ///< adds a value to matches and totals of n > 1; 1 unless given
  kExponential  ///< the k-th order without a match counts as 1 / 2^k matches
};

/// Returns all ways of smoothing, the usual one first.
std::span<const Smoothing> all_smoothings();
/// Returns "exp", "floor", "add-k" or "none".
std::string_view smoothing_name(Smoothing smoothing);

/// Says whether a score falls where hypotheses are shorter than their references.
enum class BrevityPenalty {
  kClosest,  ///< by the length of the reference of each segment that is closest in length
  kNone      ///< the mean of the precisions alone, which short hypotheses raise
};

struct BleuOptions {
  Tokenizer tokenizer = Tokenizer::k13a;
  bool lowercase = false;
  Smoothing smoothing = Smoothing::kExponential;
  std::optional<double> smoothing_value;  ///< for kFloor and kAddK, above 0
  /// Average only the orders for which the hypotheses are long enough; for single sentences.
  bool effective_order = false;
  std::size_t max_order = 4;  ///< 1 to 16
  BrevityPenalty brevity_penalty = BrevityPenalty::kClosest;
};

/// The counts from which BLEU is computed. The counts of a corpus are sums over its segments. A
/// default object is an empty sum.
struct BleuCounts {
  std::vector<std::size_t> matches;   // [max_order] clipped by the references
  std::vector<std::size_t> totals;    // [max_order] n-grams of the hypotheses
  std::size_t hypothesis_length = 0;  ///< tokens
  std::size_t reference_length = 0;   ///< tokens, of the closest reference of each segment
  BleuCounts& operator+=(const BleuCounts& other);
};

struct BleuScore {
  double score = 0;                ///< percent
  std::vector<double> precisions;  // [max_order] percent, smoothed
  double brevity_penalty = 0;      ///< 0 to 1; 1 without one
  BleuCounts counts;               ///< without the additions of smoothing
};

/// Counts one segment with at least one reference.
BleuCounts count_bleu(const std::string& hypothesis, std::span<const std::string> references,
                      const BleuOptions& options = {});

/// Returns the signature that a score must be quoted with, for example
/// "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp"; "|order:2" follows where the order is not 4, and
/// "|bp:no" where there is no brevity penalty. `reference_count` is that of every segment, or
/// "var".
std::string bleu_signature(std::string_view reference_count, const BleuOptions& options = {});

/// Computes BLEU from counts of max_order orders.
BleuScore bleu_from_counts(const BleuCounts& counts, const BleuOptions& options = {});

}  // namespace attend::metrics
