#include "view/labels.h"

#include <fmt/format.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cstdint>

#include "view/view.h"

namespace attend::view {
namespace {

constexpr UChar32 kReplacement = 0xFFFD;
constexpr UChar32 kZeroWidthJoiner = 0x200D;
constexpr UChar32 kZeroWidthNonJoiner = 0x200C;
constexpr std::size_t kLongestLabel = 200;  // in code points
constexpr UChar32 kEmojiPresentation = 0xFE0F;
constexpr UChar32 kKeycap = 0x20E3;

/// Returns the code point at `position`, U+FFFD for broken UTF-8, and moves `position` to the next
/// one.
UChar32 next_code_point(std::string_view text, std::size_t& position) {
  UChar32 code = 0;
  const char* bytes = text.data();
  const auto size = static_cast<std::int64_t>(text.size());
  auto offset = static_cast<std::int64_t>(position);
  U8_NEXT_OR_FFFD(bytes, offset, size, code);
  position = static_cast<std::size_t>(offset);
  return code;
}

void append(std::string& text, UChar32 code) {
  char bytes[U8_MAX_LENGTH];
  int size = 0;
  U8_APPEND_UNSAFE(bytes, size, code);
  text.append(bytes, static_cast<std::size_t>(size));
}

/// Whether the code point is a vowel or final of Hangul, which joins the consonant before it.
bool joins_jamo(UChar32 code) {
  const int type = u_getIntPropertyValue(code, UCHAR_HANGUL_SYLLABLE_TYPE);
  return type == U_HST_VOWEL_JAMO || type == U_HST_TRAILING_JAMO;
}

bool joins_previous(UChar32 code) {
  return (U_GET_GC_MASK(code) & U_GC_M_MASK) != 0 || code == kZeroWidthJoiner ||
         code == kZeroWidthNonJoiner || joins_jamo(code) ||
         u_hasBinaryProperty(code, UCHAR_EMOJI_MODIFIER) ||
         u_hasBinaryProperty(code, UCHAR_GRAPHEME_EXTEND);
}

std::size_t code_point_width(UChar32 code) {
  const std::uint32_t category = U_GET_GC_MASK(code);
  if ((category & (U_GC_MN_MASK | U_GC_ME_MASK | U_GC_CC_MASK)) != 0) return 0;
  if ((category & U_GC_CF_MASK) != 0) return code == 0xAD ? 1 : 0;  // a soft hyphen is drawn
  if (joins_jamo(code)) return 0;
  const int width = u_getIntPropertyValue(code, UCHAR_EAST_ASIAN_WIDTH);
  return width == U_EA_FULLWIDTH || width == U_EA_WIDE ? 2 : 1;
}

/// Appends a code point in visible form. Marks and joiners are visible on the character before
/// them; at the beginning a mark is drawn on ◌ and a joiner is written as a number.
void append_visible(std::string& label, UChar32 code, bool first) {
  if (code == ' ') return append(label, 0x2423);         // ␣
  if (code < 0x20) return append(label, 0x2400 + code);  // ␀ … ␟
  if (code == 0x7F) return append(label, 0x2421);        // ␡
  if (!first && (code == kZeroWidthJoiner || code == kZeroWidthNonJoiner)) {
    return append(label, code);
  }
  const std::uint32_t category = U_GET_GC_MASK(code);
  const bool mark = (category & U_GC_M_MASK) != 0;
  const bool noncharacter = (code & 0xFFFE) == 0xFFFE || (code >= 0xFDD0 && code <= 0xFDEF);
  if (noncharacter) return append(label, kReplacement);
  if ((category & (U_GC_C_MASK | U_GC_Z_MASK)) != 0 ||
      (u_hasBinaryProperty(code, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) && !mark)) {
    label += fmt::format("U+{:04X}", static_cast<std::uint32_t>(code));
    return;
  }
  if (mark && first) append(label, 0x25CC);  // ◌
  append(label, code);
}

double code_point_em(UChar32 code) {
  // Fonts without a picture of a whole sequence, such as a flag, draw each of its parts.
  if (code == kKeycap || (code >= 0x80 && u_hasBinaryProperty(code, UCHAR_EMOJI))) return 1;
  const std::size_t columns = code_point_width(code);
  if (columns != 1) return columns == 0 ? 0 : 1;
  if (code < 0x80) {
    const auto in = [code](std::string_view set) {
      return set.find(static_cast<char>(code)) != std::string_view::npos;
    };
    if (in("iIjl.,:;!|'`")) return 0.29;
    if (in("fJrt()[]{}-/\\ ")) return 0.39;
    if (in("mwMW@%")) return 0.92;
    if (code >= 'A' && code <= 'Z') return 0.66;
    return 0.58;
  }
  return u_isupper(code) ? 0.72 : 0.62;
}

}  // namespace

std::string visible_label(std::string_view unit) {
  if (unit.empty()) return "∅";
  std::string label;
  std::size_t characters = 0;
  for (std::size_t position = 0; position < unit.size();) {
    if (++characters > kLongestLabel) return label + "…";
    const UChar32 code = next_code_point(unit, position);
    append_visible(label, code, label.empty());
  }
  return label;
}

std::string visible_title(std::string_view text) {
  std::string visible;
  while (!text.empty()) {
    const std::size_t word = std::min(text.find(' '), text.size());
    if (word > 0) visible += visible_label(text.substr(0, word));
    if (word < text.size()) visible += ' ';
    text.remove_prefix(std::min(text.size(), word + 1));
  }
  return visible;
}

std::vector<std::string_view> clusters(std::string_view text) {
  std::vector<std::string_view> found;
  std::size_t begin = 0;
  UChar32 previous = 0;
  for (std::size_t position = 0; position < text.size();) {
    const std::size_t at = position;
    const UChar32 code = next_code_point(text, position);
    if (at > begin && !joins_previous(code) && previous != kZeroWidthJoiner) {
      found.push_back(text.substr(begin, at - begin));
      begin = at;
    }
    previous = code;
  }
  if (begin < text.size()) found.push_back(text.substr(begin));
  return found;
}

std::size_t display_width(std::string_view text) {
  std::size_t total = 0;
  std::size_t last = 0;  // columns of the character that the following ones may join
  UChar32 previous = 0;
  for (std::size_t position = 0; position < text.size();) {
    const UChar32 code = next_code_point(text, position);
    std::size_t columns = code_point_width(code);
    if (previous == kZeroWidthJoiner && last == 2) columns = 0;  // a family is one emoji
    if (u_hasBinaryProperty(code, UCHAR_EMOJI_MODIFIER) && last == 2) columns = 0;
    if (code == kEmojiPresentation && last == 1) {
      columns = u_hasBinaryProperty(previous, UCHAR_EMOJI) ? 1 : 0;
      last = 0;
    }
    total += columns;
    if (columns > 0) last = columns;
    previous = code;
  }
  return total;
}

std::string shorten_clusters(std::string_view text, std::size_t count) {
  const auto parts = clusters(text);
  if (parts.size() <= count) return std::string(text);
  std::string kept;
  for (std::size_t i = 0; i + 1 < count; ++i) kept += parts[i];
  return kept + "…";
}

std::string shorten_columns(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  std::string kept;
  std::size_t used = 0;
  for (const std::string_view cluster : clusters(text)) {
    used += display_width(cluster);
    if (used + 1 > width) break;
    kept += cluster;
  }
  return width == 0 ? std::string() : kept + "…";
}

std::optional<Direction> first_direction(std::string_view text) {
  for (std::size_t position = 0; position < text.size();) {
    const UCharDirection direction = u_charDirection(next_code_point(text, position));
    if (direction == U_LEFT_TO_RIGHT) return Direction::kLeftToRight;
    if (direction == U_RIGHT_TO_LEFT || direction == U_RIGHT_TO_LEFT_ARABIC) {
      return Direction::kRightToLeft;
    }
  }
  return std::nullopt;
}

bool right_to_left(std::string_view text) {
  return first_direction(text) == Direction::kRightToLeft;
}

bool turns_its_line(std::string_view text) {
  for (std::size_t position = 0; position < text.size();) {
    const UCharDirection direction = u_charDirection(next_code_point(text, position));
    if (direction == U_RIGHT_TO_LEFT || direction == U_RIGHT_TO_LEFT_ARABIC ||
        direction == U_ARABIC_NUMBER) {
      return true;
    }
  }
  return false;
}

bool joins_letters(std::string_view text) {
  for (std::size_t position = 0; position < text.size();) {
    const UChar32 code = next_code_point(text, position);
    if (code < 0x590) continue;  // Latin, Greek, Cyrillic and Armenian do not join
    if (u_getIntPropertyValue(code, UCHAR_JOINING_TYPE) == U_JT_DUAL_JOINING) return true;
    if (u_charType(code) == U_COMBINING_SPACING_MARK) return true;
    if (u_getIntPropertyValue(code, UCHAR_INDIC_SYLLABIC_CATEGORY) != U_INSC_OTHER &&
        u_isalpha(code)) {
      return true;
    }
  }
  return false;
}

std::vector<bool> upright_headings(const std::vector<std::string>& labels, double room) {
  std::vector<bool> upright;
  std::size_t wide = 0;
  for (const std::string& label : labels) {
    upright.push_back(em_width(label) <= room);
    wide += upright.back() ? 0 : 1;
  }
  if (3 * wide <= labels.size()) return upright;
  for (std::size_t j = 0; j < labels.size(); ++j) {
    upright[j] = upright[j] && clusters(labels[j]).size() == 1;
  }
  return upright;
}

double em_width(std::string_view text) {
  double total = 0;
  for (std::size_t position = 0; position < text.size();) {
    total += code_point_em(next_code_point(text, position));
  }
  return total;
}

std::string shorten_ems(std::string_view text, double width) {
  if (em_width(text) <= width) return std::string(text);
  std::string kept;
  double used = em_width("…");
  for (const std::string_view cluster : clusters(text)) {
    used += em_width(cluster);
    if (used > width && !kept.empty()) break;
    kept += cluster;
  }
  return kept + "…";
}

}  // namespace attend::view
