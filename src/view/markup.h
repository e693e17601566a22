// Text inside XML, HTML and JSON. Internal to the folder.
#pragma once

#include <string>
#include <string_view>

namespace attend::view {

/// Text or attribute value of XML 1.0 and of HTML: markup is escaped, broken UTF-8 and characters
/// that XML forbids become U+FFFD.
std::string escape_markup(std::string_view text);

/// A JSON string with its quotes that is also safe inside an HTML script element: `<`, `>`, `&`,
/// line separators, controls and noncharacters are escaped.
std::string json_string(std::string_view text);

}  // namespace attend::view
