// The substitutions that the tokenisers of BLEU and TER have in common. Each is one pass of
// non-overlapping substitutions from left to right.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace attend::metrics {

std::string replace_all(std::string_view text, std::string_view what, std::string_view with);

/// Replaces &quot; &amp; &lt; &gt; in this order, so that "&amp;lt;" becomes "<".
std::string unescape_entities(std::string_view text);

/// Puts spaces around every mark of ASCII but the apostrophe, the comma, the hyphen and the full
/// stop.
std::string space_symbols(std::string_view text);

/// Splits off full stops and commas behind a character that is no digit, then those before one, and
/// then hyphens behind a digit. An end of the text is no character.
std::string split_points(std::string_view text);

/// Replaces every pair of neighbours for which `matches` is true by the text that `write` appends.
template <typename Text, typename Matches, typename Write>
Text replace_pairs(const Text& text, Matches matches, Write write) {
  Text result;
  std::size_t i = 0;
  while (i < text.size()) {
    if (i + 1 < text.size() && matches(text[i], text[i + 1])) {
      write(result, text[i], text[i + 1]);
      i += 2;
    } else {
      result += text[i++];
    }
  }
  return result;
}

}  // namespace attend::metrics
