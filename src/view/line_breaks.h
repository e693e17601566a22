// Sets words in lines. Internal to the folder.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attend::view {

/// A word that is to be set.
struct WordBox {
  double width = 0;
  bool joined = false;  ///< no space is before it
};

/// Returns the first word of each line of at most `room`, where `space` is between words that are
/// not joined. Joined words stay on one line if they fit on one. A word wider than `room` has a
/// line of its own. No words have no lines. The widths are in any unit.
std::vector<std::size_t> break_lines(std::span<const WordBox> words, double space, double room);

/// Says how a text is set in lines. `measure` returns the width of a text; `room` is in its unit.
struct LineRoom {
  double room = 0;
  std::size_t most_lines = 1;  ///< at least 1
  double (*measure)(std::string_view text) = nullptr;
};

/// Returns a text in lines, broken at its spaces and where a word is wider than a line. The last
/// line ends in `…` when something was left out. A text of spaces has no lines.
std::vector<std::string> wrap_text(std::string_view text, const LineRoom& how);

}  // namespace attend::view
