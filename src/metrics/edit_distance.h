// Edit distance and the error rates made of it (reference §14.4), and exact match.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace attend::metrics {

/// The fewest insertions, deletions and substitutions of units that turn one sequence into the
/// other. Time O(|a| · |b|), memory O(min(|a|, |b|)).
std::size_t edit_distance(std::span<const std::string> a, std::span<const std::string> b);

struct ErrorRates {
  double unit_error_rate = 0;      ///< percent: edits / reference units; may exceed 100
  double sequence_error_rate = 0;  ///< percent of hypotheses that equal no reference
  std::size_t edits = 0;
  std::size_t reference_units = 0;
  std::size_t wrong_sequences = 0;
  std::size_t sequences = 0;
};

/// Sums over the corpus first. Of several references the one with the fewest edits counts, among
/// those the longest. When all references are empty the unit error rate is 0, or 100 if there are
/// edits.
ErrorRates error_rates(std::span<const std::vector<std::string>> hypotheses,
                       std::span<const std::vector<std::vector<std::string>>> references);

/// Percent of hypotheses that are the same text as one of their references: canonically equivalent
/// in Unicode, however much white space stands between words, and none around them.
double exact_match(std::span<const std::string> hypotheses,
                   std::span<const std::vector<std::string>> references);

}  // namespace attend::metrics
