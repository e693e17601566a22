#include "model/borders.h"

#include <algorithm>

#include "base/base.h"

namespace attend::model {
namespace {

// The end of a sentence in the raw text, and whether a paragraph ends there too.
struct End {
  std::size_t place = 0;
  bool of_paragraph = false;
};

// Returns the end of each column in the raw text, behind its TAB.
std::vector<std::size_t> column_ends(std::string_view raw) {
  std::vector<std::size_t> ends;
  for (std::size_t tab = raw.find('\t'); tab != std::string_view::npos;
       tab = raw.find('\t', tab + 1)) {
    ends.push_back(tab + 1);
  }
  if (ends.empty() || ends.back() < raw.size()) ends.push_back(raw.size());
  return ends;
}

// Whether units begin in more than one of the columns.
bool has_several_columns(std::span<const std::size_t> ends, std::span<const text::Unit> units) {
  if (units.empty()) return false;
  const auto column = [&](const text::Unit& unit) {
    return std::upper_bound(ends.begin(), ends.end(), unit.span.begin) - ends.begin();
  };
  return column(units.front()) != column(units.back());
}

// Appends the ends of ICU's sentences in raw[begin, end), which is a paragraph.
void append_sentences(std::string_view raw, std::size_t begin, std::size_t end,
                      std::vector<End>& ends) {
  for (const std::size_t place : text::sentence_ends(raw.substr(begin, end - begin))) {
    ends.push_back({begin + place, begin + place == end});
  }
}

std::vector<End> find_ends(std::string_view raw, std::span<const text::Unit> units, int levels) {
  std::vector<End> ends;
  const std::vector<std::size_t> columns = column_ends(raw);
  if (levels == 2) {
    if (has_several_columns(columns, units)) {
      for (const std::size_t end : columns) ends.push_back({end});
    } else {
      append_sentences(raw, 0, raw.size(), ends);
    }
    return ends;
  }
  std::size_t begin = 0;
  for (const std::size_t end : columns) {
    append_sentences(raw, begin, end, ends);
    begin = end;
  }
  return ends;
}

}  // namespace

Borders find_borders(std::string_view raw, std::span<const text::Unit> units, int levels) {
  ATTEND_CHECK(levels >= 1 && levels <= 3);
  Borders borders;
  if (levels == 1 || units.empty()) return borders;
  const std::vector<End> ends = find_ends(raw, units, levels);
  bool new_sentence = true, new_paragraph = levels == 3;
  std::size_t sentence = 0;  // index in `ends` of the sentence of the current unit
  std::size_t length = 0;    // units of the current sentence so far
  for (std::size_t i = 0; i < units.size(); ++i) {
    while (sentence + 1 < ends.size() && ends[sentence].place <= units[i].span.begin) {
      new_sentence = true;
      new_paragraph = new_paragraph || (levels == 3 && ends[sentence].of_paragraph);
      ++sentence;
    }
    if (new_sentence || length == kMaximumSentenceUnits) {
      if (new_paragraph) {
        borders.paragraphs.push_back(static_cast<std::int32_t>(borders.sentences.size()));
      }
      borders.sentences.push_back(static_cast<std::int32_t>(i));
      new_sentence = new_paragraph = false;
      length = 0;
    }
    ++length;
  }
  return borders;
}

Borders first_units(Borders borders, std::size_t count) {
  const auto keep_below = [](std::vector<std::int32_t>& starts, std::size_t limit) {
    while (!starts.empty() && static_cast<std::size_t>(starts.back()) >= limit) starts.pop_back();
  };
  keep_below(borders.sentences, count);
  keep_below(borders.paragraphs, borders.sentences.size());
  return borders;
}

std::vector<Group> find_groups(std::span<const std::int32_t> firsts, std::size_t size) {
  std::vector<Group> groups;
  for (std::size_t k = 0; k < firsts.size(); ++k) {
    const auto begin = static_cast<std::size_t>(firsts[k]);
    const std::size_t end = k + 1 < firsts.size() ? static_cast<std::size_t>(firsts[k + 1]) : size;
    ATTEND_CHECK(firsts[0] == 0 && begin < end && end <= size);
    groups.push_back({begin, end - begin});
  }
  return groups;
}

}  // namespace attend::model
