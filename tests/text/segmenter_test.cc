#include "text/segmenter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unicode/brkiter.h>
#include <unicode/normalizer2.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <memory>
#include <thread>

#include "base/base.h"
#include "text/corpus.h"
#include "text/unicode.h"

namespace attend::text {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> texts(const std::vector<Unit>& units) {
  std::vector<std::string> result;
  for (const Unit& unit : units) result.push_back(unit.text);
  return result;
}

std::vector<std::string> characters(std::string_view raw, SegmenterOptions options = {}) {
  return texts(Segmenter(std::move(options)).split(raw));
}

std::vector<std::string> words(std::string_view raw, bool lowercase = false) {
  return texts(
      Segmenter({.unit = UnitMode::kWords, .lowercase = lowercase, .remove = {}}).split(raw));
}

/// Returns the raw text that each unit came from.
std::vector<std::string> sources(const Segmenter& segmenter, std::string_view raw) {
  std::vector<std::string> result;
  for (const Unit& unit : segmenter.split(raw)) {
    result.emplace_back(raw.substr(unit.span.begin, unit.span.end - unit.span.begin));
  }
  return result;
}

TEST(Characters, AreSingleLettersAndSpaces) {
  EXPECT_THAT(characters("31 Oct"), ElementsAre("3", "1", " ", "O", "c", "t"));
  EXPECT_THAT(characters("né"), ElementsAre("n", "é"));
}

TEST(Characters, AreWhatPeopleSeeAsOne) {
  EXPECT_THAT(characters("कितना"), ElementsAre("कि", "त", "ना"));
  EXPECT_THAT(characters("👩\u200d🚀👍🏽"), ElementsAre("👩\u200d🚀", "👍🏽"));
  EXPECT_THAT(characters("🇩🇪🇫🇷"), ElementsAre("🇩🇪", "🇫🇷"));
  EXPECT_THAT(characters("مَرحبا"), ElementsAre("مَ", "ر", "ح", "ب", "ا"));
  EXPECT_THAT(characters("กำ"), ElementsAre("กำ"));
}

TEST(Characters, AreComposed) {
  EXPECT_THAT(characters("e\u0301"), ElementsAre("\u00e9"));
  EXPECT_THAT(characters("\u1112\u1161\u11ab\u1100\u1173\u11af"), ElementsAre("한", "글"));
  EXPECT_THAT(characters("\u212b"), ElementsAre("\u00c5"));
  // Composition exclusions come apart, but stay one character.
  EXPECT_THAT(characters("\u0958"), ElementsAre("\u0915\u093c"));
}

TEST(Characters, SpansLeadBackToTheRawBytes) {
  const std::string raw = "xe\u0301\u1112\u1161\u11ab!";
  EXPECT_THAT(sources(Segmenter({}), raw), ElementsAre("x", "e\u0301", "\u1112\u1161\u11ab", "!"));
}

TEST(Characters, WhiteSpaceIsOneSpace) {
  const std::string raw = "\t a \u3000\r\n b\u00a0";
  EXPECT_THAT(characters(raw), ElementsAre("a", " ", "b"));
  EXPECT_THAT(sources(Segmenter({}), raw), ElementsAre("a", " \u3000\r\n ", "b"));
  EXPECT_THAT(characters(" \t\u2028"), IsEmpty());
  EXPECT_THAT(characters(""), IsEmpty());
}

TEST(Characters, ControlCharactersAreCharacters) {
  const std::string raw("a\0b\x01\x7f\u00ad", 7);
  EXPECT_THAT(characters(raw),
              ElementsAre("a", std::string(1, '\0'), "b", "\x01", "\x7f", "\u00ad"));
}

TEST(LowerCase, MayChangeTheLength) {
  const Segmenter segmenter({.unit = UnitMode::kCharacters, .lowercase = true, .remove = {}});
  EXPECT_THAT(texts(segmenter.split("İẞA")), ElementsAre("i\u0307", "ß", "a"));
  EXPECT_THAT(sources(segmenter, "İẞA"), ElementsAre("İ", "ẞ", "A"));
  EXPECT_EQ(segmenter.split("aİb")[2].span, (ByteSpan{3, 4}));
}

TEST(LowerCase, KnowsFinalSigmaAndEveryScript) {
  EXPECT_THAT(words("ΟΔΟΣ ЁЖ ÀÉ Ａ", true), ElementsAre("οδος", "ёж", "àé", "ａ"));
  EXPECT_THAT(words("I IÌ", true), ElementsAre("i", "iì"));
}

TEST(LowerCase, LeavesComposedText) {
  // There is no composed J with caron, but there is a composed j with caron.
  const Segmenter segmenter({.unit = UnitMode::kCharacters, .lowercase = true, .remove = {}});
  EXPECT_THAT(texts(segmenter.split("xJ\u030c")), ElementsAre("x", "\u01f0"));
  EXPECT_THAT(sources(segmenter, "xJ\u030c"), ElementsAre("x", "J\u030c"));
}

TEST(Removal, LeavesTheCharactersOut) {
  const SegmenterOptions options{
      .unit = UnitMode::kCharacters, .lowercase = false, .remove = ",年"};
  EXPECT_THAT(characters("1,2年3", options), ElementsAre("1", "2", "3"));
  const auto units = Segmenter(options).split("1,2年3");
  EXPECT_EQ(units[1].span, (ByteSpan{2, 3}));
  EXPECT_EQ(units[2].span, (ByteSpan{6, 7}));
  EXPECT_THAT(characters(",,", options), IsEmpty());
  EXPECT_THAT(characters("a , , b", options), ElementsAre("a", " ", "b"));
}

TEST(Removal, FollowsLowerCasingAndComposition) {
  const SegmenterOptions options{
      .unit = UnitMode::kCharacters, .lowercase = true, .remove = "Ae\u0301"};
  EXPECT_THAT(characters("aAbÉe", options), ElementsAre("b", "e"));
  // The characters around a removed one may compose.
  EXPECT_THAT(
      characters("e,\u0301", {.unit = UnitMode::kCharacters, .lowercase = false, .remove = ","}),
      ElementsAre("é"));
}

TEST(Whole, KeepsALineAsOneUnit) {
  SegmenterOptions options;
  options.unit = UnitMode::kWhole;
  const Segmenter segmenter(options);
  const std::vector<Unit> units = segmenter.split("  <b> very   good ");
  ASSERT_EQ(units.size(), 1U);
  EXPECT_EQ(units[0].text, "<b> very good");
  EXPECT_EQ(units[0].span, (ByteSpan{2, 17}));
  EXPECT_TRUE(segmenter.split("  ").empty());
  const std::vector<std::string> label{"very good"};
  EXPECT_EQ(segmenter.join(label).text, "very good");
}

TEST(Words, AreSplitAtUnicodeWhiteSpace) {
  EXPECT_THAT(words(" ein\u00a0kleiner\u3000 Hund\t."), ElementsAre("ein", "kleiner", "Hund", "."));
  const Segmenter segmenter({.unit = UnitMode::kWords, .lowercase = true, .remove = {}});
  EXPECT_THAT(sources(segmenter, " Ein  HUND "), ElementsAre("Ein", "HUND"));
}

TEST(Tags, AreOneUnitInEveryMode) {
  EXPECT_THAT(characters("<en-GB> 31/1"), ElementsAre("<en-GB>", "3", "1", "/", "1"));
  EXPECT_THAT(words("<en-GB> 31 Oct"), ElementsAre("<en-GB>", "31", "Oct"));
  EXPECT_THAT(characters("  <to_de>\u00a0<formal>\t a"), ElementsAre("<to_de>", "<formal>", "a"));
  EXPECT_THAT(characters("<en>"), ElementsAre("<en>"));
  EXPECT_THAT(characters("<en> \t"), ElementsAre("<en>"));
}

TEST(Tags, StandOnlyAtTheStart) {
  EXPECT_THAT(characters("a <b>"), ElementsAre("a", " ", "<", "b", ">"));
  EXPECT_THAT(characters("<b>a"), ElementsAre("<", "b", ">", "a"));
  EXPECT_THAT(characters("<b><c> a"), ElementsAre("<", "b", ">", "<", "c", ">", " ", "a"));
  EXPECT_THAT(characters("<b> <c"), ElementsAre("<b>", "<", "c"));
}

TEST(Tags, HaveANarrowSpelling) {
  for (const char* tag : {"<en>", "<zh-Hant_TW>", "<2>", "<->"}) EXPECT_TRUE(is_tag(tag)) << tag;
  for (const char* other :
       {"<>", "<", "", "<é>", "< a>", "<a.b>", "</s>", "<unk>", "<pad>", "en", "<en>>"}) {
    EXPECT_FALSE(is_tag(other)) << other;
  }
  EXPECT_THAT(characters("<> a"), ElementsAre("<", ">", " ", "a"));
  EXPECT_THAT(words("<unk> a"), ElementsAre("<unk>", "a"));
}

TEST(Tags, AreNotPrepared) {
  const Segmenter segmenter({.unit = UnitMode::kCharacters, .lowercase = true, .remove = "-<B"});
  const auto units = segmenter.split(" <en-GB> B-C");
  EXPECT_THAT(texts(units), ElementsAre("<en-GB>", "c"));
  EXPECT_EQ(units[0].span, (ByteSpan{1, 8}));
  EXPECT_EQ(units[1].span, (ByteSpan{11, 12}));
}

TEST(Join, GivesTextAndSpans) {
  const std::vector<std::string> units{"<en>", "a", " ", "é"};
  const JoinedText joined = Segmenter({}).join(units);
  EXPECT_EQ(joined.text, "<en> a é");
  EXPECT_THAT(joined.spans,
              ElementsAre(ByteSpan{0, 4}, ByteSpan{5, 6}, ByteSpan{6, 7}, ByteSpan{7, 9}));
  const Segmenter by_words({.unit = UnitMode::kWords, .lowercase = false, .remove = {}});
  const JoinedText sentence = by_words.join(units);
  EXPECT_EQ(sentence.text, "<en> a   é");
  EXPECT_EQ(sentence.spans[3], (ByteSpan{9, 11}));
  EXPECT_EQ(by_words.join({}).text, "");
}

TEST(Join, TakesReservedUnitsAsText) {
  const std::vector<std::string> units{"<unk>", "a"};
  EXPECT_EQ(Segmenter({}).join(units).text, "<unk>a");
}

TEST(Segmenter, ReportsBrokenTextWithItsPlace) {
  const Segmenter segmenter({});
  try {
    segmenter.split("ab\xc3");
    FAIL();
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(), "byte 3 of the text (0xc3) is not UTF-8");
  }
  EXPECT_THROW(segmenter.split(std::string(kMaximumLineBytes + 1, 'a')), DataError);
  EXPECT_EQ(segmenter.split(std::string(kMaximumLineBytes, 'a')).size(), kMaximumLineBytes);
}

TEST(Segmenter, RefusesWrongOptions) {
  EXPECT_THROW(Segmenter({.unit = UnitMode::kSubwords, .lowercase = false, .remove = {}}),
               UsageError);
  EXPECT_THROW(Segmenter({.unit = UnitMode::kWords, .lowercase = false, .remove = {}}, "model"),
               UsageError);
  EXPECT_THROW(Segmenter({.unit = UnitMode::kWords, .lowercase = false, .remove = "\xff"}),
               UsageError);
}

/// Returns random text of characters that are likely to cause trouble.
std::string random_text(Random& random) {
  static const std::vector<std::pair<UChar32, UChar32>> kRanges{
      {0x20, 0x7E},       {0x00, 0x1F},     {0x80, 0x2FF},    {0x300, 0x36F},   {0x370, 0x52F},
      {0x590, 0x6FF},     {0x900, 0x97F},   {0xE00, 0xE7F},   {0x1100, 0x11FF}, {0x1E00, 0x20FF},
      {0x3000, 0x30FF},   {0x4E00, 0x4E20}, {0xAC00, 0xAC40}, {0xFB00, 0xFEFF}, {0x1F1E6, 0x1F1FF},
      {0x1F3FB, 0x1F469}, {0x0, 0x10FFFF}};
  static const std::vector<UChar32> kChosen{' ', ' ', '\r',  '\n',   0x200D, 0xFE0F, 0x2581, 0x2585,
                                            '<', '>', 0x130, 0x1E9E, 0x3A3,  0x212B, 0xA9};
  std::string text;
  const std::size_t ranges = 1 + random.below(3);
  const std::size_t first = random.below(kRanges.size());
  for (std::size_t n = random.below(30); n > 0; --n) {
    UChar32 c = kChosen[random.below(kChosen.size())];
    if (random.chance(0.8)) {
      const auto& range = kRanges[(first + random.below(ranges)) % kRanges.size()];
      c = range.first + static_cast<UChar32>(random.below(
                            static_cast<std::uint64_t>(range.second - range.first + 1)));
    }
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    char bytes[4];
    std::int32_t length = 0;
    U8_APPEND_UNSAFE(bytes, length, c);
    text.append(bytes, static_cast<std::size_t>(length));
  }
  return text;
}

/// Prepares a text (NFC, optional lower-casing, collapsed white space) with the plainest use of
/// ICU.
std::string plainly_prepared(const std::string& raw, bool lowercase) {
  UErrorCode code = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(code);
  icu::UnicodeString text = nfc->normalize(icu::UnicodeString::fromUTF8(raw), code);
  if (lowercase) text = nfc->normalize(text.toLower(icu::Locale::getRoot()), code);
  icu::UnicodeString collapsed;
  bool space = false;
  for (std::int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    const UChar32 c = text.char32At(i);
    if (u_isUWhiteSpace(c)) {
      space = !collapsed.isEmpty();
      continue;
    }
    if (space) collapsed.append(u' ');
    space = false;
    collapsed.append(c);
  }
  std::string utf8;
  return collapsed.toUTF8String(utf8);
}

std::vector<std::string> plainly_cut(const std::string& text) {
  UErrorCode code = U_ZERO_ERROR;
  const std::unique_ptr<icu::BreakIterator> iterator(
      icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), code));
  const icu::UnicodeString utf16 = icu::UnicodeString::fromUTF8(text);
  iterator->setText(utf16);
  std::vector<std::string> units;
  for (std::int32_t begin = iterator->first(), end = iterator->next();
       end != icu::BreakIterator::DONE; begin = end, end = iterator->next()) {
    units.emplace_back();
    utf16.tempSubStringBetween(begin, end).toUTF8String(units.back());
  }
  return units;
}

void expect_spans_in_order(const std::vector<Unit>& units, const std::string& raw) {
  ByteSpan last;
  for (const Unit& unit : units) {
    ASSERT_LE(unit.span.begin, unit.span.end);
    ASSERT_LE(unit.span.end, raw.size());
    ASSERT_LE(last.begin, unit.span.begin);
    ASSERT_LE(last.end, unit.span.end);
    last = unit.span;
    ASSERT_EQ(find_broken_utf8(raw.substr(unit.span.begin, unit.span.end - unit.span.begin)),
              std::string::npos);
  }
}

TEST(SegmenterProperty, AgreesWithThePlainestUseOfIcu) {
  Random random(21);
  for (const bool lowercase : {false, true}) {
    const Segmenter segmenter(
        {.unit = UnitMode::kCharacters, .lowercase = lowercase, .remove = {}});
    for (int round = 0; round < 20000; ++round) {
      const std::string raw = random_text(random);
      const auto units = segmenter.split(raw);
      if (!units.empty() && is_tag(units[0].text)) continue;
      const std::string prepared = plainly_prepared(raw, lowercase);
      ASSERT_EQ(texts(units), plainly_cut(prepared)) << raw;
      expect_spans_in_order(units, raw);
    }
  }
}

TEST(SegmenterProperty, JoinIsTheInverseOfSplit) {
  Random random(22);
  for (const UnitMode unit : {UnitMode::kCharacters, UnitMode::kWords}) {
    const Segmenter segmenter({.unit = unit, .lowercase = false, .remove = {}});
    for (int round = 0; round < 10000; ++round) {
      std::string raw = random_text(random);
      if (random.chance(0.2)) raw = "<en> " + raw;
      const auto units = texts(segmenter.split(raw));
      const JoinedText joined = segmenter.join(units);
      ASSERT_EQ(joined.text, plainly_prepared(raw, false));
      ASSERT_EQ(texts(segmenter.split(joined.text)), units) << raw;
      for (std::size_t i = 0; i < units.size(); ++i) {
        const ByteSpan span = joined.spans[i];
        ASSERT_EQ(joined.text.substr(span.begin, span.end - span.begin), units[i]);
      }
    }
  }
}

TEST(SegmenterProperty, SpansOfUnchangedTextAreItsOwn) {
  Random random(23);
  const Segmenter segmenter({});
  for (int round = 0; round < 5000; ++round) {
    const std::string raw = plainly_prepared(random_text(random), false);
    for (const Unit& unit : segmenter.split(raw)) {
      ASSERT_EQ(raw.substr(unit.span.begin, unit.span.end - unit.span.begin), unit.text);
    }
  }
}

TEST(SegmenterProperty, RemovedCharactersAreGone) {
  Random random(24);
  const Segmenter segmenter(
      {.unit = UnitMode::kCharacters, .lowercase = true, .remove = "aeiou ,"});
  for (int round = 0; round < 5000; ++round) {
    const std::string raw = random_text(random);
    const auto units = segmenter.split(raw);
    expect_spans_in_order(units, raw);
    if (!units.empty() && is_tag(units[0].text)) continue;
    for (const Unit& unit : units)
      ASSERT_EQ(unit.text.find_first_of("aeiou,"), std::string::npos) << raw;
  }
}

TEST(SegmenterProperty, RandomBytesGiveUnitsOrADataError) {
  Random random(25);
  const Segmenter by_characters({.unit = UnitMode::kCharacters, .lowercase = true, .remove = ","});
  const Segmenter by_words({.unit = UnitMode::kWords, .lowercase = true, .remove = ","});
  for (int round = 0; round < 20000; ++round) {
    std::string raw;
    for (std::size_t n = random.below(12); n > 0; --n) {
      raw += static_cast<char>(random.chance(0.7) ? random.below(128) : random.below(256));
    }
    for (const Segmenter* segmenter : {&by_characters, &by_words}) {
      try {
        expect_spans_in_order(segmenter->split(raw), raw);
        ASSERT_EQ(find_broken_utf8(raw), std::string::npos);
      } catch (const DataError&) {
        ASSERT_NE(find_broken_utf8(raw), std::string::npos);
      }
    }
  }
}

TEST(Segmenter, WorksFromSeveralThreads) {
  const Segmenter segmenter({});
  const std::vector<std::string> expected{"ते", "👍🏽", "x"};
  std::vector<std::thread> threads;
  std::vector<int> agree(4, 0);
  for (std::size_t t = 0; t < agree.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i)
        agree[t] += texts(segmenter.split("ते👍🏽x")) == expected ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(agree, ElementsAre(200, 200, 200, 200));
}

}  // namespace
}  // namespace attend::text
