#include "text/columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>

#include "base/base.h"

namespace attend::text {
namespace {

constexpr std::size_t kLargest = 1'000'000;

// Reads a column number at the beginning of `text` and takes it off.
std::optional<std::size_t> take_number(std::string_view& text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value == 0 || value > kLargest) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

[[noreturn]] void refuse(std::string_view text) {
  throw UsageError(fmt::format(
      "found '{}', expected a column, counted from 1, or a list of columns like 1,3 or 2,4-6 or 4-",
      text));
}

// Returns the column that a side has which is not named, where the other side has `taken`.
Columns remaining(std::size_t usual, const Columns& taken, const char* side) {
  if (!taken.contains(usual)) return Columns::one(usual);
  const std::size_t other = 3 - usual;
  if (!taken.contains(other)) return Columns::one(other);
  const bool is_source = side == std::string_view("source");
  const char* const label = is_source ? "text" : "label";  // its name in classifiers
  throw UsageError(fmt::format(
      "columns {} are those of the {}: name the columns of the {} too (--{}-column) or of the {} "
      "(--{}-column)",
      taken.name(), is_source ? "target" : "source", side, side, label, label));
}

}  // namespace

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  for (std::size_t begin = 0; begin <= line.size();) {
    const std::size_t end = std::min(line.find('\t', begin), line.size());
    fields.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  return fields;
}

Columns Columns::parse(std::string_view text) {
  Columns columns;
  columns.name_ = text;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    std::string_view item = text.substr(begin, end - begin);
    begin = end + 1;
    const std::optional<std::size_t> first = take_number(item);
    if (!first) refuse(text);
    Range range{*first, *first};
    if (!item.empty()) {
      if (item.front() != '-') refuse(text);
      item.remove_prefix(1);
      const std::optional<std::size_t> last = item.empty() ? kRest : take_number(item);
      if (!last || !item.empty() || *last < *first) refuse(text);
      range.last = *last;
    }
    if (columns.overlaps(range)) {
      throw UsageError(fmt::format("found '{}', which names a column twice", text));
    }
    columns.ranges_.push_back(range);
  }
  return columns;
}

Columns Columns::one(std::size_t column) {
  Columns columns;
  columns.ranges_.push_back({column, column});
  columns.name_ = std::to_string(column);
  return columns;
}

std::size_t Columns::needed() const {
  std::size_t needed = 0;
  for (const Range& range : ranges_) {
    needed = std::max(needed, range.last == kRest ? range.first : range.last);
  }
  return needed;
}

std::size_t Columns::named() const {
  std::size_t named = 0;
  for (const Range& range : ranges_) {
    if (range.last != kRest) named = std::max(named, range.last);
  }
  return named;
}

bool Columns::overlaps(const Range& range) const {
  return std::any_of(ranges_.begin(), ranges_.end(), [&](const Range& own) {
    return own.first <= range.last && range.first <= own.last;
  });
}

bool Columns::contains(std::size_t column) const { return overlaps(Range{column, column}); }

bool Columns::overlaps(const Columns& other) const {
  return std::any_of(other.ranges_.begin(), other.ranges_.end(),
                     [&](const Range& range) { return overlaps(range); });
}

std::vector<std::string> Columns::select(std::span<const std::string_view> fields) const {
  ATTEND_CHECK(fields.size() >= named());
  std::vector<std::string> texts;
  for (const Range& range : ranges_) {
    const std::size_t end = std::min(range.last, fields.size());
    for (std::size_t column = range.first; column <= end; ++column) {
      texts.emplace_back(fields[column - 1]);
    }
  }
  return texts;
}

std::string Columns::join(std::span<const std::string_view> fields) const {
  ATTEND_CHECK(fields.size() >= needed());
  std::string text;
  bool first = true;
  for (const std::string& field : select(fields)) {
    if (!first) text += '\t';
    text += field;
    first = false;
  }
  return text;
}

PairColumns PairColumns::complete() const {
  PairColumns both = *this;
  if (source.empty()) both.source = remaining(1, target, "source");
  if (target.empty()) both.target = remaining(2, source, "target");
  if (both.source.overlaps(both.target)) {
    throw UsageError(fmt::format("columns {} of the source and {} of the target share a column",
                                 both.source.name(), both.target.name()));
  }
  for (const auto& [columns, side] :
       {std::pair(&both.source, "source"), std::pair(&both.target, "target")}) {
    if (both.references.overlaps(*columns)) {
      throw UsageError(
          fmt::format("columns {} of the {} and {} of further references share a column",
                      columns->name(), side, both.references.name()));
    }
  }
  return both;
}

}  // namespace attend::text
