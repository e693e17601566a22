#include <fmt/format.h>

#include "base/base.h"
#include "search/search.h"

namespace attend::search {

std::vector<std::pair<std::size_t, std::size_t>> links(const Hypothesis& hypothesis,
                                                       std::size_t source_units, double threshold) {
  if (!(threshold >= 0 && threshold <= 1)) {
    throw UsageError(fmt::format("threshold: found {}, expected 0 … 1", threshold));
  }
  if (hypothesis.alignment.empty()) return {};
  const std::size_t columns = hypothesis.source_length;
  ATTEND_CHECK_EQ(hypothesis.alignment.size(), hypothesis.tokens.size() * columns);
  std::vector<std::pair<std::size_t, std::size_t>> result;
  for (std::size_t i = 0; i < hypothesis.tokens.size(); ++i) {
    std::size_t best = columns;
    float weight = 0;  // 0: a row of zeros makes no link
    for (std::size_t j = 0; j < columns; ++j) {
      const float here = hypothesis.alignment[i * columns + j];
      if (here > weight) {
        best = j;
        weight = here;
      }
    }
    if (best < columns && best < source_units && weight >= static_cast<float>(threshold)) {
      result.emplace_back(best, i);
    }
  }
  return result;
}

}  // namespace attend::search
