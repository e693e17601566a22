// From weights between units (characters, subwords, words) to weights and links between the words
// of the raw texts (docs/models.md §14.7).
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "metrics/metrics.h"
#include "text/text.h"

namespace attend::alignment {

using attend::kNoUnit;
using metrics::Link;

/// The words that each unit of a text belongs to.
struct Grouping {
  std::size_t words = 0;
  /// [units]: the words [first, second) of each unit. A unit of white space has none.
  std::vector<std::pair<std::size_t, std::size_t>> of_units;
};

/// Groups units into words: a unit belongs to every word that it shares a byte with. The units are
/// those of one text in their order; `words` must be sorted and disjoint (text::find_words).
Grouping group(std::span<const text::ByteSpan> units, std::span<const text::ByteSpan> words);
Grouping group(std::span<const text::Unit> units, std::span<const text::ByteSpan> words);
/// Makes a word of each unit.
Grouping group_each(std::size_t units);

/// Returns the source unit of each of `columns` columns, of which the first belong to the `units`
/// units of a source in their order and any other one to none.
std::vector<std::size_t> units_of_columns(std::size_t columns, std::size_t units);

/// The weights of a model between the units of a pair.
struct UnitWeights {
  /// [target units, columns]: row i belongs to the step that produced target unit i.
  std::span<const float> rows;
  /// [columns], or empty where it is not known: the row of the step that produced </s>.
  std::span<const float> end_row = {};
  /// [columns]: the source unit of each column, or kNoUnit. Several columns may have one unit.
  std::span<const std::size_t> column_units;
};

/// How the rows of the units of a target word become the row of the word.
enum class Merge {
  kMean,     ///< their mean
  kMaximum,  ///< for each source word, the largest of them
  kFirst     ///< the row of the first unit that has one; the others only continue the word
};

struct WordOptions {
  /// Target unit i has the weights of step i + shift (§6.6). A unit whose step does not exist has
  /// none; the last unit and shift 1 need UnitWeights::end_row.
  int shift = 0;
  Merge merge = Merge::kMean;
};

/// The weights of a model between one target word and the source words.
struct WordRow {
  /// The source words that own a unit, sorted; any other word has weight 0. Empty for a target word
  /// that owns no unit.
  std::span<const std::size_t> words;
  /// [words], 0 … 1. They sum to at most 1, except with Merge::kMaximum.
  std::vector<float> weights;
  float elsewhere = 0;  ///< the largest weight of a column that belongs to no unit
};

/// The weights of a model between the words of a pair. They are computed row by row when they are
/// asked for, because a text may have far more words than the model has read units of it: memory
/// grows with the words and units of the texts, and not with their product.
class WordWeights {
 public:
  /// The result refers to the weights in `units`.
  WordWeights(const UnitWeights& units, const Grouping& source, const Grouping& target,
              const WordOptions& options);

  std::size_t target_words() const { return target_words_; }
  /// Returns the row of a target word. The result refers to this object.
  WordRow row(std::size_t target) const;
  /// Returns one weight of row(target), which it computes.
  float at(std::size_t source, std::size_t target) const;

 private:
  using Range = std::pair<std::size_t, std::size_t>;

  std::span<const float> step(std::ptrdiff_t step) const;
  void add(std::span<const float> weights, std::vector<double>& items) const;
  std::vector<double> merged(std::span<const Range> units) const;

  UnitWeights units_;
  WordOptions options_;
  std::vector<std::size_t> words_;  // the source words that own a unit, sorted
  std::vector<Range> places_;  // [source units]: the words of each unit, [first, second) of words_
  std::size_t target_words_ = 0;
  std::vector<Range> target_units_;  // (target word, target unit), sorted
  /// The source words that own a unit, and the columns without a unit, each by itself.
  std::size_t items_ = 0;
};

/// Adds up the weights of the units of each source word, and merges the rows of the units of each
/// target word. A source unit that belongs to several words gives each of them an equal part of its
/// weight; the weight of a unit that belongs to no word is dropped. A target unit that belongs to
/// several words counts in each of them. Weights that are not above 0 (or NaN) count as 0.
WordWeights word_weights(const UnitWeights& units, const Grouping& source, const Grouping& target,
                         const WordOptions& options = {});

/// Returns for every target word the source word of the largest weight (ties: the first), if this
/// weight is above 0, at least `threshold` (0 … 1, otherwise UsageError) and not below the largest
/// weight of a column without a unit. The links are sorted by target word.
std::vector<Link> best_links(const WordWeights& weights, double threshold = 0);

/// Returns the links of a model of the opposite direction, whose source is this target, sorted.
std::vector<Link> inverted(std::span<const Link> links);

}  // namespace attend::alignment
