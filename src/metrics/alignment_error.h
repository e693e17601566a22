// The alignment error rate (reference §14.6) and the word links that it is made of.
#pragma once

#include <compare>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attend::metrics {

/// Source word and target word, from 0.
struct Link {
  std::size_t source = 0;
  std::size_t target = 0;
  auto operator<=>(const Link&) const = default;
};

/// A person's alignment of one pair: links without doubt, and those that are possible besides.
/// A link in both is sure.
struct GoldAlignment {
  std::vector<Link> sure;
  std::vector<Link> possible;
};

/// How a line of links is written and what it may hold.
struct LinkFormat {
  std::size_t first_index = 0;  ///< what the first word is counted as: 0 or 1
  /// Words of the pair, to refuse links beyond them; 0: unknown.
  std::size_t source_length = 0;
  std::size_t target_length = 0;
};

/// One line of gold links between white space: "0-0 1-2 1?3 2p3", a hyphen for sure, "?" or "p" for
/// possible. Sorted, each link once; an empty line holds none. DataError(file, line, …) names what
/// is not a link or lies outside the pair.
GoldAlignment parse_gold_alignment(std::string_view text, const std::string& file, std::size_t line,
                                   const LinkFormat& format = {});

/// One line of predicted links, "0-0 1-2" (Pharaoh). The same, without possible links.
std::vector<Link> parse_links(std::string_view text, const std::string& file, std::size_t line,
                              const LinkFormat& format = {});

struct AlignmentScore {
  double error_rate = 0;  ///< 1 - (|A∩S| + |A∩P|) / (|A| + |S|), P including S; 0 if A, S are empty
  double precision = 0;                ///< |A∩P| / |A|; 0 if A is empty
  double recall = 0;                   ///< |A∩S| / |S|; 0 if S is empty
  std::size_t predicted = 0;           ///< |A|
  std::size_t sure = 0;                ///< |S|
  std::size_t predicted_sure = 0;      ///< |A∩S|
  std::size_t predicted_possible = 0;  ///< |A∩P|
};

/// Of the corpus: counts are summed first. All values are fractions from 0 to 1. A link given twice
/// counts once.
AlignmentScore alignment_error(std::span<const std::vector<Link>> predicted,
                               std::span<const GoldAlignment> gold);

}  // namespace attend::metrics
