// Small Unicode helpers that need no data tables of ICU.
#pragma once

#include <cstddef>
#include <string_view>

namespace attend::text {

/// Position of the first byte that is not part of well-formed UTF-8, or std::string_view::npos.
/// Surrogates, overlong forms and values above U+10FFFF are not well-formed.
std::size_t find_broken_utf8(std::string_view text);

/// True when no byte is above 0x7F.
bool is_ascii(std::string_view text);

/// The Unicode property White_Space.
bool is_white_space(char32_t code_point);

/// True for a character that nobody sees and that no script needs: control characters that are no
/// white space, soft hyphen, zero-width space, word joiner, byte order mark, marks of direction,
/// invisible operators, annotation marks, language tag. False for what chooses the form of letters
/// or pictures: joiners (U+200C, U+200D, U+034F), variation selectors, Mongolian and Hangul
/// fillers, emoji tags.
bool is_invisible(char32_t code_point);

/// True when an invisible character occurs in `text` (well-formed).
bool has_invisible(std::string_view text);

/// The code point at `position`, which moves behind it. `text` must be well-formed.
char32_t next_code_point(std::string_view text, std::size_t& position);

/// True when `text` (well-formed) is empty or all white space.
bool is_blank(std::string_view text);

}  // namespace attend::text
