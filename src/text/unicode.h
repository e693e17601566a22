// Small Unicode functions that need no data tables of ICU.
#pragma once

#include <cstddef>
#include <string_view>

namespace attend::text {

/// Returns the position of the first byte that is not part of well-formed UTF-8, or
/// std::string_view::npos. Surrogates, overlong forms and values above U+10FFFF are not
/// well-formed.
std::size_t find_broken_utf8(std::string_view text);

/// Whether every byte is at most 0x7F.
bool is_ascii(std::string_view text);

/// Whether the code point has the Unicode property White_Space.
bool is_white_space(char32_t code_point);

/// Whether the character is invisible and no script needs it: control characters other than white
/// space, soft hyphen, zero-width space, word joiner, byte order mark, marks of direction,
/// invisible operators, annotation marks, language tag. False for characters that choose the form
/// of letters or pictures: joiners (U+200C, U+200D, U+034F), variation selectors, Mongolian and
/// Hangul fillers, emoji tags.
bool is_invisible(char32_t code_point);

/// Whether `text`, which must be well-formed, contains an invisible character.
bool has_invisible(std::string_view text);

/// Returns the code point at `position` and moves `position` to the next one. `text` must be
/// well-formed.
char32_t next_code_point(std::string_view text, std::size_t& position);

/// Whether `text`, which must be well-formed, is empty or only white space.
bool is_blank(std::string_view text);

}  // namespace attend::text
