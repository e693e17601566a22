// Column headings in a terminal. Internal to the folder.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace attend::view {

/// The lines above cells of `cell` columns each. Labels that fit stand above their cells; longer
/// ones stand on a staircase with leaders down to their cells, or letter below letter where that is
/// shorter and the script allows it. No line is longer than `width` columns.
std::vector<std::string> header_lines(std::span<const std::string> labels, std::size_t cell,
                                      std::size_t width);

/// Keeps a label of a right-to-left script from turning its whole line around.
std::string isolated(const std::string& label);

/// A label followed (or preceded) by spaces up to `width` columns.
std::string pad_right(const std::string& label, std::size_t width);
std::string pad_left(const std::string& label, std::size_t width);

}  // namespace attend::view
