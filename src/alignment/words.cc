#include "alignment/words.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/base.h"

namespace attend::alignment {
Grouping group(std::span<const text::ByteSpan> units, std::span<const text::ByteSpan> words) {
  return {words.size(), text::shared_spans(units, words)};
}

Grouping group(std::span<const text::Unit> units, std::span<const text::ByteSpan> words) {
  return {words.size(), text::shared_spans(units, words)};
}

Grouping group_each(std::size_t units) {
  Grouping grouping;
  grouping.words = units;
  for (std::size_t i = 0; i < units; ++i) grouping.of_units.emplace_back(i, i + 1);
  return grouping;
}

std::vector<std::size_t> units_of_columns(std::size_t columns, std::size_t units) {
  std::vector<std::size_t> result(columns, kNoUnit);
  for (std::size_t j = 0; j < std::min(columns, units); ++j) result[j] = j;
  return result;
}

WordWeights::WordWeights(const UnitWeights& units, const Grouping& source, const Grouping& target,
                         const WordOptions& options)
    : units_(units), options_(options), target_words_(target.words) {
  ATTEND_CHECK_EQ(units.rows.size(), target.of_units.size() * units.column_units.size());
  ATTEND_CHECK(units.end_row.empty() || units.end_row.size() == units.column_units.size());
  for (const auto& [first, end] : source.of_units) {
    for (std::size_t word = first; word < end; ++word) words_.push_back(word);
  }
  std::sort(words_.begin(), words_.end());
  words_.erase(std::unique(words_.begin(), words_.end()), words_.end());
  for (const auto& [first, end] : source.of_units) {
    const auto found = std::lower_bound(words_.begin(), words_.end(), first);
    const auto place = static_cast<std::size_t>(found - words_.begin());
    places_.emplace_back(place, place + (end - first));
  }
  for (std::size_t unit = 0; unit < target.of_units.size(); ++unit) {
    const auto [first, end] = target.of_units[unit];
    for (std::size_t word = first; word < end; ++word) target_units_.emplace_back(word, unit);
  }
  std::sort(target_units_.begin(), target_units_.end());
  items_ = words_.size() + static_cast<std::size_t>(std::count(units.column_units.begin(),
                                                               units.column_units.end(), kNoUnit));
}

// Returns the weights of step `step`, [columns]; empty if there is no such step.
std::span<const float> WordWeights::step(std::ptrdiff_t step) const {
  const std::size_t columns = units_.column_units.size();
  const std::size_t steps = columns == 0 ? 0 : units_.rows.size() / columns;
  if (step < 0 || static_cast<std::size_t>(step) > steps) return {};
  if (static_cast<std::size_t>(step) == steps) return units_.end_row;
  return units_.rows.subspan(static_cast<std::size_t>(step) * columns, columns);
}

// Adds the weights of a step, [columns], to `items` [items_].
void WordWeights::add(std::span<const float> weights, std::vector<double>& items) const {
  std::size_t other = words_.size();
  for (std::size_t column = 0; column < weights.size(); ++column) {
    const std::size_t unit = units_.column_units[column];
    const double weight = weights[column] > 0 ? static_cast<double>(weights[column]) : 0;
    if (unit == kNoUnit) {
      items[other++] += weight;
      continue;
    }
    const auto [first, end] = places_.at(unit);
    for (std::size_t place = first; place < end; ++place) {
      items[place] += weight / static_cast<double>(end - first);
    }
  }
}

// Merges the rows of the units of a target word, [items_]. A unit without a step has no row.
std::vector<double> WordWeights::merged(std::span<const Range> units) const {
  std::vector<double> result(items_, 0.0), items;
  std::size_t rows = 0;
  for (const auto& [word, unit] : units) {
    const auto weights = step(static_cast<std::ptrdiff_t>(unit) + options_.shift);
    if (weights.empty()) continue;
    if (options_.merge == Merge::kFirst && rows > 0) break;
    ++rows;
    items.assign(items_, 0.0);
    add(weights, items);
    for (std::size_t i = 0; i < items_; ++i) {
      result[i] =
          options_.merge == Merge::kMaximum ? std::max(result[i], items[i]) : result[i] + items[i];
    }
  }
  if (options_.merge == Merge::kMean && rows > 0) {
    for (double& value : result) value /= static_cast<double>(rows);
  }
  return result;
}

WordRow WordWeights::row(std::size_t target) const {
  const auto first = std::lower_bound(target_units_.begin(), target_units_.end(), Range(target, 0));
  const auto end = std::lower_bound(first, target_units_.end(), Range(target + 1, 0));
  if (first == end) return {};
  const std::vector<double> items = merged({first, end});
  WordRow row{words_, {}, 0};
  row.weights.reserve(words_.size());
  for (std::size_t i = 0; i < items_; ++i) {
    const auto value = static_cast<float>(items[i]);
    if (i < words_.size()) {
      row.weights.push_back(value);
    } else {
      row.elsewhere = std::max(row.elsewhere, value);
    }
  }
  return row;
}

float WordWeights::at(std::size_t source, std::size_t target) const {
  const WordRow row = this->row(target);
  const auto found = std::lower_bound(row.words.begin(), row.words.end(), source);
  if (found == row.words.end() || *found != source) return 0;
  return row.weights[static_cast<std::size_t>(found - row.words.begin())];
}

WordWeights word_weights(const UnitWeights& units, const Grouping& source, const Grouping& target,
                         const WordOptions& options) {
  return {units, source, target, options};
}

std::vector<Link> best_links(const WordWeights& weights, double threshold) {
  if (!(threshold >= 0 && threshold <= 1)) {
    throw UsageError(fmt::format("threshold: found {}, expected 0 … 1", threshold));
  }
  std::vector<Link> links;
  for (std::size_t target = 0; target < weights.target_words(); ++target) {
    const WordRow row = weights.row(target);
    const auto best = std::max_element(row.weights.begin(), row.weights.end());
    if (best == row.weights.end() || !(*best > 0) || *best < static_cast<float>(threshold) ||
        *best < row.elsewhere) {
      continue;
    }
    links.push_back({row.words[static_cast<std::size_t>(best - row.weights.begin())], target});
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
