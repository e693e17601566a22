#include "metrics/ter.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>
#include <utility>

#include "metrics/tokenizer_rules.h"
#include "metrics/unicode.h"

namespace attend::metrics {
namespace {

using Range = std::pair<char32_t, char32_t>;

template <std::size_t count>
bool is_within(char32_t c, const std::array<Range, count>& ranges) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](const Range& range) { return c >= range.first && c <= range.second; });
}

// Chinese characters, kanji, and their compatibility forms. The range from U+3200 to U+3F22 is that
// of sacreBLEU.
bool is_ideograph(char32_t c) {
  constexpr std::array<Range, 7> kRanges = {{{0x2e80, 0x2eff},
                                             {0x31c0, 0x31ef},
                                             {0x3200, 0x3f22},
                                             {0x3400, 0x4dbf},
                                             {0x4e00, 0x9fff},
                                             {0xf900, 0xfaff},
                                             {0xfe30, 0xfe4f}}};
  return is_within(c, kRanges);
}

bool is_asian_mark(char32_t c) {
  constexpr std::array<Range, 11> kRanges = {{{0x3001, 0x3002},
                                              {0x3008, 0x3011},
                                              {0x3014, 0x301f},
                                              {0x30fb, 0x30fb},
                                              {0xff01, 0xff02},
                                              {0xff08, 0xff09},
                                              {0xff0c, 0xff0c},
                                              {0xff0e, 0xff0e},
                                              {0xff1a, 0xff1b},
                                              {0xff1f, 0xff1f},
                                              {0xff61, 0xff65}}};
  return is_within(c, kRanges);
}

bool is_western_mark(char c) {
  return std::string_view(".,?:;!\"()").find(c) != std::string_view::npos;
}

std::string normalized(std::string_view text) {
  const std::string line = replace_all(replace_all(text, "\n-", ""), "\n", " ");
  const std::string spaced = space_symbols(" " + unescape_entities(line) + " ");
  return split_points(replace_all(spaced, "'s ", " 's "));
}

std::string with_spaced_asian_characters(std::string_view text) {
  std::u32string spaced;
  for (const char32_t c : to_utf32(text)) {
    if (is_ideograph(c) || is_asian_mark(c))
      spaced.append({U' ', c, U' '});
    else
      spaced += c;
  }
  return to_utf8(spaced);
}

std::string without_asian_marks(std::string_view text) {
  std::u32string kept = to_utf32(text);
  std::erase_if(kept, is_asian_mark);
  return to_utf8(kept);
}

const char* yes_or_no(bool value) { return value ? "yes" : "no"; }

}  // namespace

TerCounts& TerCounts::operator+=(const TerCounts& other) {
  edits += other.edits;
  reference_length += other.reference_length;
  return *this;
}

std::vector<std::string> ter_words(std::string_view text, const TerOptions& options) {
  std::string line = options.case_sensitive ? std::string(text) : lower_case(text);
  if (options.normalized) {
    line = normalized(line);
    if (options.asian_support) line = with_spaced_asian_characters(line);
  }
  if (options.no_punctuation) {
    std::erase_if(line, is_western_mark);
    if (options.asian_support) line = without_asian_marks(line);
  }
  const std::vector<std::string_view> words = split_words(line);
  return {words.begin(), words.end()};
}

TerCounts count_ter(std::string_view hypothesis, std::span<const std::string> references,
                    const TerOptions& options) {
  std::unordered_map<std::string, std::uint32_t> ids;
  const auto ids_of = [&](std::string_view text) {
    std::vector<std::uint32_t> result;
    for (std::string& word : ter_words(text, options))
      result.push_back(
          ids.try_emplace(std::move(word), static_cast<std::uint32_t>(ids.size())).first->second);
    return result;
  };
  const std::vector<std::uint32_t> words = ids_of(hypothesis);
  std::optional<std::size_t> fewest;
  std::size_t reference_words = 0;
  for (const std::string& reference : references) {
    const std::vector<std::uint32_t> expected = ids_of(reference);
    reference_words += expected.size();
    const std::size_t edits = ter_edits(words, expected);
    fewest = std::min(fewest.value_or(edits), edits);
  }
  return {fewest.value_or(0),
          static_cast<double>(reference_words) / static_cast<double>(references.size())};
}

double ter_from_counts(const TerCounts& counts) {
  if (counts.reference_length > 0)
    return 100 * static_cast<double>(counts.edits) / counts.reference_length;
  return counts.edits > 0 ? 100 : 0;
}

std::string ter_signature(std::string_view reference_count, const TerOptions& options) {
  return fmt::format("nrefs:{}|case:{}|tok:tercom|norm:{}|punct:{}|asian:{}", reference_count,
                     options.case_sensitive ? "mixed" : "lc", yes_or_no(options.normalized),
                     yes_or_no(!options.no_punctuation), yes_or_no(options.asian_support));
}

}  // namespace attend::metrics
