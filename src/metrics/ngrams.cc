#include "metrics/ngrams.h"

#include <limits>

namespace attend::metrics {

NgramsByOrder NgramIds::of(std::span<const std::uint32_t> symbols, std::size_t orders) {
  constexpr std::uint32_t kNoPrefix = std::numeric_limits<std::uint32_t>::max();
  NgramsByOrder result(orders);
  for (std::size_t order = 1; order <= orders && order <= symbols.size(); ++order) {
    std::vector<std::uint32_t>& ids = result[order - 1];
    ids.reserve(symbols.size() - order + 1);
    for (std::size_t start = 0; start + order <= symbols.size(); ++start) {
      const std::uint64_t prefix = order == 1 ? kNoPrefix : result[order - 2][start];
      const std::uint64_t key = prefix << 32 | symbols[start + order - 1];
      ids.push_back(ids_.try_emplace(key, static_cast<std::uint32_t>(ids_.size())).first->second);
    }
  }
  return result;
}

NgramsByOrder NgramIds::of(std::span<const std::string_view> words, std::size_t orders) {
  std::vector<std::uint32_t> symbols;
  symbols.reserve(words.size());
  for (const std::string_view word : words)
    symbols.push_back(
        words_.try_emplace(std::string(word), static_cast<std::uint32_t>(words_.size()))
            .first->second);
  return of(symbols, orders);
}

std::vector<std::uint32_t> count_ngrams(const NgramsByOrder& ngrams, std::size_t id_count) {
  std::vector<std::uint32_t> counts(id_count, 0);
  for (const auto& ids : ngrams)
    for (const std::uint32_t id : ids) ++counts[id];
  return counts;
}

std::vector<std::size_t> clipped_matches(const NgramsByOrder& ngrams,
                                         std::vector<std::uint32_t> limits) {
  std::vector<std::size_t> matches(ngrams.size(), 0);
  for (std::size_t order = 0; order < ngrams.size(); ++order) {
    for (const std::uint32_t id : ngrams[order]) {
      if (limits[id] == 0) continue;
      --limits[id];
      ++matches[order];
    }
  }
  return matches;
}

}  // namespace attend::metrics
