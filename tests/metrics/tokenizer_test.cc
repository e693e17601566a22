#include <gmock/gmock.h>
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

TEST(TokenizerChar, SpacesEveryCharacter) {
  EXPECT_EQ(tokenize(Tokenizer::kChar, "ab 日本。 "), "a b 日 本 。");
  EXPECT_EQ(tokenize(Tokenizer::kChar, ""), "");
}

TEST(TokenizerIntl, SplitsMarksThatDoNotStandBetweenNumbers) {
  const auto intl = [](const std::string& text) { return tokenize(Tokenizer::kIntl, text); };
  EXPECT_EQ(intl("Hello, world!"), "Hello , world !");
  EXPECT_EQ(intl("3,000.50 a-b 1990-95"), "3,000.50 a - b 1990-95");
  EXPECT_EQ(intl("«Да», 50% + 20€"), "« Да » , 50 % + 20 €");
  EXPECT_EQ(intl("don't &amp;"), "don ' t & amp ;");
  EXPECT_EQ(intl("in 1990."), "in 1990.");  // a number before it, and no character behind it
  EXPECT_EQ(intl("in 1990. So"), "in 1990 . So");
  EXPECT_EQ(intl("٣٫٥ ½, ½"), "٣٫٥ ½ , ½");  // U+066B is punctuation between numbers of Arabic
}

TEST(TokenizerZh, MakesEveryChineseCharacterAToken) {
  const auto zh = [](const std::string& text) { return tokenize(Tokenizer::kZh, text); };
  EXPECT_EQ(zh("我喜欢Python和C++。"), "我 喜 欢 Python 和 C + + 。");
  EXPECT_EQ(zh("他说：“你好”…"), "他 说 ： “ 你 好 ” …");
  EXPECT_EQ(zh("3.14米,2-3人"), "3.14 米 , 2 - 3 人");
  EXPECT_EQ(zh("ａｂ ｱ"), "ａ ｂ ｱ");      // full-width and half-width forms
  EXPECT_EQ(zh("ひらがな"), "ひらがな");   // kana is no Chinese
  EXPECT_EQ(zh(" 到1990. "), "到 1990.");  // unlike 13a
  EXPECT_EQ(zh("&amp;"), "& amp ;");
  // U+20000 is a Chinese character, but not in sacreBLEU's list as it works.
  EXPECT_EQ(zh("\U00020000\U00020001"), "\U00020000\U00020001");
}

TEST(Tokenizer, HasAName) {
  std::vector<std::string_view> names;
  for (const Tokenizer tokenizer : all_tokenizers()) names.push_back(tokenizer_name(tokenizer));
  EXPECT_THAT(names, ::testing::ElementsAre("13a", "none", "char", "intl", "zh"));
}

TEST(Tokenizer, SurvivesBytesThatAreNotUtf8) {
  for (const Tokenizer tokenizer : {Tokenizer::kChar, Tokenizer::kIntl, Tokenizer::kZh})
    EXPECT_FALSE(tokenize(tokenizer, "a\xFF.\x80,b\xE3\x81").empty());
}

}  // namespace
}  // namespace attend::metrics
