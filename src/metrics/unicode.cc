#include "metrics/unicode.h"

#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <limits>

#include "base/base.h"

namespace attend::metrics {
namespace {

/// Returns the code point at `position` and moves `position` to the next one.
UChar32 next_code_point(std::string_view text, std::size_t& position) {
  UChar32 code_point = 0;
  U8_NEXT_OR_FFFD(text.data(), position, text.size(), code_point);
  return code_point;
}

/// Returns where the last code point of a text, which must not be empty, starts.
std::size_t last_start(std::string_view text) {
  std::size_t start = text.size() - 1;
  while (start > 0 && text.size() - start < 4 && U8_IS_TRAIL(text[start])) --start;
  std::size_t end = start;
  next_code_point(text, end);
  return end == text.size() ? start : text.size() - 1;  // otherwise the last byte is not UTF-8
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

icu::StringPiece icu_text(std::string_view text) {
  if (text.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()) / 4)
    throw DataError("a text of more than 512 MiB");
  return {text.data(), static_cast<std::int32_t>(text.size())};
}

}  // namespace

std::vector<std::uint32_t> code_points(std::string_view text) {
  std::vector<std::uint32_t> result;
  result.reserve(text.size());
  for (std::size_t position = 0; position < text.size();)
    result.push_back(static_cast<std::uint32_t>(next_code_point(text, position)));
  return result;
}

std::u32string to_utf32(std::string_view text) {
  std::u32string result;
  result.reserve(text.size());
  for (std::size_t position = 0; position < text.size();)
    result += static_cast<char32_t>(next_code_point(text, position));
  return result;
}

std::string to_utf8(std::u32string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char32_t c : text) {
    char bytes[U8_MAX_LENGTH];
    std::int32_t length = 0;
    U8_APPEND_UNSAFE(bytes, length, static_cast<UChar32>(c));
    result.append(bytes, static_cast<std::size_t>(length));
  }
  return result;
}

bool is_space(std::uint32_t code_point) {
  if (code_point < 0x80)
    return code_point == ' ' || (code_point >= 0x09 && code_point <= 0x0D) ||
           (code_point >= 0x1C && code_point <= 0x1F);
  return u_isUWhiteSpace(static_cast<UChar32>(code_point));
}

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t begin = 0;
  for (std::size_t position = 0; position < text.size();) {
    const std::size_t end = position;
    if (!is_space(static_cast<std::uint32_t>(next_code_point(text, position)))) continue;
    if (end > begin) words.push_back(text.substr(begin, end - begin));
    begin = position;
  }
  if (text.size() > begin) words.push_back(text.substr(begin));
  return words;
}

std::string_view strip_end(std::string_view text) {
  while (!text.empty()) {
    const std::size_t start = last_start(text);
    std::size_t position = start;
    if (!is_space(static_cast<std::uint32_t>(next_code_point(text, position)))) break;
    text = text.substr(0, start);
  }
  return text;
}

std::string_view strip(std::string_view text) {
  text = strip_end(text);
  while (!text.empty()) {
    std::size_t position = 0;
    if (!is_space(static_cast<std::uint32_t>(next_code_point(text, position)))) break;
    text.remove_prefix(position);
  }
  return text;
}

std::string lower_case(std::string_view text) {
  std::string result;
  icu::UnicodeString::fromUTF8(icu_text(text)).toLower(icu::Locale::getRoot()).toUTF8String(result);
  return result;
}

std::string composed(std::string_view text) {
  if (is_ascii(text)) return std::string(text);
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(status);
  std::string result;
  if (nfc != nullptr)
    nfc->normalize(icu::UnicodeString::fromUTF8(icu_text(text)), status).toUTF8String(result);
  if (U_FAILURE(status)) throw Error(std::string("ICU: ") + u_errorName(status));
  return result;
}

std::string spaced(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const std::string_view word : split_words(text)) {
    if (!result.empty()) result += ' ';
    result += word;
  }
  return result;
}

std::string comparable(std::string_view text) { return spaced(composed(text)); }

}  // namespace attend::metrics
