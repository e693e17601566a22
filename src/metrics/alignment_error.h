// The alignment error rate (docs/models.md §14.6), and reading the word links that it compares.
#pragma once

#include <compare>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attend/answers.hpp"

namespace attend::metrics {

using attend::Link;

/// A person's alignment of one pair: links that are sure and links that are only possible. A link
/// in both lists is sure.
struct GoldAlignment {
  std::vector<Link> sure;
  std::vector<Link> possible;
};

/// Returns the links sorted, each once.
std::vector<Link> as_set(std::span<const Link> links);

/// Which links a line may hold.
struct LinkFormat {
  /// Numbers of words of the pair, to reject links to other words; 0: unknown.
  std::size_t source_length = 0;
  std::size_t target_length = 0;
};

/// Returns the start of a text that is no link, for a message: 40 bytes at most, whole characters.
std::string link_excerpt(std::string_view text);

/// Reads one line of gold links, separated by white space: "0-0 1-2 1?3 2p3". A hyphen means sure,
/// "?" or "p" means possible. The result is sorted and holds each link once; an empty line has
/// none. Throws DataError(file, line, …) for text that is not a link and for a link outside the
/// pair.
GoldAlignment parse_gold_alignment(std::string_view text, const std::string& file, std::size_t line,
                                   const LinkFormat& format = {});

/// Reads one line of predicted links, "0-0 1-2" (Pharaoh), sorted, each link once. Throws DataError
/// as parse_gold_alignment() does, and for possible links too.
std::vector<Link> parse_links(std::string_view text, const std::string& file, std::size_t line,
                              const LinkFormat& format = {});

struct AlignmentScore {
  /// 1 − (|A∩S| + |A∩P|) / (|A| + |S|), where P includes S; 0 if A and S are empty.
  double error_rate = 0;
  double precision = 0;                ///< |A∩P| / |A|; 0 if A is empty
  double recall = 0;                   ///< |A∩S| / |S|; 0 if S is empty
  std::size_t predicted = 0;           ///< |A|
  std::size_t sure = 0;                ///< |S|
  std::size_t possible = 0;            ///< |P|
  std::size_t predicted_sure = 0;      ///< |A∩S|
  std::size_t predicted_possible = 0;  ///< |A∩P|
};

/// Sums the counts of a corpus, pair by pair. A link that occurs twice in a pair counts once.
class AlignmentCounts {
 public:
  void add(const std::vector<Link>& predicted, const GoldAlignment& gold);
  /// Returns the score of all pairs so far. All values are fractions from 0 to 1.
  AlignmentScore score() const;

 private:
  AlignmentScore sums_;  // without the three fractions
};

/// Returns the score of a corpus, as AlignmentCounts does. UsageError for a corpus without pairs.
AlignmentScore alignment_error(std::span<const std::vector<Link>> predicted,
                               std::span<const GoldAlignment> gold);

}  // namespace attend::metrics
