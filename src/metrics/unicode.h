// The Unicode functions that metrics need. White space is the set that sacreBLEU splits at:
// Unicode's white space and the four ASCII separators U+001C to U+001F.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace attend::metrics {

/// Returns the code points of a UTF-8 text, with U+FFFD for bytes that are not UTF-8.
std::vector<std::uint32_t> code_points(std::string_view text);
std::u32string to_utf32(std::string_view text);
/// Returns code points as UTF-8.
std::string to_utf8(std::u32string_view text);
bool is_space(std::uint32_t code_point);

/// Returns the words of a text: its runs of characters other than white space.
std::vector<std::string_view> split_words(std::string_view text);
/// Returns `text` without the white space at its end, or at both ends.
std::string_view strip_end(std::string_view text);
std::string_view strip(std::string_view text);

/// Full lower-casing, independent of the language.
std::string lower_case(std::string_view text);
/// Returns the canonical composed form (NFC), which is equal for texts that are canonically
/// equivalent.
std::string composed(std::string_view text);
/// Returns `text` with runs of white space as one space and none at either end.
std::string spaced(std::string_view text);
/// Returns the form in which texts are compared: composed and spaced.
std::string comparable(std::string_view text);

}  // namespace attend::metrics
