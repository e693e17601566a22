// Says in which order the words of a line stand. Internal to the folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "view/labels.h"

namespace attend::view {

/// A part of a word whose letters run in one direction, or a space between two words.
struct LinePiece {
  std::size_t word = 0;        ///< of a space: the word after it
  std::string_view text = {};  ///< of a space: empty
  std::uint8_t level = 0;      ///< of embedding (UAX #9); odd: from right to left
  bool begins_word = false;    ///< of a space: false
  bool ends_word = false;

  bool is_space() const { return text.empty(); }
  Direction direction() const {
    return level % 2 == 0 ? Direction::kLeftToRight : Direction::kRightToLeft;
  }
};

/// Orders the words of a sentence as the Unicode bidirectional algorithm (UAX #9) does. Most words
/// are one piece. A word of two directions has several, for example "York." in an Arabic sentence,
/// where the point stands to the left of all Latin words.
class WordOrder {
 public:
  /// `words` are as visible_label() writes them: not empty, and without characters that change
  /// directions. `joined` says which words have no space before them; empty: none. The words must
  /// outlive this object. Fails a check when they have more than 2^30 bytes. The time rises
  /// linearly with the bytes.
  WordOrder(std::span<const std::string> words, std::span<const char> joined, Direction sentence);

  /// Returns the pieces of the words [begin, end) in the order of reading, with the spaces between
  /// them: those that stand on one line. Valid as long as this object.
  std::span<const LinePiece> line(std::size_t begin, std::size_t end) const;

 private:
  std::vector<LinePiece> pieces_;
  std::vector<std::size_t> firsts_;  // [words + 1]: the first piece of each, without the space
};

/// Returns the pieces of a line, as indices, in their order from left to right.
std::vector<std::size_t> from_left(std::span<const LinePiece> line);

}  // namespace attend::view
