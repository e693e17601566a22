#include "dates/unicode.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include "base/base.h"

namespace attend::dates {
namespace {

const icu::Normalizer2& normalizer(bool compose) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* found =
      compose ? icu::Normalizer2::getNFCInstance(status) : icu::Normalizer2::getNFDInstance(status);
  if (U_FAILURE(status)) throw Error("ICU has no normalisation data");
  return *found;
}

icu::UnicodeString normalized(const icu::UnicodeString& text, bool compose) {
  UErrorCode status = U_ZERO_ERROR;
  icu::UnicodeString result = normalizer(compose).normalize(text, status);
  if (U_FAILURE(status)) throw Error("ICU cannot normalise a date");
  return result;
}

UChar32 plain_letter(UChar32 letter) {
  switch (letter) {
    case U'ø':
      return U'o';
    case U'ł':
      return U'l';
    case U'đ':
      return U'd';
    case U'ı':
      return U'i';
    case U'Ø':
      return U'O';
    case U'Ł':
      return U'L';
    case U'Đ':
      return U'D';
    default:
      return letter;
  }
}

bool loses_accents(UChar32 letter) {
  UErrorCode status = U_ZERO_ERROR;
  const UScriptCode script = uscript_getScript(letter, &status);
  return script == USCRIPT_LATIN || script == USCRIPT_GREEK;
}

}  // namespace

std::string utf8(const icu::UnicodeString& text) {
  std::string result;
  text.toUTF8String(result);
  return result;
}

icu::UnicodeString utf16(std::string_view text) {
  return icu::UnicodeString::fromUTF8({text.data(), static_cast<int32_t>(text.size())});
}

std::string nfc(std::string_view text) { return utf8(normalized(utf16(text), true)); }

std::string without_accents(std::string_view text) {
  const icu::UnicodeString apart = normalized(utf16(text), false);
  icu::UnicodeString result;
  bool after_such_letter = false;
  for (int32_t i = 0; i < apart.length(); i = apart.moveIndex32(i, 1)) {
    const UChar32 letter = apart.char32At(i);
    if (u_charType(letter) == U_NON_SPACING_MARK) {
      if (!after_such_letter) result.append(letter);
    } else {
      after_such_letter = loses_accents(letter);
      result.append(plain_letter(letter));
    }
  }
  return utf8(normalized(result, true));
}

std::string upper(std::string_view text, const icu::Locale& locale) {
  return utf8(normalized(utf16(text).toUpper(locale), true));
}

std::string lower(std::string_view text, const icu::Locale& locale) {
  return utf8(normalized(utf16(text).toLower(locale), true));
}

std::string capitalized(std::string_view text) {
  const icu::UnicodeString units = utf16(text);
  icu::UnicodeString result;
  bool word_begins = true;
  for (int32_t i = 0; i < units.length(); i = units.moveIndex32(i, 1)) {
    const UChar32 letter = units.char32At(i);
    result.append(word_begins ? u_totitle(letter) : letter);
    word_begins = letter == U' ' || letter == U'-' || letter == U'/';
  }
  return nfc(utf8(result));
}

bool has_case(std::string_view text) {
  const icu::UnicodeString units = utf16(text);
  UErrorCode status = U_ZERO_ERROR;
  for (int32_t i = 0; i < units.length(); i = units.moveIndex32(i, 1)) {
    const UScriptCode script = uscript_getScript(units.char32At(i), &status);
    if (script == USCRIPT_LATIN || script == USCRIPT_GREEK || script == USCRIPT_CYRILLIC)
      return true;
  }
  return false;
}

}  // namespace attend::dates
