#include <gtest/gtest.h>

#include <random>
#include <regex>
#include <string>

#include "base/base.h"
#include "metrics/metrics.h"

namespace attend::metrics {
namespace {

std::string tokenize_13a(const std::string& text) { return tokenize(Tokenizer::k13a, text); }

// The examples of docs/models.md §16.
TEST(Tokenizer13a, GivesTheSampleTokens) {
  EXPECT_EQ(tokenize_13a("Hello, world!"), "Hello , world !");
  EXPECT_EQ(tokenize_13a("It costs 3,000.50 dollars (US$)."),
            "It costs 3,000.50 dollars ( US $ ) .");
  EXPECT_EQ(tokenize_13a("the year 1990-95 and well-known e-mail"),
            "the year 1990 - 95 and well-known e-mail");
  EXPECT_EQ(tokenize_13a("\"don't\" &amp; co. http://a.b/c"),
            "\" don't \" & co . http : / / a . b / c");
  EXPECT_EQ(tokenize_13a("U.S.-based 50% #1"), "U . S . -based 50 % # 1");
}

TEST(Tokenizer13a, UnescapesEntitiesInOrder) {
  EXPECT_EQ(tokenize_13a("&quot;&lt;b&gt;&quot;"), "\" < b > \"");
  EXPECT_EQ(tokenize_13a("&amp;lt;"), "<");
  EXPECT_EQ(tokenize_13a("&amp;quot;"), "& quot ;");
}

TEST(Tokenizer13a, JoinsHyphenatedLinesAndDropsSkipped) {
  EXPECT_EQ(tokenize_13a("hyphen-\nated\nline <skipped>end"), "hyphenated line end");
}

TEST(Tokenizer13a, KeepsLettersOutsideAscii) {
  EXPECT_EQ(tokenize_13a("Straße,naïve.日本。"), "Straße , naïve . 日本。");
  EXPECT_EQ(tokenize_13a("a\u00A0b\u3000c\u2028d"), "a b c d");
}

TEST(Tokenizer13a, GivesNothingForBlankText) {
  EXPECT_EQ(tokenize_13a(""), "");
  EXPECT_EQ(tokenize_13a(" \t\n "), "");
}

TEST(Tokenizer13a, SurvivesBytesThatAreNotUtf8) {
  EXPECT_EQ(tokenize_13a("a\xFF.\x80,b\xE3\x81"), "a\xFF . \x80 , b\xE3\x81");
}

// The rules of docs/models.md §14.2 as regular expressions, which is slow and plain.
std::string tokenize_by_expressions(const std::string& text) {
  static const std::vector<std::pair<std::regex, std::string>> kRules = {
      {std::regex("([\\{-\\~\\[-\\` -\\&\\(-\\+\\:-\\@\\/])"), " $1 "},
      {std::regex("([^0-9])([\\.,])"), "$1 $2 "},
      {std::regex("([\\.,])([^0-9])"), " $1 $2"},
      {std::regex("([0-9])(-)"), "$1 $2 "},
      {std::regex("\\s+"), " "},
      {std::regex("^ | $"), ""}};
  std::string line = " " + text + " ";
  for (const auto& [expression, replacement] : kRules)
    line = std::regex_replace(line, expression, replacement);
  return line;
}

TEST(Tokenizer13a, EqualsItsRegularExpressionsOnRandomText) {
  std::mt19937_64 random(1);
  const std::string alphabet = "ab019.,.,--'`~{}[]()!?/:;@ #_\\^*+|";
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (std::size_t length = random() % 24; text.size() < length;)
      text += alphabet[random() % alphabet.size()];
    ASSERT_EQ(tokenize_13a(text), tokenize_by_expressions(text)) << text;
  }
}

TEST(TokenizerNone, OnlyCutsAtWhiteSpace) {
  EXPECT_EQ(tokenize(Tokenizer::kNone, "  Hello, \t world!&amp; \n"), "Hello, world!&amp;");
}

TEST(Tokenizer, IsChosenByName) {
  EXPECT_EQ(parse_tokenizer("13a"), Tokenizer::k13a);
  EXPECT_EQ(parse_tokenizer("none"), Tokenizer::kNone);
  EXPECT_THROW(parse_tokenizer("intl"), UsageError);
}

}  // namespace
}  // namespace attend::metrics
