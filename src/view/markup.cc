#include "view/markup.h"

#include <fmt/format.h>
#include <unicode/utf8.h>

#include <cstdint>

namespace attend::view {
namespace {

/// Calls `visit(code, bytes)` for every character; `code` is U+FFFD for broken UTF-8.
template <typename Visit>
void for_each_character(std::string_view text, Visit visit) {
  const auto size = static_cast<std::int64_t>(text.size());
  for (std::int64_t offset = 0; offset < size;) {
    const std::int64_t begin = offset;
    UChar32 code = 0;
    U8_NEXT_OR_FFFD(text.data(), offset, size, code);
    visit(code, code == 0xFFFD ? std::string_view("\uFFFD")
                               : text.substr(static_cast<std::size_t>(begin),
                                             static_cast<std::size_t>(offset - begin)));
  }
}

bool allowed_in_xml(UChar32 code) {
  if (code < 0x20) return code == '\t' || code == '\n' || code == '\r';
  // XML allows these but discourages them, and HTML forbids them.
  if (code >= 0x7F && code < 0xA0) return code == 0x85;
  return (code & 0xFFFE) != 0xFFFE && !(code >= 0xFDD0 && code <= 0xFDEF);
}

/// Whether the character is escaped in JSON. JSON and HTML scripts demand some; the others would
/// turn the direction of the file's text around.
bool escaped_in_json(UChar32 code) {
  return code < 0x20 || code == '<' || code == '>' || code == '&' ||
         (code >= 0x7F && code < 0xA0) || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069) || (code >= 0xFDD0 && code <= 0xFDEF) ||
         code == 0xFFFE || code == 0xFFFF;
}

}  // namespace

std::string escape_markup(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for_each_character(text, [&](UChar32 code, std::string_view bytes) {
    switch (code) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += allowed_in_xml(code) ? bytes : std::string_view("\uFFFD");
    }
  });
  return escaped;
}

std::string json_string(std::string_view text) {
  std::string escaped = "\"";
  for_each_character(text, [&](UChar32 code, std::string_view bytes) {
    if (code == '"' || code == '\\') {
      escaped += '\\';
      escaped += static_cast<char>(code);
    } else if (escaped_in_json(code)) {
      escaped += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(code));
    } else {
      escaped += bytes;
    }
  });
  return escaped + '"';
}

}  // namespace attend::view
