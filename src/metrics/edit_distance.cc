#include "metrics/edit_distance.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/base.h"
#include "metrics/corpus_check.h"

namespace attend::metrics {
namespace {

using Units = std::vector<std::string>;

constexpr std::size_t kRows = 64;  // rows of a block

// The table D of edit distances between the first i units of a pattern (rows) and the first j units
// of a text (columns), column by column. Neighbouring values of a column differ by −1, 0 or 1, and
// 64 of these differences are two words of bits, which a few operations take to the next column
// (Myers 1999, Hyyrö 2003).
//
// A path of at most `limit` edits stays in a band around the diagonal (Ukkonen 1985), and only the
// blocks of 64 rows that the band touches are computed. Where a block enters or leaves the band,
// its neighbours outside are taken to grow by 1, which is never less than they are. So the result
// is exact where it is at most `limit`, and otherwise an upper bound.
class BitTable {
 public:
  explicit BitTable(std::span<const std::uint32_t> pattern);
  std::size_t distance(std::span<const std::uint32_t> text, std::size_t limit) const;

 private:
  // The differences D(i, j) − D(i − 1, j) of a block that are 1, and those that are −1.
  struct Differences {
    std::uint64_t plus = ~std::uint64_t{0};
    std::uint64_t minus = 0;
  };
  // The rows of a block that hold one unit.
  struct Places {
    std::size_t block = 0;
    std::uint64_t rows = 0;
  };

  // Whether D(i, j) − D(i, j − 1) is 1, and whether it is −1: 0 or 1 each.
  struct Growth {
    std::uint64_t rises = 1;
    std::uint64_t falls = 0;
  };

  static Growth step(std::uint64_t equal, Growth above, Differences& differences);
  void next_column(std::uint32_t unit, std::size_t first, std::span<Differences> differences) const;
  std::size_t sum(std::size_t block, const Differences& differences, std::size_t above) const;

  std::size_t rows_;
  std::unordered_map<std::uint32_t, std::vector<Places>> places_;
};

BitTable::BitTable(std::span<const std::uint32_t> pattern) : rows_(pattern.size()) {
  for (std::size_t row = 0; row < rows_; ++row) {
    std::vector<Places>& places = places_[pattern[row]];
    if (places.empty() || places.back().block != row / kRows) places.push_back({row / kRows, 0});
    places.back().rows |= std::uint64_t{1} << row % kRows;
  }
}

// Takes a block to the next column. `equal` are the rows whose unit equals that of the column,
// `above` is the growth of the row above the block. Returns the growth of its last row.
BitTable::Growth BitTable::step(std::uint64_t equal, Growth above, Differences& differences) {
  const std::uint64_t plus = differences.plus, minus = differences.minus;
  const std::uint64_t free = equal | minus;  // D(i, j) = D(i − 1, j − 1) without an edit
  equal |= above.falls;
  const std::uint64_t carried = (((equal & plus) + plus) ^ plus) | equal;
  const std::uint64_t rises = minus | ~(carried | plus), falls = plus & carried;
  const std::uint64_t rises_below = rises << 1 | above.rises;
  const std::uint64_t falls_below = falls << 1 | above.falls;
  differences.plus = falls_below | ~(free | rises_below);
  differences.minus = rises_below & free;
  return {rises >> (kRows - 1), falls >> (kRows - 1)};
}

// Takes the blocks from `first` on to the next column.
void BitTable::next_column(std::uint32_t unit, std::size_t first,
                           std::span<Differences> differences) const {
  const auto found = places_.find(unit);
  const std::vector<Places> none;
  const std::vector<Places>& places = found == places_.end() ? none : found->second;
  auto place =
      std::lower_bound(places.begin(), places.end(), first,
                       [](const Places& one, std::size_t block) { return one.block < block; });
  Growth above;
  for (std::size_t k = 0; k < differences.size(); ++k) {
    std::uint64_t equal = 0;
    if (place != places.end() && place->block == first + k) equal = (place++)->rows;
    above = step(equal, above, differences[k]);
  }
}

// Returns the value below a block, whose row above has the value `above`.
std::size_t BitTable::sum(std::size_t block, const Differences& differences,
                          std::size_t above) const {
  const std::size_t rows = std::min(kRows, rows_ - block * kRows);
  const std::uint64_t mask = ~std::uint64_t{0} >> (kRows - rows);
  return above + static_cast<std::size_t>(std::popcount(differences.plus & mask)) -
         static_cast<std::size_t>(std::popcount(differences.minus & mask));
}

// `text` is at least as long as the pattern, and `limit` at least the difference of the lengths.
std::size_t BitTable::distance(std::span<const std::uint32_t> text, std::size_t limit) const {
  const std::size_t longer = text.size() - rows_;
  const std::size_t behind = (limit - longer) / 2;  // diagonals of the band below the main one
  std::vector<Differences> differences((rows_ + kRows - 1) / kRows);
  std::size_t first = 0, above = 0;  // the first block of the band, and the value above it
  for (std::size_t column = 1; column <= text.size(); ++column) {
    const std::size_t back = longer + behind + 1;
    const std::size_t top = column > back ? (column - back) / kRows : 0;
    for (; first < top; ++first) above = sum(first, differences[first], above);
    const std::size_t last = (std::min(rows_, column + behind) - 1) / kRows;
    next_column(text[column - 1], first, std::span(differences).subspan(first, last + 1 - first));
    ++above;
  }
  std::size_t result = above;
  for (std::size_t k = first; k < differences.size(); ++k) result = sum(k, differences[k], result);
  return result;
}

}  // namespace

EditCounts& EditCounts::operator+=(const EditCounts& other) {
  edits += other.edits;
  reference_units += other.reference_units;
  wrong_sequences += other.wrong_sequences;
  sequences += other.sequences;
  return *this;
}

std::vector<std::uint32_t> UnitIds::of(std::span<const std::string> units) {
  std::vector<std::uint32_t> result;
  result.reserve(units.size());
  for (const std::string& unit : units) {
    const auto next = static_cast<std::uint32_t>(ids_.size());
    result.push_back(ids_.try_emplace(unit, next).first->second);
  }
  return result;
}

EditCounts count_edits(std::span<const std::uint32_t> hypothesis,
                       std::span<const std::vector<std::uint32_t>> references) {
  EditCounts best;
  for (const std::vector<std::uint32_t>& reference : references) {
    const std::size_t edits = edit_distance(hypothesis, reference);
    if (best.sequences == 0 || edits < best.edits ||
        (edits == best.edits && reference.size() > best.reference_units))
      best = {edits, reference.size(), edits > 0 ? std::size_t{1} : 0, 1};
  }
  return best;
}

EditCounts count_edits(std::span<const std::string> hypothesis, std::span<const Units> references) {
  UnitIds ids;
  std::vector<std::vector<std::uint32_t>> lists;
  lists.reserve(references.size());
  for (const Units& reference : references) lists.push_back(ids.of(reference));
  return count_edits(ids.of(hypothesis), lists);
}

std::size_t edit_distance(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b) {
  // Equal beginnings and ends cost nothing, and they are most of a good hypothesis.
  const auto [first_a, first_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  a = a.subspan(static_cast<std::size_t>(first_a - a.begin()));
  b = b.subspan(static_cast<std::size_t>(first_b - b.begin()));
  while (!a.empty() && !b.empty() && a.back() == b.back()) {
    a = a.first(a.size() - 1);
    b = b.first(b.size() - 1);
  }
  if (a.size() < b.size()) std::swap(a, b);
  if (b.empty()) return a.size();
  // A distance that a narrow band does not contain has an upper bound there, which a band contains.
  const BitTable table(b);
  std::size_t limit = a.size() - b.size() + kRows;
  std::size_t found = table.distance(a, limit);
  while (found > limit) {
    limit = std::min(found, 4 * limit);
    found = table.distance(a, limit);
  }
  return found;
}

std::size_t edit_distance(std::span<const std::string> a, std::span<const std::string> b) {
  UnitIds ids;
  return edit_distance(ids.of(a), ids.of(b));
}

ErrorRates error_rates(const EditCounts& counts) {
  ErrorRates result;
  result.edits = counts.edits;
  result.reference_units = counts.reference_units;
  result.wrong_sequences = counts.wrong_sequences;
  result.sequences = counts.sequences;
  result.sequence_error_rate = percent(counts.wrong_sequences, counts.sequences);
  if (counts.reference_units > 0)
    result.unit_error_rate = percent(counts.edits, counts.reference_units);
  else
    result.unit_error_rate = counts.edits > 0 ? 100 : 0;
  return result;
}

}  // namespace attend::metrics
