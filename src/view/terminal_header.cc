#include "view/terminal_header.h"

#include <algorithm>

#include "view/labels.h"
#include "view/view.h"

namespace attend::view {
namespace {

constexpr std::size_t kLongestStep = 24;      // in columns, of a label on the staircase
constexpr std::size_t kLongestVertical = 14;  // letters below one another
constexpr std::size_t kAlwaysStaircase = 4;   // so many lines are always worth their space

std::string spaces(std::size_t count) { return std::string(count, ' '); }

/// A line of text whose pieces are set from left to right.
class Line {
 public:
  void put(std::size_t column, const std::string& piece) {
    text_ += spaces(column - columns_);
    text_ += isolated(piece);
    columns_ = column + display_width(piece);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
  std::size_t columns_ = 0;
};

struct Staircase {
  std::vector<std::string> labels;
  std::vector<std::size_t> heights;  // lines above the lowest one, [labels]
  std::size_t lines = 0;
};

/// A label may cross the columns to its right only above their labels. Its height is therefore one
/// more than the greatest height among the labels that it covers.
Staircase build_staircase(std::span<const std::string> labels, std::size_t cell,
                          std::size_t width) {
  Staircase stairs{{}, std::vector<std::size_t>(labels.size()), 0};
  for (std::size_t j = 0; j < labels.size(); ++j) {
    const std::size_t room = std::max(width - std::min(width, j * cell), cell);
    stairs.labels.push_back(shorten_columns(labels[j], std::min(room, kLongestStep)));
  }
  for (std::size_t j = labels.size(); j-- > 0;) {
    const std::size_t columns = display_width(stairs.labels[j]);
    const bool one_character = columns <= cell && clusters(stairs.labels[j]).size() == 1;
    const std::size_t needed = one_character ? columns : columns + 1;  // with a space after it
    for (std::size_t i = j + 1; i < labels.size() && (i - j) * cell < needed; ++i) {
      stairs.heights[j] = std::max(stairs.heights[j], stairs.heights[i] + 1);
    }
    stairs.lines = std::max(stairs.lines, stairs.heights[j] + 1);
  }
  return stairs;
}

std::vector<std::string> draw_staircase(const Staircase& stairs, std::size_t cell) {
  std::vector<std::string> lines;
  for (std::size_t height = stairs.lines; height-- > 0;) {
    Line line;
    for (std::size_t j = 0; j < stairs.labels.size(); ++j) {
      if (stairs.heights[j] == height) line.put(j * cell, stairs.labels[j]);
      if (stairs.heights[j] > height) line.put(j * cell, "│");
    }
    lines.push_back(line.take());
  }
  return lines;
}

std::vector<std::string> draw_vertical(std::span<const std::string> labels, std::size_t cell) {
  std::vector<std::string> shortened;
  std::size_t height = 0;
  for (const std::string& label : labels) {
    shortened.push_back(shorten_clusters(label, kLongestVertical));
    height = std::max(height, clusters(shortened.back()).size());
  }
  std::vector<Line> lines(height);
  for (std::size_t j = 0; j < shortened.size(); ++j) {
    const auto letters = clusters(shortened[j]);
    for (std::size_t k = 0; k < letters.size(); ++k) {
      lines[height - letters.size() + k].put(j * cell, std::string(letters[k]));
    }
  }
  std::vector<std::string> texts;
  for (Line& line : lines) texts.push_back(line.take());
  return texts;
}

}  // namespace

std::string isolated(const std::string& label) {
  return turns_its_line(label) ? kLeftToRightMark + label + kLeftToRightMark : label;
}

std::string pad_right(const std::string& label, std::size_t width) {
  return isolated(label) + spaces(width - std::min(width, display_width(label)));
}

std::string pad_left(const std::string& label, std::size_t width) {
  return spaces(width - std::min(width, display_width(label))) + isolated(label);
}

std::vector<std::string> header_lines(std::span<const std::string> labels, std::size_t cell,
                                      std::size_t width) {
  const Staircase stairs = build_staircase(labels, cell, width);
  if (stairs.lines <= kAlwaysStaircase) return draw_staircase(stairs, cell);
  if (std::any_of(labels.begin(), labels.end(), joins_letters)) return draw_staircase(stairs, cell);
  std::vector<std::string> vertical = draw_vertical(labels, cell);
  return vertical.size() < stairs.lines ? vertical : draw_staircase(stairs, cell);
}

}  // namespace attend::view
