// The few ICU calls of this folder, on UTF-8.
#pragma once

#include <unicode/locid.h>
#include <unicode/unistr.h>

#include <string>
#include <string_view>

namespace attend::dates {

std::string utf8(const icu::UnicodeString& text);
icu::UnicodeString utf16(std::string_view text);

std::string nfc(std::string_view text);
/// Without the accents of Latin and Greek letters, and with o, l, d, i for ø, ł, đ, ı; other
/// scripts are left alone.
std::string without_accents(std::string_view text);
std::string upper(std::string_view text, const icu::Locale& locale);
std::string lower(std::string_view text, const icu::Locale& locale);
/// With a capital at the beginning of each word; the rest as it is.
std::string capitalized(std::string_view text);
/// Whether upper and lower case are in use in the script of `text`.
bool has_case(std::string_view text);

}  // namespace attend::dates
