// Sets words in lines. Internal to the folder.
#pragma once

#include <cstddef>
#include <span>
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

}  // namespace attend::view
