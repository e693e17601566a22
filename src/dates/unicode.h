// The few ICU functions that this folder uses, on UTF-8.
#pragma once

#include <unicode/locid.h>
#include <unicode/unistr.h>

#include <string>
#include <string_view>

namespace attend::dates {

std::string utf8(const icu::UnicodeString& text);
icu::UnicodeString utf16(std::string_view text);

std::string nfc(std::string_view text);
/// Removes the accents of Latin and Greek letters and writes o, l, d, i for ø, ł, đ, ı. Other
/// scripts stay unchanged.
std::string without_accents(std::string_view text);
std::string upper(std::string_view text, const icu::Locale& locale);
std::string lower(std::string_view text, const icu::Locale& locale);
/// Returns the text with a capital at the beginning of each word and the rest unchanged.
std::string capitalized(std::string_view text);
/// Whether the script of `text` has upper and lower case.
bool has_case(std::string_view text);

}  // namespace attend::dates
