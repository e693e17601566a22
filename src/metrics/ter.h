// Translation edit rate (Snover et al. 2006) as sacreBLEU computes it, which follows the program
// tercom (docs/models.md §14.4).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attend::metrics {

/// Says how texts become words, which white space separates. The names are those of tercom.
struct TerOptions {
  bool case_sensitive = false;
  bool normalized = false;      ///< split off punctuation and symbols of ASCII
  bool no_punctuation = false;  ///< drop . , ? : ; ! " ( )
  /// Make each Chinese character a word, if `normalized`; drop Asian punctuation, if
  /// `no_punctuation`.
  bool asian_support = false;
};

/// The edits of a segment. Those of a corpus are sums over its segments.
struct TerCounts {
  std::size_t edits = 0;        ///< of the reference with the fewest: shifts and edits of words
  double reference_length = 0;  ///< words, the mean over the references
  TerCounts& operator+=(const TerCounts& other);
};

/// Returns the words of a text.
std::vector<std::string> ter_words(std::string_view text, const TerOptions& options = {});

/// Returns the number of shifts, insertions, deletions and substitutions that turn the hypothesis
/// into the reference. A shift moves a run of words that the reference has to where it has them, at
/// the cost of one edit. Shifts are chosen greedily, as tercom and sacreBLEU do, since the smallest
/// number is too hard to find:
///
/// - of all shifts, the one that lowers the edit distance most; of equal ones the longest run, then
///   the earliest run, then the earliest place; until no shift lowers it.
/// - Runs have at most 10 words and move at most 50 words. The run must hold a word that the edit
///   distance does not match, and so must its place in the reference.
/// - The edit distance looks at 25 words on both sides of the diagonal.
/// - The search ends after 1,000 shifts were tried; the last choice is then dropped.
///
/// Words are ids. Time O(1000 · 50 · words), memory O(50 · words).
std::size_t ter_edits(std::span<const std::uint32_t> hypothesis,
                      std::span<const std::uint32_t> reference);

/// Counts one segment with at least one reference.
TerCounts count_ter(std::string_view hypothesis, std::span<const std::string> references,
                    const TerOptions& options = {});

/// Returns the score in percent. Without reference words it is 0, or 100 if there are edits.
double ter_from_counts(const TerCounts& counts);

/// Returns the signature of a score, for example
/// "nrefs:1|case:lc|tok:tercom|norm:no|punct:yes|asian:no". `reference_count` is that of every
/// segment, or "var".
std::string ter_signature(std::string_view reference_count, const TerOptions& options = {});

}  // namespace attend::metrics
