// How spread the rows of an alignment are (docs/models.md §14.7).
#pragma once

#include <cstddef>
#include <span>

namespace attend::alignment {

/// Averages the entropy of rows of weights: 0 where all weight is on one position, ln n where n
/// positions have equal weights.
class MeanEntropy {
 public:
  /// Adds the rows of an alignment [rows, columns]. A row counts as if it summed to 1; a row
  /// without weights above 0 is left out. `columns` must be above 0 unless there are no rows.
  void add(std::span<const float> rows, std::size_t columns);
  /// Adds what another object has seen.
  void add(const MeanEntropy& other);
  /// Returns the mean in nats, 0 without rows.
  double value() const;

 private:
  double sum_ = 0;
  std::size_t rows_ = 0;
};

}  // namespace attend::alignment
