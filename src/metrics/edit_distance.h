// Edit distance and the error rates computed from it (docs/models.md §14.4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace attend::metrics {

/// Gives units numbers, so that they are compared fast: equal units have equal numbers. Not
/// thread-safe.
class UnitIds {
 public:
  std::vector<std::uint32_t> of(std::span<const std::string> units);

 private:
  std::unordered_map<std::string, std::uint32_t> ids_;
};

/// Returns the smallest number d of insertions, deletions and substitutions of units that turn one
/// sequence into the other. The result is exact. Time O(|a| + |b| + max(|a|, |b|) · d / 64), which
/// is at most O(|a| · |b| / 64); memory O(|a| + |b|).
std::size_t edit_distance(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b);
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
EditCounts count_edits(std::span<const std::uint32_t> hypothesis,
                       std::span<const std::vector<std::uint32_t>> references);
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

}  // namespace attend::metrics
