// chrF and chrF++ as sacreBLEU computes them (docs/models.md §14.3).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attend::metrics {

struct ChrfOptions {
  std::size_t character_order = 6;  ///< 1 to 16
  std::size_t word_order = 0;       ///< 0 to 16; 2 makes it chrF++
  double beta = 2;                  ///< weight of recall against precision, above 0
  bool lowercase = false;
  bool whitespace = false;  ///< keep white space in the character n-grams
  /// Average the F-scores of all orders, as chrF++.py, Moses and NLTK do; an order without n-grams
  /// counts as 0. Otherwise precisions and recalls are averaged, over the orders that have n-grams.
  bool epsilon_smoothing = false;
};

/// The n-grams of one order, summed over the corpus. Orders of characters come first, then orders
/// of words.
struct ChrfCounts {
  std::size_t hypothesis = 0;  ///< 0 where the reference has no n-gram of this order
  std::size_t reference = 0;
  std::size_t matches = 0;
  ChrfCounts& operator+=(const ChrfCounts& other);
};

/// Counts one segment with at least one reference, [character_order + word_order]: those of the
/// reference with the highest score.
std::vector<ChrfCounts> count_chrf(const std::string& hypothesis,
                                   std::span<const std::string> references,
                                   const ChrfOptions& options = {});
/// Returns the score in percent of counts, [character_order + word_order], summed over segments.
double chrf_from_counts(std::span<const ChrfCounts> counts, const ChrfOptions& options = {});

/// Returns the signature of a score, for example "nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no".
/// `reference_count` is that of every segment, or "var".
std::string chrf_signature(std::string_view reference_count, const ChrfOptions& options = {});

}  // namespace attend::metrics
