// Makes labels visible, measures them and shortens them. Internal to the folder.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attend::view {

/// Returns the characters of a text, each with the combining characters that follow it: no label
/// may be cut inside one. This is simpler than UAX #29 and needs none of its data; it is enough to
/// shorten a label, not to segment text.
std::vector<std::string_view> clusters(std::string_view text);

/// Returns at most `count` clusters. The last one is `…` when something was left out.
std::string shorten_clusters(std::string_view text, std::size_t count);

/// Returns at most `width` terminal columns. The last character is `…` when something was left out.
std::string shorten_columns(std::string_view text, std::size_t width);

/// Returns at most `width` times the font size of text (em_width), but at least one cluster. The
/// last character is `…` when something was left out.
std::string shorten_ems(std::string_view text, double width);

enum class Direction { kLeftToRight, kRightToLeft };

/// Returns the name of a direction in SVG and HTML: "ltr" or "rtl".
constexpr std::string_view name(Direction direction) {
  return direction == Direction::kLeftToRight ? "ltr" : "rtl";
}

/// Returns the direction of the first letter that has one. Digits and marks alone have none.
std::optional<Direction> first_direction(std::string_view text);

/// Whether the first letter that has a direction runs from right to left.
bool right_to_left(std::string_view text);

/// Whether the text has a right-to-left letter or an Arabic digit, which can reverse the order of
/// its neighbours on a line.
bool turns_its_line(std::string_view text);

/// Whether the text is in a script whose letters join or reorder (Arabic, Devanagari). Such text
/// may not be written letter below letter.
bool joins_letters(std::string_view text);

/// Returns for each column heading whether it is drawn upright. Headings of at most `room` times
/// the font size are. When more than a third of the headings are wider than that, only headings of
/// a single character (clusters()) are drawn upright.
std::vector<bool> upright_headings(const std::vector<std::string>& labels, double room);

/// Estimates the width of a text in a sans-serif font, in units of the font size.
double em_width(std::string_view text);

}  // namespace attend::view
