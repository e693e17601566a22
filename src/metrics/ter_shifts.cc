// The edits of TER: an edit distance near the diagonal, and shifts that lower it.
#include <algorithm>
#include <cmath>
#include <utility>

#include "base/base.h"
#include "metrics/ter.h"

namespace attend::metrics {
namespace {

using Words = std::vector<std::uint32_t>;
using WordSpan = std::span<const std::uint32_t>;

constexpr std::size_t kLongestShift = 10;   // words
constexpr std::size_t kFarthestShift = 50;  // words
constexpr std::size_t kBeamWidth = 25;      // words on both sides of the diagonal
constexpr std::size_t kMostShifts = 1000;   // that are tried for one pair of texts
constexpr std::uint32_t kUnreachable = 1U << 30;

enum class Edit : std::uint8_t { kNone, kMatch, kSubstitution, kInsertion, kDeletion };

struct Cell {
  std::uint32_t cost = kUnreachable;
  Edit edit = Edit::kNone;  ///< the last edit on the way to this cell
};

/// The part of a row of the distance table that lies near the diagonal.
struct Row {
  std::size_t first = 0;  ///< reference words before the first cell
  std::vector<Cell> cells;
  Cell at(std::size_t j) const {
    return j < first || j - first >= cells.size() ? Cell{} : cells[j - first];
  }
};

/// The edit distance of hypotheses, all of one length, from a reference.
class BeamDistance {
 public:
  BeamDistance(std::size_t hypothesis_words, WordSpan reference)
      : reference_(reference), rows_(hypothesis_words + 1) {
    if (hypothesis_words > 0) {
      ratio_ = static_cast<double>(reference.size()) / static_cast<double>(hypothesis_words);
    }
    // Where the lengths differ much, neighbouring rows must still overlap.
    if (static_cast<double>(kBeamWidth) < ratio_ / 2) {
      beam_ = static_cast<std::size_t>(std::ceil(ratio_ / 2 + static_cast<double>(kBeamWidth)));
    }
    for (std::size_t j = 0; j <= reference.size(); ++j)
      rows_[0].cells.push_back({static_cast<std::uint32_t>(j), Edit::kInsertion});
  }

  /// Computes the table of a hypothesis. The calls of cost() compare with it.
  void set_base(const Words& words) {
    base_ = words;
    for (std::size_t i = 1; i <= words.size(); ++i)
      compute_row(i, words[i - 1], rows_[i - 1], rows_[i]);
  }
  std::size_t base_cost() const { return rows_.back().at(reference_.size()).cost; }

  /// Returns the distance of another hypothesis. Rows for the words before the first difference
  /// from the base are those of the base.
  std::size_t cost(const Words& words) {
    const auto difference = std::mismatch(words.begin(), words.end(), base_.begin());
    const auto equal = static_cast<std::size_t>(difference.first - words.begin());
    const Row* previous = &rows_[equal];
    for (std::size_t i = equal + 1; i <= words.size(); ++i) {
      Row& row = spare_[i % 2];
      compute_row(i, words[i - 1], *previous, row);
      previous = &row;
    }
    return previous->at(reference_.size()).cost;
  }

  /// Returns the edits that turn the base into the reference, from left to right.
  std::vector<Edit> base_edits() const {
    std::vector<Edit> edits;
    std::size_t i = base_.size(), j = reference_.size();
    while (i > 0 || j > 0) {
      const Edit edit = rows_[i].at(j).edit;
      ATTEND_CHECK(edit != Edit::kNone);
      edits.push_back(edit);
      if (edit != Edit::kInsertion) --i;
      if (edit != Edit::kDeletion) --j;
    }
    std::reverse(edits.begin(), edits.end());
    return edits;
  }

 private:
  void compute_row(std::size_t i, std::uint32_t word, const Row& previous, Row& row) const {
    const auto diagonal = static_cast<std::size_t>(std::floor(static_cast<double>(i) * ratio_));
    row.first = diagonal > beam_ ? diagonal - beam_ : 0;
    std::size_t end = std::min(reference_.size() + 1, diagonal + beam_);
    if (i == base_.size()) end = reference_.size() + 1;
    row.cells.clear();
    Cell left;
    for (std::size_t j = row.first; j < end; ++j) {
      left = cell(j, word, previous, left);
      row.cells.push_back(left);
    }
  }

  // Of equally cheap edits, a match or substitution goes before a deletion, and that before an
  // insertion.
  Cell cell(std::size_t j, std::uint32_t word, const Row& previous, const Cell& left) const {
    const std::uint32_t deleted = previous.at(j).cost + 1;
    if (j == 0) return {deleted, Edit::kDeletion};
    const bool match = word == reference_[j - 1];
    const std::uint32_t moved = previous.at(j - 1).cost + (match ? 0 : 1);
    Cell best;
    if (best.cost > moved) best = {moved, match ? Edit::kMatch : Edit::kSubstitution};
    if (best.cost > deleted) best = {deleted, Edit::kDeletion};
    if (best.cost > left.cost + 1) best = {left.cost + 1, Edit::kInsertion};
    return best;
  }

  WordSpan reference_;
  double ratio_ = 1;  // reference words for one word of the hypothesis
  std::size_t beam_ = kBeamWidth;
  Words base_;
  std::vector<Row> rows_;  // [hypothesis words + 1] of the base
  Row spare_[2];
};

/// What the edits say about both texts.
struct Alignment {
  std::vector<std::ptrdiff_t> places;   // [reference words] the last hypothesis word up to each; -1
  std::vector<bool> reference_errors;   // [reference words]
  std::vector<bool> hypothesis_errors;  // [hypothesis words]
};

Alignment align(const std::vector<Edit>& edits) {
  Alignment result;
  std::ptrdiff_t place = -1;
  for (const Edit edit : edits) {
    const bool error = edit != Edit::kMatch;
    if (edit != Edit::kInsertion) {
      ++place;
      result.hypothesis_errors.push_back(error);
    }
    if (edit != Edit::kDeletion) {
      result.places.push_back(place);
      result.reference_errors.push_back(error);
    }
  }
  return result;
}

bool any_of(const std::vector<bool>& errors, std::size_t first, std::size_t count) {
  const auto begin = errors.begin() + static_cast<std::ptrdiff_t>(first);
  return std::find(begin, begin + static_cast<std::ptrdiff_t>(count), true) !=
         begin + static_cast<std::ptrdiff_t>(count);
}

/// A run of words that both texts have.
struct Run {
  std::size_t start = 0;      ///< in the hypothesis
  std::size_t reference = 0;  ///< in the reference
  std::size_t length = 0;
};

struct Shift {
  std::ptrdiff_t gain = 0;  ///< by how much the edit distance falls
  std::size_t length = 0, start = 0, target = 0;
  Words words;  ///< the hypothesis after the shift
};

bool is_better(const Shift& a, const Shift& b) {
  if (a.gain != b.gain) return a.gain > b.gain;
  if (a.length != b.length) return a.length > b.length;
  return a.start != b.start ? a.start < b.start : a.target < b.target;
}

/// Moves `length` words from `start` to before `target`. A target within the run, or at its end,
/// counts from the end of the run.
Words shifted(const Words& words, std::size_t start, std::size_t length, std::size_t target) {
  Words result = words;
  const auto at = [&](std::size_t i) { return result.begin() + static_cast<std::ptrdiff_t>(i); };
  if (target < start) {
    std::rotate(at(target), at(start), at(start + length));
  } else {
    const std::size_t end = target > start + length ? target : target + length;
    std::rotate(at(start), at(start + length), at(std::min(end, words.size())));
  }
  return result;
}

/// Searches the best shift of one hypothesis.
class ShiftSearch {
 public:
  ShiftSearch(const Words& words, WordSpan reference, BeamDistance& distance, std::size_t& tried)
      : words_(words), reference_(reference), distance_(distance), tried_(tried) {
    distance_.set_base(words);
    alignment_ = align(distance_.base_edits());
  }

  /// Returns the best shift, of length 0 if none is possible.
  Shift best() {
    for (std::size_t start = 0; start < words_.size(); ++start) {
      const std::size_t first = start > kFarthestShift ? start - kFarthestShift : 0;
      const std::size_t end = std::min(reference_.size(), start + kFarthestShift + 1);
      for (std::size_t reference = first; reference < end; ++reference)
        if (!try_runs(start, reference)) return best_;
    }
    return best_;
  }

 private:
  /// Returns false once enough shifts have been tried.
  bool try_runs(std::size_t start, std::size_t reference) {
    const std::size_t longest =
        std::min({kLongestShift, words_.size() - start, reference_.size() - reference});
    for (std::size_t length = 1;
         length <= longest && words_[start + length - 1] == reference_[reference + length - 1];
         ++length) {
      const Run run{start, reference, length};
      if (!may_move(run)) continue;
      try_places(run);
      if (tried_ >= kMostShifts) return false;
    }
    return true;
  }

  bool may_move(const Run& run) const {
    if (!any_of(alignment_.hypothesis_errors, run.start, run.length)) return false;
    if (!any_of(alignment_.reference_errors, run.reference, run.length)) return false;
    const std::ptrdiff_t place = alignment_.places[run.reference];
    return place < static_cast<std::ptrdiff_t>(run.start) ||
           place >= static_cast<std::ptrdiff_t>(run.start + run.length);
  }

  /// Tries the run behind the word before its place in the reference, and behind each word of it.
  void try_places(const Run& run) {
    std::ptrdiff_t previous = -1;
    for (std::size_t offset = 0; offset <= run.length; ++offset) {
      const std::size_t behind = run.reference + offset;  // reference words before the place
      const std::ptrdiff_t target = behind == 0 ? 0 : alignment_.places[behind - 1] + 1;
      if (target == previous) continue;
      previous = target;
      Shift shift;
      shift.length = run.length;
      shift.start = run.start;
      shift.target = static_cast<std::size_t>(target);
      shift.words = shifted(words_, run.start, run.length, shift.target);
      shift.gain = static_cast<std::ptrdiff_t>(distance_.base_cost()) -
                   static_cast<std::ptrdiff_t>(distance_.cost(shift.words));
      ++tried_;
      if (best_.length == 0 || is_better(shift, best_)) best_ = std::move(shift);
    }
  }

  const Words& words_;
  WordSpan reference_;
  BeamDistance& distance_;
  std::size_t& tried_;
  Alignment alignment_;
  Shift best_;
};

}  // namespace

std::size_t ter_edits(WordSpan hypothesis, WordSpan reference) {
  if (reference.empty()) return hypothesis.size();
  BeamDistance distance(hypothesis.size(), reference);
  Words words(hypothesis.begin(), hypothesis.end());
  std::size_t shifts = 0, tried = 0;
  while (true) {
    Shift best = ShiftSearch(words, reference, distance, tried).best();
    if (tried >= kMostShifts || best.gain <= 0) break;
    ++shifts;
    words = std::move(best.words);
  }
  return shifts + distance.base_cost();
}

}  // namespace attend::metrics
