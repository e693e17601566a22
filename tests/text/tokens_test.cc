// Tests of tokens, which are words and marks, and of entity markers.
#include "text/tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unicode/brkiter.h>
#include <unicode/unistr.h>

#include <memory>
#include <string>
#include <vector>

#include "base/base.h"
#include "text/segmenter.h"

namespace attend::text {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Segmenter segmenter_of(UnitMode unit = UnitMode::kTokens, bool markers = false) {
  SegmenterOptions options;
  options.unit = unit;
  options.markers = markers;
  return Segmenter(std::move(options));
}

std::vector<std::string> texts(const std::vector<Unit>& units) {
  std::vector<std::string> result;
  for (const Unit& unit : units) result.push_back(unit.text);
  return result;
}

std::vector<std::string> tokens(std::string_view raw) { return texts(segmenter_of().split(raw)); }

// The raw text that each unit came from.
std::vector<std::string> sources(const Segmenter& segmenter, std::string_view raw) {
  std::vector<std::string> result;
  for (const Unit& unit : segmenter.split(raw)) {
    result.emplace_back(raw.substr(unit.span.begin, unit.span.end - unit.span.begin));
  }
  return result;
}

TEST(Tokens, AreWordsAndMarks) {
  EXPECT_THAT(tokens("Good, but slow."), ElementsAre("Good", ",", "but", "slow", "."));
  EXPECT_THAT(tokens("(yes!) \"well-known\"..."),
              ElementsAre("(", "yes", "!", ")", "\"", "well", "-", "known", "\"", ".", ".", "."));
  EXPECT_THAT(tokens("<br />"), ElementsAre("<", "br", "/", ">"));
  EXPECT_THAT(tokens(""), IsEmpty());
  EXPECT_THAT(tokens(" \t "), IsEmpty());
}

TEST(Tokens, KeepContractionsAndNumbersTogether) {
  EXPECT_THAT(tokens("don't 'tis dogs' U.S. e.g."),
              ElementsAre("don't", "'", "tis", "dogs", "'", "U.S", ".", "e.g", "."));
  EXPECT_THAT(
      tokens("3.14 1,000;5 10% $5 2nd a.1 1.a"),
      ElementsAre("3.14", "1,000;5", "10", "%", "$", "5", "2nd", "a", ".", "1", "1", ".", "a"));
  EXPECT_THAT(tokens("snake_case"), ElementsAre("snake_case"));
}

TEST(Tokens, FollowOtherScripts) {
  EXPECT_THAT(tokens("«Да», нет…"), ElementsAre("«", "Да", "»", ",", "нет", "…"));
  EXPECT_THAT(tokens("l’été"), ElementsAre("l’été"));
  const auto chinese = tokens("你好，世界");
  EXPECT_THAT(chinese, ElementsAre("你好", "，", "世界"));
}

TEST(Tokens, KeepAnEmojiInOnePiece) {
  EXPECT_THAT(tokens("ok👍🏽!"), ElementsAre("ok", "👍🏽", "!"));
  EXPECT_THAT(tokens("👩\u200d🚀 🇩🇪🇫🇷"), ElementsAre("👩\u200d🚀", "🇩🇪", "🇫🇷"));
}

TEST(Tokens, HaveTheSpansOfTheirRawText) {
  const std::string raw = "  Ça\tva,  İx e\u0301té? ";
  SegmenterOptions options;
  options.unit = UnitMode::kTokens;
  options.lowercase = true;
  const Segmenter segmenter(options);
  EXPECT_THAT(texts(segmenter.split(raw)), ElementsAre("ça", "va", ",", "i\u0307x", "été", "?"));
  EXPECT_THAT(sources(segmenter, raw), ElementsAre("Ça", "va", ",", "İx", "e\u0301té", "?"));
}

TEST(Tokens, AreSeparatedByTabs) {
  EXPECT_THAT(tokens("one.\ttwo"), ElementsAre("one", ".", "two"));
  for (const UnitMode unit : {UnitMode::kWords, UnitMode::kCharacters, UnitMode::kCodePoints}) {
    EXPECT_EQ(texts(segmenter_of(unit).split("a\tb")), texts(segmenter_of(unit).split("a b")));
  }
  EXPECT_THAT(texts(segmenter_of(UnitMode::kWhole).split(" very \t good\t")),
              ElementsAre("very good"));
}

TEST(Tokens, AreJoinedByBlanks) {
  const std::vector<std::string> units = {"Good", ",", "but"};
  EXPECT_EQ(segmenter_of().join(units).text, "Good , but");
}

TEST(Tokens, BeginWithTags) {
  EXPECT_THAT(tokens("<en> a <en>"), ElementsAre("<en>", "a", "<", "en", ">"));
}

// The rules for ASCII are written by hand; ICU knows them too.
TEST(TokensProperty, OfAsciiAreThoseOfIcu) {
  Random random(41);
  UErrorCode code = U_ZERO_ERROR;
  const std::unique_ptr<icu::BreakIterator> iterator(
      icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), code));
  ASSERT_TRUE(U_SUCCESS(code));
  constexpr std::string_view kCharacters = "abZ019.,;:'\"!?-_@#/()<>$%&*+=~ ";
  const TokenFinder finder;
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (std::size_t n = random.below(14); n > 0; --n) {
      const char c = kCharacters[random.below(kCharacters.size())];
      if (c != ' ' || (!text.empty() && text.back() != ' ')) text += c;
    }
    std::vector<std::string> expected, found;
    const icu::UnicodeString unicode = icu::UnicodeString::fromUTF8(text);
    iterator->setText(unicode);
    std::int32_t begin = iterator->first();
    for (std::int32_t end = iterator->next(); end != icu::BreakIterator::DONE;
         begin = end, end = iterator->next()) {
      const std::string token =
          text.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
      if (token != " ") expected.push_back(token);
    }
    for (const ByteSpan& span : finder.tokens(text)) {
      found.push_back(text.substr(span.begin, span.end - span.begin));
    }
    ASSERT_EQ(found, expected) << text;
  }
}

// ----------------------------------------------------------------------------------- markers ---

TEST(Markers, AreUnitsWhateverTouchesThem) {
  const std::string raw = "The <e1>car</e1>'s<e2> big engine </e2>.";
  EXPECT_THAT(
      texts(segmenter_of(UnitMode::kTokens, true).split(raw)),
      ElementsAre("The", "<e1>", "car", "</e1>", "'", "s", "<e2>", "big", "engine", "</e2>", "."));
  EXPECT_THAT(
      texts(segmenter_of(UnitMode::kWords, true).split(raw)),
      ElementsAre("The", "<e1>", "car", "</e1>", "'s", "<e2>", "big", "engine", "</e2>", "."));
  EXPECT_THAT(sources(segmenter_of(UnitMode::kTokens, true), "a<e1>b </e1>"),
              ElementsAre("a", "<e1>", "b", "</e1>"));
}

TEST(Markers, StandAtBothEndsAndSideBySide) {
  EXPECT_THAT(texts(segmenter_of(UnitMode::kTokens, true).split("<e1>a</e1><e2>b</e2>")),
              ElementsAre("<e1>", "a", "</e1>", "<e2>", "b", "</e2>"));
  EXPECT_THAT(texts(segmenter_of(UnitMode::kWords, true).split("<e1> a")),
              ElementsAre("<e1>", "a"));
  EXPECT_THAT(texts(segmenter_of(UnitMode::kWords, true).split("</e2>")), ElementsAre("</e2>"));
}

TEST(Markers, AreNeverPrepared) {
  SegmenterOptions options;
  options.unit = UnitMode::kTokens;
  options.markers = true;
  options.lowercase = true;
  options.remove = "<>e1";
  EXPECT_THAT(texts(Segmenter(options).split("<e1>BEE</e1> <E1>")),
              ElementsAre("<e1>", "b", "</e1>"));
}

TEST(Markers, AreFourSpellingsOnly) {
  EXPECT_THAT(texts(segmenter_of(UnitMode::kWords, true).split("x<e3> <e1 <<e1>> <e1>")),
              ElementsAre("x<e3>", "<e1", "<", "<e1>", ">", "<e1>"));
}

TEST(Markers, AreTextWhereNobodyAskedForThem) {
  EXPECT_THAT(tokens("a<e1>b"), ElementsAre("a", "<", "e1", ">", "b"));
  EXPECT_THAT(texts(segmenter_of(UnitMode::kWords).split("a<e1>b")), ElementsAre("a<e1>b"));
}

TEST(Markers, DoNotFitWholeTexts) {
  EXPECT_THROW(segmenter_of(UnitMode::kWhole, true), UsageError);
}

}  // namespace
}  // namespace attend::text
