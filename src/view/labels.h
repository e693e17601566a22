// Labels: made visible, measured, shortened. Internal to the folder.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace attend::view {

/// A character with the combining characters behind it, which no label may be cut inside. Simpler
/// than UAX #29 and without its data: enough to shorten a label, not to segment text.
std::vector<std::string_view> clusters(std::string_view text);

/// At most `count` clusters, the last of them `…` when something was left out.
std::string shorten_clusters(std::string_view text, std::size_t count);

/// At most `width` terminal columns, the last `…` when something was left out.
std::string shorten_columns(std::string_view text, std::size_t width);

/// True when the first letter with a direction runs from right to left.
bool right_to_left(std::string_view text);

/// True when a letter or digit in it can turn around what stands beside it on a line.
bool turns_its_line(std::string_view text);

/// True for scripts whose letters join or reorder (Arabic, Devanagari), which may not be written
/// letter below letter.
bool joins_letters(std::string_view text);

/// Which column headings stand upright: those at most `room` units of the font size wide; when more
/// than a third are wider, only single characters.
std::vector<bool> upright_headings(const std::vector<std::string>& labels, double room);

/// An estimate of the width in a sans-serif font, in units of the font size.
double em_width(std::string_view text);

}  // namespace attend::view
