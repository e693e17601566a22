// The checks of hypotheses and references that all metrics have in common.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "base/base.h"

namespace attend::metrics {

/// Throws UsageError when there are no examples or one has no references, and CheckFailure when
/// there is not one list of references for each of `hypotheses`.
template <typename Reference>
void check_corpus(std::size_t hypotheses, std::span<const std::vector<Reference>> references) {
  ATTEND_CHECK_EQ(hypotheses, references.size());
  if (hypotheses == 0) throw UsageError("no examples to evaluate");
  for (std::size_t i = 0; i < references.size(); ++i)
    if (references[i].empty())
      throw UsageError("example " + std::to_string(i + 1) + " has no reference");
}

/// Returns the number of references for a signature: "1", or "var" when examples differ in it.
template <typename Reference>
std::string reference_count_name(std::span<const std::vector<Reference>> references) {
  const std::size_t first = references.front().size();
  const bool same = std::all_of(references.begin(), references.end(),
                                [first](const auto& list) { return list.size() == first; });
  return same ? std::to_string(first) : "var";
}

inline double percent(std::size_t part, std::size_t whole) {
  return 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace attend::metrics
