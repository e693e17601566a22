// Pictures that several tests draw.
#pragma once

#include <string>
#include <vector>

#include "view/view.h"

namespace attend::view {

inline AlignmentPicture small_picture() {
  return {.source_units = {"7", "/", "May"},
          .target_units = {"0", "5"},
          .alignment = {1, 0, 0, 0, 0.25F, 0.75F},  // [2, 3]
          .title = "7/May",
          .target_probabilities = {}};
}

/// Returns a picture of `rows` by `columns` units of one letter, in which every row is uniform.
inline AlignmentPicture uniform_picture(std::size_t rows, std::size_t columns) {
  AlignmentPicture picture;
  picture.source_units.assign(columns, "s");
  picture.target_units.assign(rows, "t");
  picture.alignment.assign(rows * columns, 1.0F / static_cast<float>(columns));
  return picture;
}

/// Returns pictures without target units, without source units, and without any.
inline std::vector<AlignmentPicture> empty_pictures() {
  std::vector<AlignmentPicture> pictures(3);
  pictures[0].source_units = {"the", "red", "house"};
  pictures[0].title = "the red house → ";
  pictures[1].target_units = {"a", "b"};
  pictures[1].target_probabilities = {0.5F, 1};
  return pictures;
}

/// Returns units that try to break out of markup, of scripts, of the terminal and of the line.
inline AlignmentPicture hostile_picture() {
  AlignmentPicture picture;
  picture.source_units = {"</script><script>alert(1)</script>",
                          "\x1b[31mred",
                          "\xff\xc0\x80",
                          "\u202Eabc",
                          "",
                          "\u0301",
                          "\u2028",
                          "\" onmouseover='x' &amp;",
                          std::string("a\0b", 3),
                          "\uFFFE\uFDD0"};
  picture.target_units = {"]]>", "<!--", "\t\n"};
  picture.alignment.assign(30, 0.1F);
  picture.title = "</title><b>\x07\xfe";
  return picture;
}

}  // namespace attend::view
