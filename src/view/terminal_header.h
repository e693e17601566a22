// Draws column headings in a terminal. Internal to the folder.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace attend::view {

/// Marks of direction, which have no width.
inline constexpr const char* kLeftToRightMark = "\u200E";
inline constexpr const char* kRightToLeftMark = "\u200F";

/// Returns the lines above cells of `cell` columns each. Labels that fit are written above their
/// cells. Longer ones form a staircase with leaders down to their cells, or are written letter
/// below letter where that is shorter and the script allows it. No line is longer than `width`
/// columns.
std::vector<std::string> header_lines(std::span<const std::string> labels, std::size_t cell,
                                      std::size_t width);

/// Returns the label between left-to-right marks if it has right-to-left letters or Arabic digits,
/// so that a terminal does not reorder the rest of the line.
std::string isolated(const std::string& label);

/// Returns a label with spaces after it (or before it) up to `width` columns.
std::string pad_right(const std::string& label, std::size_t width);
std::string pad_left(const std::string& label, std::size_t width);

}  // namespace attend::view
