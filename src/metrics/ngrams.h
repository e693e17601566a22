// Counts n-grams, of words (BLEU, chrF++) and of characters (chrF).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace attend::metrics {

/// The n-grams of one sequence: [order - 1][position] is the id of the n-gram that starts at this
/// position.
using NgramsByOrder = std::vector<std::vector<std::uint32_t>>;

/// Gives n-grams dense ids. Equal n-grams of the sequences given to one object have equal ids, and
/// n-grams of different orders never share an id. An n-gram is identified by the id of its first n
/// - 1 symbols and by its last symbol, so no n-gram is stored. Not thread-safe.
class NgramIds {
 public:
  NgramsByOrder of(std::span<const std::uint32_t> symbols, std::size_t orders);
  NgramsByOrder of(std::span<const std::string_view> words, std::size_t orders);
  /// The number of ids given so far, which are 0 … size() - 1.
  std::size_t size() const { return ids_.size(); }

 private:
  std::unordered_map<std::uint64_t, std::uint32_t> ids_;  // (id of the prefix, last symbol) -> id
  std::unordered_map<std::string, std::uint32_t> words_;
};

/// Returns how often each of `id_count` ids occurs in `ngrams`.
std::vector<std::uint32_t> count_ngrams(const NgramsByOrder& ngrams, std::size_t id_count);

/// Returns for each order how many n-grams match, where each id counts at most limits[id] times.
std::vector<std::size_t> clipped_matches(const NgramsByOrder& ngrams,
                                         std::vector<std::uint32_t> limits);

}  // namespace attend::metrics
