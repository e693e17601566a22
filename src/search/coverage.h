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
  /// `factor` is β; with 0 nothing is added up and every penalty is 0. `positions` is the number of
  /// positions of the source (Engine::positions).
  Coverage(double factor, const model::Source& source, std::size_t positions);

  bool is_used() const { return factor_ > 0; }
  /// Replaces the live hypotheses by `candidates`, which extend them. `alignment` [rows, stride]
  /// is that of the step. Call only if used.
  void extend(std::span<const Candidate> candidates, std::span<const float> alignment,
              std::size_t stride);
  /// Returns β Σ_j ln min(1, Σ_i α_ij) of live hypothesis `row`, over the units j of the source at
  /// which attention may look. `end_alignment` [positions or more] is the row of the step that
  /// writes its </s>; empty where there is none.
  double penalty(std::size_t row, std::span<const float> end_alignment) const;

 private:
  double factor_;
  std::size_t positions_;
  std::vector<char> counts_;  // [positions]: whether a position is such a unit
  std::vector<float> sums_;   // [live hypotheses, positions]
  std::vector<float> next_;   // buffer of extend()
};

}  // namespace attend::search
