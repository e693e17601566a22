// Finds out which step of a decoder belongs to which target unit where no gold alignment tells
// (docs/models.md §6.6).
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace attend::alignment {

/// The shifts that are tried, the preferred one first.
inline constexpr int kShifts[] = {0, 1, -1};

/// Measures how well linked source words predict their target words. A correct shift links the
/// words of a dictionary again and again; with a wrong one a source word is linked to the neighbour
/// of its translation, which changes from pair to pair.
///
/// For each link (s, t), the count c of all others says how probable t is, given s:
///     p(t | s) = (c(s, t) − 1 + p(t)) / (c(s) − 1 + 1),     p(t) = c(t) / n
/// and value() is Σ ln (p(t | s) / p(t)) over the links, in nats. A word that is linked once adds
/// 0, so rare words neither help nor harm. More links than another shift has are an advantage only
/// as far as they agree.
class LexicalGain {
 public:
  /// Adds a link between these two words.
  void add(std::string_view source, std::string_view target);
  double value() const;

 private:
  std::map<std::string, std::size_t, std::less<>> sources_, targets_;
  std::map<std::pair<std::string, std::string>, std::size_t> links_;
  std::size_t count_ = 0;
};

/// Returns the index of the largest value, the first of equals; `values` must not be empty.
std::size_t best_index(std::span<const double> values);

}  // namespace attend::alignment
