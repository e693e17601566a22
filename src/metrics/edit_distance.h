// Edit distance, the error rates computed from it (docs/models.md §14.4), and exact match.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace attend::metrics {

/// Returns the smallest number of insertions, deletions and substitutions of units that turn one
/// sequence into the other. Time O(|a| · |b|), memory O(min(|a|, |b|)).
std::size_t edit_distance(std::span<const std::string> a, std::span<const std::string> b);

/// The edits of one hypothesis against its closest reference. The edits of a corpus are sums over
/// its hypotheses.
struct EditCounts {
  std::size_t edits = 0;
  std::size_t reference_units = 0;
  std::size_t wrong_sequences = 0;  ///< 1 for a hypothesis that equals no reference
  std::size_t sequences = 0;        ///< 1 for a hypothesis
  EditCounts& operator+=(const EditCounts& other);
};

/// Counts the edits of a hypothesis against the reference with the fewest edits, of equally near
/// ones the longest.
EditCounts count_edits(std::span<const std::string> hypothesis,
                       std::span<const std::vector<std::string>> references);

struct ErrorRates {
  double unit_error_rate = 0;      ///< percent: edits / reference units; may exceed 100
  double sequence_error_rate = 0;  ///< percentage of hypotheses that equal no reference
  std::size_t edits = 0;
  std::size_t reference_units = 0;
  std::size_t wrong_sequences = 0;
  std::size_t sequences = 0;
};

/// Computes the error rates of a sum of at least one hypothesis. When all references are empty, the
/// unit error rate is 0, or 100 if there are edits.
ErrorRates error_rates(const EditCounts& counts);

/// Computes the error rates of a corpus; edits and units are summed first (count_edits).
ErrorRates error_rates(std::span<const std::vector<std::string>> hypotheses,
                       std::span<const std::vector<std::vector<std::string>>> references);

/// Returns the percentage of hypotheses that equal one of their references. Texts are equal if they
/// are canonically equivalent in Unicode; the amount of white space between words does not matter,
/// nor does white space at the ends.
double exact_match(std::span<const std::string> hypotheses,
                   std::span<const std::vector<std::string>> references);

}  // namespace attend::metrics
