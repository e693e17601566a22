#include "text/marks.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/base.h"
#include "text/unicode.h"

namespace attend::text {
namespace {

constexpr std::string_view kOpen = "<span>", kClose = "</span>";

// A range of words, the last one included.
struct WordRange {
  std::size_t first = 0;
  std::size_t last = 0;
};

std::string_view without_blanks(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

// Returns the start of a text that a message shows.
std::string excerpt(std::string_view text) {
  constexpr std::size_t kLongest = 40;
  if (text.size() <= kLongest) return std::string(text);
  std::size_t length = kLongest;
  while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xC0) == 0x80) --length;
  return std::string(text.substr(0, length)) + "…";
}

std::optional<WordRange> parse_range(std::string_view text) {
  WordRange range;
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, range.first);
  if (first.ec != std::errc()) return std::nullopt;
  range.last = range.first;
  if (first.ptr == end) return range;
  if (*first.ptr != '-') return std::nullopt;
  const auto last = std::from_chars(first.ptr + 1, end, range.last);
  if (last.ec != std::errc() || last.ptr != end || range.last < range.first) return std::nullopt;
  return range;
}

// Sorts spans, none of them empty, and joins those that touch or overlap.
std::vector<ByteSpan> sorted_and_disjoint(std::vector<ByteSpan> spans) {
  std::sort(spans.begin(), spans.end(),
            [](const ByteSpan& a, const ByteSpan& b) { return a.begin < b.begin; });
  std::vector<ByteSpan> result;
  for (const ByteSpan& span : spans) {
    if (!result.empty() && span.begin <= result.back().end) {
      result.back().end = std::max(result.back().end, span.end);
    } else {
      result.push_back(span);
    }
  }
  return result;
}

}  // namespace

std::string take_field(std::string& line, std::size_t column) {
  std::size_t begin = 0, fields = 1;
  while (fields < column) {
    const std::size_t tab = line.find('\t', begin);
    if (tab == std::string::npos) {
      throw DataError(fmt::format("{} field{}, expected the allowed words in field {}", fields,
                                  fields == 1 ? "" : "s", column));
    }
    begin = tab + 1;
    ++fields;
  }
  const std::size_t end = std::min(line.find('\t', begin), line.size());
  std::string field = line.substr(begin, end - begin);
  if (end < line.size()) {
    line.erase(begin, end + 1 - begin);
  } else {
    line.erase(begin == 0 ? 0 : begin - 1);
  }
  return field;
}

std::vector<ByteSpan> find_words(std::string_view text) {
  std::vector<ByteSpan> words;
  bool inside = false;
  for (std::size_t position = 0; position < text.size();) {
    const std::size_t begin = position;
    if (is_white_space(next_code_point(text, position))) {
      inside = false;
      continue;
    }
    if (!inside) words.push_back({begin, position});
    words.back().end = position;
    inside = true;
  }
  return words;
}

std::vector<ByteSpan> parse_word_ranges(std::string_view ranges, std::string_view text) {
  const std::vector<ByteSpan> words = find_words(text);
  std::vector<ByteSpan> spans;
  for (std::size_t begin = 0; begin <= ranges.size();) {
    const std::size_t end = std::min(ranges.find(',', begin), ranges.size());
    const std::string_view item = without_blanks(ranges.substr(begin, end - begin));
    begin = end + 1;
    const std::optional<WordRange> range = parse_range(item);
    if (!range) {
      throw DataError(
          fmt::format("'{}' is no range of words where attention may look, expected a list like "
                      "2-5,7",
                      excerpt(item)));
    }
    if (range->last >= words.size()) {
      throw DataError(fmt::format("'{}' points beyond the {} source words, which count from 0",
                                  excerpt(item), words.size()));
    }
    spans.push_back({words[range->first].begin, words[range->last].end});
  }
  return sorted_and_disjoint(std::move(spans));
}

MarkedSource remove_span_markup(std::string_view text) {
  MarkedSource result;
  bool open = false;
  std::size_t begin = 0;  // of the open span in the result
  for (std::size_t position = 0; position < text.size();) {
    const std::string_view rest = text.substr(position);
    if (rest.starts_with(kOpen)) {
      if (open) throw DataError("a <span> inside a <span>");
      open = true;
      begin = result.text.size();
      position += kOpen.size();
    } else if (rest.starts_with(kClose)) {
      if (!open) throw DataError("a </span> without a <span>");
      if (begin < result.text.size()) result.allowed.push_back({begin, result.text.size()});
      open = false;
      position += kClose.size();
    } else {
      result.text += text[position++];
    }
  }
  if (open) throw DataError("a <span> without a </span>");
  if (result.allowed.empty() && !is_blank(result.text)) {
    throw DataError("no <span> with text, expected one where attention may look");
  }
  result.allowed = sorted_and_disjoint(std::move(result.allowed));
  return result;
}

MarkedSource read_marks(std::string source, std::string_view ranges, const SourceMarks& marks) {
  if (!marks.any()) return {std::move(source)};
  MarkedSource result =
      marks.span_markup ? remove_span_markup(source) : MarkedSource{std::move(source)};
  if (is_blank(result.text)) {
    result.allowed.clear();
  } else if (marks.allowed_column > 0) {
    result.allowed = parse_word_ranges(ranges, result.text);
  }
  return result;
}

MarkedSource read_marked_line(std::string line, const SourceMarks& marks) {
  if (marks.allowed_column == 0 || is_blank(line)) return read_marks(std::move(line), {}, marks);
  const std::string ranges = take_field(line, marks.allowed_column);
  return read_marks(std::move(line), ranges, marks);
}

std::vector<std::pair<std::size_t, std::size_t>> shared_spans(std::span<const ByteSpan> units,
                                                              std::span<const ByteSpan> spans) {
  std::vector<std::pair<std::size_t, std::size_t>> result;
  result.reserve(units.size());
  std::size_t first = 0, end = 0;  // neither decreases, because the borders of units do not
  for (const ByteSpan& unit : units) {
    while (first < spans.size() && spans[first].end <= unit.begin) ++first;
    while (end < spans.size() && spans[end].begin < unit.end) ++end;
    result.emplace_back(first, std::max(first, end));
  }
  return result;
}

std::vector<std::pair<std::size_t, std::size_t>> shared_spans(std::span<const Unit> units,
                                                              std::span<const ByteSpan> spans) {
  std::vector<ByteSpan> bytes;
  bytes.reserve(units.size());
  for (const Unit& unit : units) bytes.push_back(unit.span);
  return shared_spans(bytes, spans);
}

std::vector<char> covered_units(std::span<const Unit> units, std::span<const ByteSpan> spans) {
  std::vector<char> covered;
  covered.reserve(units.size());
  for (const auto& [first, end] : shared_spans(units, spans)) covered.push_back(first < end);
  return covered;
}

}  // namespace attend::text
