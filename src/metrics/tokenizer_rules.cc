#include "metrics/tokenizer_rules.h"

#include <array>
#include <utility>

namespace attend::metrics {
namespace {

// The patterns consist of ASCII and of "any other character", so that passes over bytes and over
// code points agree.

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_point(char c) { return c == '.' || c == ','; }

bool is_symbol(char c) {
  return (c >= '{' && c <= '~') || (c >= '[' && c <= '`') || (c >= ' ' && c <= '&') ||
         (c >= '(' && c <= '+') || (c >= ':' && c <= '@') || c == '/';
}

}  // namespace

std::string replace_all(std::string_view text, std::string_view what, std::string_view with) {
  std::string result;
  result.reserve(text.size());
  std::size_t begin = 0;
  for (std::size_t found = text.find(what); found != std::string_view::npos;
       found = text.find(what, begin)) {
    result.append(text, begin, found - begin).append(with);
    begin = found + what.size();
  }
  return result.append(text, begin);
}

std::string unescape_entities(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kRules = {{
      {"&quot;", "\""},
      {"&amp;", "&"},
      {"&lt;", "<"},
      {"&gt;", ">"},
  }};
  std::string result(text);
  for (const auto& [what, with] : kRules) result = replace_all(result, what, with);
  return result;
}

std::string space_symbols(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (is_symbol(c))
      result.append({' ', c, ' '});
    else
      result += c;
  }
  return result;
}

std::string split_points(std::string_view text) {
  const auto space_behind = [](std::string& result, char first, char second) {
    result.append({first, ' ', second, ' '});
  };
  const auto space_before = [](std::string& result, char first, char second) {
    result.append({' ', first, ' ', second});
  };
  std::string line(text);
  line = replace_pairs(
      line, [](char a, char b) { return !is_digit(a) && is_point(b); }, space_behind);
  line = replace_pairs(
      line, [](char a, char b) { return is_point(a) && !is_digit(b); }, space_before);
  return replace_pairs(
      line, [](char a, char b) { return is_digit(a) && b == '-'; }, space_behind);
}

}  // namespace attend::metrics
