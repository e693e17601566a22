#include "metrics/tokenizer.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/base.h"
#include "metrics/unicode.h"

namespace attend::metrics {
namespace {

// Each rule is one pass of non-overlapping substitutions from left to right. Its patterns consist
// of ASCII and of "any other character", so that passes over bytes and over code points agree.

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_point(char c) { return c == '.' || c == ','; }

bool is_symbol(char c) {
  return (c >= '{' && c <= '~') || (c >= '[' && c <= '`') || (c >= ' ' && c <= '&') ||
         (c >= '(' && c <= '+') || (c >= ':' && c <= '@') || c == '/';
}

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

std::string unescape(std::string_view text) {
  // The order matters: "&amp;lt;" becomes "<".
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kRules = {{
      {"<skipped>", ""},
      {"-\n", ""},
      {"\n", " "},
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

/// Replaces every pair of neighbours for which `matches` is true by the text that `write` appends.
template <typename Matches, typename Write>
std::string replace_pairs(std::string_view text, Matches matches, Write write) {
  std::string result;
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

std::string tokenize_13a(std::string_view text) {
  std::string line = space_symbols(" " + unescape(text) + " ");
  const auto space_behind = [](std::string& result, char first, char second) {
    result.append({first, ' ', second, ' '});
  };
  const auto space_before = [](std::string& result, char first, char second) {
    result.append({' ', first, ' ', second});
  };
  line = replace_pairs(
      line, [](char a, char b) { return !is_digit(a) && is_point(b); }, space_behind);
  line = replace_pairs(
      line, [](char a, char b) { return is_point(a) && !is_digit(b); }, space_before);
  return replace_pairs(
      line, [](char a, char b) { return is_digit(a) && b == '-'; }, space_behind);
}

}  // namespace

Tokenizer parse_tokenizer(std::string_view name) {
  for (const Tokenizer tokenizer : {Tokenizer::k13a, Tokenizer::kNone})
    if (name == tokenizer_name(tokenizer)) return tokenizer;
  throw UsageError(fmt::format("unknown BLEU tokenizer '{}' (13a or none)", name));
}

std::string_view tokenizer_name(Tokenizer tokenizer) {
  return tokenizer == Tokenizer::k13a ? "13a" : "none";
}

std::string tokenize(Tokenizer tokenizer, std::string_view text) {
  const std::string line = tokenizer == Tokenizer::k13a ? tokenize_13a(text) : std::string(text);
  std::string result;
  for (const std::string_view word : split_words(line)) {
    if (!result.empty()) result += ' ';
    result += word;
  }
  return result;
}

}  // namespace attend::metrics
