#include "metrics/tokenizer.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/base.h"
#include "metrics/tokenizer_rules.h"
#include "metrics/unicode.h"

namespace attend::metrics {
namespace {

constexpr std::array<std::pair<Tokenizer, std::string_view>, 5> kNames = {{
    {Tokenizer::k13a, "13a"},
    {Tokenizer::kNone, "none"},
    {Tokenizer::kChar, "char"},
    {Tokenizer::kIntl, "intl"},
    {Tokenizer::kZh, "zh"},
}};

std::string tokenize_13a(std::string_view text) {
  std::string line = replace_all(text, "<skipped>", "");
  line = replace_all(replace_all(line, "-\n", ""), "\n", " ");
  return split_points(space_symbols(" " + unescape_entities(line) + " "));
}

std::string tokenize_characters(std::string_view text) {
  std::u32string spaced;
  for (const char32_t c : to_utf32(text)) {
    spaced += c;
    spaced += U' ';
  }
  return to_utf8(spaced);
}

bool has_category(char32_t c, std::uint32_t mask) {
  return (U_GET_GC_MASK(static_cast<UChar32>(c)) & mask) != 0;
}
bool is_number(char32_t c) { return has_category(c, U_GC_N_MASK); }
bool is_punctuation(char32_t c) { return has_category(c, U_GC_P_MASK); }
bool is_symbol(char32_t c) { return has_category(c, U_GC_S_MASK); }

// A mark of punctuation is split off unless there is a number, or an end of the text, on both
// sides. A full stop behind a number at the end therefore stays with it, as in mteval-v14.
std::string tokenize_international(std::string_view text) {
  std::u32string line = to_utf32(text);
  line = replace_pairs(
      line, [](char32_t a, char32_t b) { return !is_number(a) && is_punctuation(b); },
      [](std::u32string& result, char32_t a, char32_t b) {
        result.append({a, U' ', b, U' '});
      });
  line = replace_pairs(
      line, [](char32_t a, char32_t b) { return is_punctuation(a) && !is_number(b); },
      [](std::u32string& result, char32_t a, char32_t b) {
        result.append({U' ', a, U' ', b});
      });
  std::u32string result;
  for (const char32_t c : line) {
    if (is_symbol(c))
      result.append({U' ', c, U' '});
    else
      result += c;
  }
  return to_utf8(result);
}

// The characters that sacreBLEU takes for Chinese. Its list means U+20000 to U+2A6D6 and U+2F800 to
// U+2FA1D too, but writes them so that U+2001 to U+2A6D are Chinese in their place: quotation
// marks, dashes and the ellipsis among them. Scores are comparable only with the list as it works.
bool is_chinese(char32_t c) {
  constexpr std::array<std::pair<char32_t, char32_t>, 17> kRanges = {{
      {0x2001, 0x2a6d},
      {0x2e80, 0x2eff},
      {0x2f00, 0x2fdf},
      {0x2ff0, 0x2fff},
      {0x3000, 0x303f},
      {0x3100, 0x312f},
      {0x31a0, 0x31bf},
      {0x31c0, 0x31ef},
      {0x3200, 0x33ff},
      {0x3400, 0x4db5},
      {0x4e00, 0x9fbb},
      {0xf900, 0xfa2d},
      {0xfa30, 0xfa6a},
      {0xfa70, 0xfad9},
      {0xfe10, 0xfe1f},
      {0xfe30, 0xfe4f},
      {0xff00, 0xffef},
  }};
  return std::any_of(kRanges.begin(), kRanges.end(),
                     [c](const auto& range) { return c >= range.first && c <= range.second; });
}

// Unlike 13a, these rules put no space at the ends: a full stop behind a digit at the end stays.
std::string tokenize_chinese(std::string_view text) {
  std::u32string spaced;
  for (const char32_t c : to_utf32(strip(text))) {
    if (is_chinese(c))
      spaced.append({U' ', c, U' '});
    else
      spaced += c;
  }
  return split_points(space_symbols(to_utf8(spaced)));
}

std::string spaced_tokens(Tokenizer tokenizer, std::string_view text) {
  switch (tokenizer) {
    case Tokenizer::k13a:
      return tokenize_13a(text);
    case Tokenizer::kNone:
      return std::string(text);
    case Tokenizer::kChar:
      return tokenize_characters(text);
    case Tokenizer::kIntl:
      return tokenize_international(text);
    case Tokenizer::kZh:
      return tokenize_chinese(text);
  }
  throw CheckFailure("a tokeniser without rules");
}

}  // namespace

std::span<const Tokenizer> all_tokenizers() {
  static constexpr auto kAll = [] {
    std::array<Tokenizer, kNames.size()> all{};
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = kNames[i].first;
    return all;
  }();
  return kAll;
}

std::string_view tokenizer_name(Tokenizer tokenizer) {
  for (const auto& [known, name] : kNames)
    if (known == tokenizer) return name;
  throw CheckFailure("a tokeniser without a name");
}

std::string tokenize(Tokenizer tokenizer, std::string_view text) {
  const std::string line = spaced_tokens(tokenizer, text);
  std::string result;
  for (const std::string_view word : split_words(line)) {
    if (!result.empty()) result += ' ';
    result += word;
  }
  return result;
}

}  // namespace attend::metrics
