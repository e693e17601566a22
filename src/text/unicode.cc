#include "text/unicode.h"

#include <unicode/utf8.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace attend::text {
namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080ULL;

/// Returns the first position, from `position` on, whose eight bytes may contain one that is not
/// ASCII.
std::size_t skip_ascii(std::string_view text, std::size_t position) {
  std::uint64_t word = 0;
  for (; position + sizeof(word) <= text.size(); position += sizeof(word)) {
    std::memcpy(&word, text.data() + position, sizeof(word));
    if ((word & kHighBits) != 0) break;
  }
  return position;
}

}  // namespace

std::size_t find_broken_utf8(std::string_view text) {
  const char* bytes = text.data();
  std::size_t position = 0;
  while ((position = skip_ascii(text, position)) < text.size()) {
    const std::size_t stop = position + 8 < text.size() ? position + 8 : text.size();
    while (position < stop) {
      const std::size_t start = position;
      UChar32 code_point = 0;
      U8_NEXT(bytes, position, text.size(), code_point);
      if (code_point < 0) return start;
    }
  }
  return std::string_view::npos;
}

bool is_ascii(std::string_view text) {
  for (std::size_t i = skip_ascii(text, 0); i < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) > 0x7F) return false;
  }
  return true;
}

bool is_white_space(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= 0x09 && c <= 0x0D);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_invisible(char32_t c) {
  if (c < 0xA0) return (c < 0x20 || c >= 0x7F) && !is_white_space(c);
  return c == 0xAD || c == 0x061C ||      // soft hyphen, Arabic letter mark
         c == 0x200B ||                   // zero-width space
         c == 0x200E || c == 0x200F ||    // marks of direction
         (c >= 0x202A && c <= 0x202E) ||  // embedding, override, pop
         (c >= 0x2060 && c <= 0x206F) ||  // word joiner, operators, isolates, deprecated
         c == 0xFEFF ||                   // byte order mark
         (c >= 0xFFF9 && c <= 0xFFFB) ||  // annotation
         c == 0xE0001;                    // language tag
}

bool has_invisible(std::string_view text) {
  // The bytes that begin a character which may be invisible.
  static constexpr auto kSuspects = [] {
    std::array<bool, 256> suspects{};
    for (std::size_t byte = 0; byte < 0x20; ++byte) suspects[byte] = byte < 0x09 || byte > 0x0D;
    for (const std::size_t byte : {0x7F, 0xC2, 0xD8, 0xE2, 0xEF, 0xF3}) suspects[byte] = true;
    return suspects;
  }();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!kSuspects[static_cast<unsigned char>(text[i])]) continue;
    std::size_t position = i;
    if (is_invisible(next_code_point(text, position))) return true;
  }
  return false;
}

char32_t next_code_point(std::string_view text, std::size_t& position) {
  const char* bytes = text.data();
  UChar32 code_point = 0;
  U8_NEXT(bytes, position, text.size(), code_point);
  return code_point < 0 ? char32_t{0xFFFD} : static_cast<char32_t>(code_point);
}

bool is_blank(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    if (!is_white_space(next_code_point(text, i))) return false;
  }
  return true;
}

}  // namespace attend::text
