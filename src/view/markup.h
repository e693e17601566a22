// Escapes text for XML, HTML and JSON. Internal to the folder.
#pragma once

#include <string>
#include <string_view>

namespace attend::view {

/// Escapes text for the contents or an attribute of XML 1.0 and HTML. Markup is escaped; broken
/// UTF-8 and characters that XML forbids become U+FFFD.
std::string escape_markup(std::string_view text);

/// Returns a JSON string with its quotes that is also safe inside an HTML script element: `<`, `>`,
/// `&`, line separators, controls and noncharacters are escaped.
std::string json_string(std::string_view text);

}  // namespace attend::view
