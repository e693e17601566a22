// The coverage penalty of the hypotheses of one source (Wu et al. 2016, §14.1).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "search/selection.h"

namespace attend::search {

/// Adds up the attention that each position has had, for every live hypothesis. Not thread-safe.
class Coverage {
 public:
  /// `factor` is β; with 0 nothing is added up and every penalty is 0. `allowed` [positions] says
  /// where attention may look; empty: everywhere.
  Coverage(double factor, std::size_t positions, std::span<const char> allowed);

  bool is_used() const { return factor_ > 0; }
  /// Replaces the live hypotheses by `candidates`, which extend them. `alignment` [rows, stride]
  /// is that of the step. Call only if used.
  void extend(std::span<const Candidate> candidates, std::span<const float> alignment,
              std::size_t stride);
  /// Returns β Σ_j ln min(1, Σ_i α_ij) of live hypothesis `row`.
  double penalty(std::size_t row) const;

 private:
  double factor_;
  std::size_t positions_;
  std::vector<char> allowed_;
  std::vector<float> sums_;  // [live hypotheses, positions]
  std::vector<float> next_;  // buffer of extend()
};

}  // namespace attend::search
