#include "view/line_breaks.h"

#include <algorithm>

#include "view/labels.h"

namespace attend::view {
namespace {

/// Returns the words of a text. A word that is wider than a line comes in clusters.
std::vector<std::string_view> pieces_of(std::string_view text, const LineRoom& how,
                                        std::vector<WordBox>& boxes) {
  std::vector<std::string_view> pieces;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    at = end + 1;
    if (word.empty()) continue;
    const double width = how.measure(word);
    const std::vector<std::string_view> parts =
        width <= how.room ? std::vector{word} : clusters(word);
    for (std::size_t k = 0; k < parts.size(); ++k) {
      boxes.push_back({parts.size() == 1 ? width : how.measure(parts[k]), k > 0});
    }
    pieces.insert(pieces.end(), parts.begin(), parts.end());
  }
  return pieces;
}

/// Returns the line with `…` at its end, for which its last clusters give way.
std::string with_dots(const std::string& line, const LineRoom& how) {
  std::vector<std::string_view> kept = clusters(line);
  double width = how.measure(line) + how.measure("…");
  while (width > how.room && kept.size() > 1) {
    width -= how.measure(kept.back());
    kept.pop_back();
  }
  std::string text;
  for (const std::string_view cluster : kept) text += cluster;
  return text + "…";
}

}  // namespace

std::vector<std::size_t> break_lines(std::span<const WordBox> words, double space, double room) {
  std::vector<std::size_t> lines;
  double used = 0;
  for (std::size_t begin = 0; begin < words.size();) {
    std::size_t end = begin + 1;
    double together = words[begin].width;
    for (; end < words.size() && words[end].joined; ++end) together += words[end].width;
    for (std::size_t i = begin; i < end; ++i) {
      const double gap = i == begin ? space : 0;
      const bool keeps_together = i == begin && together <= room;
      const double needed = gap + (keeps_together ? together : words[i].width);
      if (lines.empty() || used + needed > room) {
        lines.push_back(i);
        used = words[i].width;
      } else {
        used += gap + words[i].width;
      }
    }
    begin = end;
  }
  return lines;
}

std::vector<std::string> wrap_text(std::string_view text, const LineRoom& how) {
  std::vector<WordBox> boxes;
  const std::vector<std::string_view> pieces = pieces_of(text, how, boxes);
  const std::vector<std::size_t> begins = break_lines(boxes, how.measure(" "), how.room);
  std::vector<std::string> lines;
  for (std::size_t k = 0; k < std::min(begins.size(), how.most_lines); ++k) {
    const std::size_t end = k + 1 < begins.size() ? begins[k + 1] : pieces.size();
    std::string& line = lines.emplace_back();
    for (std::size_t i = begins[k]; i < end; ++i) {
      if (i > begins[k] && !boxes[i].joined) line += ' ';
      line += pieces[i];
    }
  }
  if (begins.size() > how.most_lines) lines.back() = with_dots(lines.back(), how);
  return lines;
}

}  // namespace attend::view
