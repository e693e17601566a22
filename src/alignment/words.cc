#include "alignment/words.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/base.h"

namespace attend::alignment {
namespace {

// The row of a target unit over "items": the source words, and behind them the columns without a
// unit, each by itself.
class ItemRows {
 public:
  ItemRows(const UnitWeights& units, const Grouping& source) : units_(units), source_(source) {
    items_ = source.words;
    for (const std::size_t unit : units.column_units) {
      if (unit == kNoUnit) ++items_;
    }
  }

  std::size_t items() const { return items_; }

  /// Returns the weights of step `step`, [columns]; empty if there is no such step.
  std::span<const float> step(std::ptrdiff_t step) const {
    const std::size_t columns = units_.column_units.size();
    const std::size_t steps = columns == 0 ? 0 : units_.rows.size() / columns;
    if (step < 0 || static_cast<std::size_t>(step) > steps) return {};
    if (static_cast<std::size_t>(step) == steps) return units_.end_row;
    return units_.rows.subspan(static_cast<std::size_t>(step) * columns, columns);
  }

  /// Adds the weights of a step, [columns], to `row` [items].
  void add(std::span<const float> weights, std::vector<double>& row) const {
    std::size_t other = source_.words;
    for (std::size_t column = 0; column < weights.size(); ++column) {
      const std::size_t unit = units_.column_units[column];
      const double weight = weights[column] > 0 ? static_cast<double>(weights[column]) : 0;
      if (unit == kNoUnit) {
        row[other++] += weight;
        continue;
      }
      const auto [first, end] = source_.of_units.at(unit);
      for (std::size_t word = first; word < end; ++word) {
        row[word] += weight / static_cast<double>(end - first);
      }
    }
  }

 private:
  const UnitWeights& units_;
  const Grouping& source_;
  std::size_t items_ = 0;
};

// The merged rows of the target words.
class MergedRows {
 public:
  MergedRows(std::size_t words, std::size_t items, Merge merge)
      : items_(items), merge_(merge), sums_(words * items, 0.0), counts_(words, 0) {}

  void add(std::size_t word, const std::vector<double>& row) {
    ++counts_[word];
    double* sum = sums_.data() + word * items_;
    for (std::size_t item = 0; item < items_; ++item) {
      sum[item] = merge_ == Merge::kMean ? sum[item] + row[item] : std::max(sum[item], row[item]);
    }
  }

  double value(std::size_t word, std::size_t item) const {
    const bool mean = merge_ == Merge::kMean && counts_[word] > 0;
    return sums_[word * items_ + item] / (mean ? static_cast<double>(counts_[word]) : 1.0);
  }

 private:
  std::size_t items_;
  Merge merge_;
  std::vector<double> sums_;         // [words, items]
  std::vector<std::size_t> counts_;  // [words]: how many units have a row
};

}  // namespace

Grouping group(std::span<const text::ByteSpan> units, std::span<const text::ByteSpan> words) {
  return {words.size(), text::shared_spans(units, words)};
}

Grouping group_each(std::size_t units) {
  Grouping grouping;
  grouping.words = units;
  for (std::size_t i = 0; i < units; ++i) grouping.of_units.emplace_back(i, i + 1);
  return grouping;
}

WordWeights word_weights(const UnitWeights& units, const Grouping& source, const Grouping& target,
                         const WordOptions& options) {
  ATTEND_CHECK_EQ(units.rows.size(), target.of_units.size() * units.column_units.size());
  ATTEND_CHECK(units.end_row.empty() || units.end_row.size() == units.column_units.size());
  const ItemRows rows(units, source);
  MergedRows merged(target.words, rows.items(), options.merge);
  std::vector<double> row;
  for (std::size_t i = 0; i < target.of_units.size(); ++i) {
    const auto [first, end] = target.of_units[i];
    const auto weights = rows.step(static_cast<std::ptrdiff_t>(i) + options.shift);
    if (weights.empty() || first == end) continue;
    row.assign(rows.items(), 0.0);
    rows.add(weights, row);
    for (std::size_t word = first; word < end; ++word) merged.add(word, row);
  }
  WordWeights result{source.words, target.words, {}, std::vector<float>(target.words, 0.0F)};
  result.weights.reserve(source.words * target.words);
  for (std::size_t word = 0; word < target.words; ++word) {
    for (std::size_t item = 0; item < rows.items(); ++item) {
      const auto value = static_cast<float>(merged.value(word, item));
      if (item < source.words) {
        result.weights.push_back(value);
      } else {
        result.elsewhere[word] = std::max(result.elsewhere[word], value);
      }
    }
  }
  return result;
}

std::vector<Link> best_links(const WordWeights& weights, double threshold) {
  if (!(threshold >= 0 && threshold <= 1)) {
    throw UsageError(fmt::format("threshold: found {}, expected 0 … 1", threshold));
  }
  std::vector<Link> links;
  for (std::size_t target = 0; target < weights.target_words; ++target) {
    std::size_t best = 0;
    float largest = 0;
    for (std::size_t source = 0; source < weights.source_words; ++source) {
      if (weights.at(source, target) <= largest) continue;
      best = source;
      largest = weights.at(source, target);
    }
    const bool enough = largest > 0 && largest >= static_cast<float>(threshold);
    if (enough && largest >= weights.elsewhere[target]) links.push_back({best, target});
  }
  return links;
}

std::vector<Link> inverted(std::span<const Link> links) {
  std::vector<Link> result;
  result.reserve(links.size());
  for (const Link& link : links) result.push_back({link.target, link.source});
  std::sort(result.begin(), result.end());
  return result;
}

}  // namespace attend::alignment
