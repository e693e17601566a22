// Tests of code points, normal forms and invisible characters.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/base.h"
#include "text/text.h"

namespace attend::text {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

SegmenterOptions with(UnitMode unit, Normalisation normalisation = Normalisation::kNfc,
                      Invisible invisible = Invisible::kKeep) {
  SegmenterOptions options;
  options.unit = unit;
  options.normalisation = normalisation;
  options.invisible = invisible;
  return options;
}

const SegmenterOptions kDropping =
    with(UnitMode::kCharacters, Normalisation::kNfc, Invisible::kDrop);

std::vector<std::string> texts(const SegmenterOptions& options, std::string_view raw) {
  std::vector<std::string> result;
  for (const Unit& unit : Segmenter(options).split(raw)) result.push_back(unit.text);
  return result;
}

std::vector<std::string> sources(const SegmenterOptions& options, std::string_view raw) {
  std::vector<std::string> result;
  for (const Unit& unit : Segmenter(options).split(raw)) {
    result.emplace_back(raw.substr(unit.span.begin, unit.span.end - unit.span.begin));
  }
  return result;
}

std::string utf8(UChar32 code_point) {
  std::string text;
  icu::UnicodeString(code_point).toUTF8String(text);
  return text;
}

TEST(CodePoints, AreSmallerThanCharacters) {
  const SegmenterOptions options = with(UnitMode::kCodePoints);
  EXPECT_THAT(texts(options, "कितना है"), ElementsAre("क", "ि", "त", "न", "ा", " ", "ह", "ै"));
  EXPECT_THAT(sources(options, "कि"), ElementsAre("क", "ि"));
  EXPECT_THAT(texts(options, "a\u200db👍🏽"), ElementsAre("a", "\u200d", "b", "👍", "🏽"));
  EXPECT_THAT(texts(options, "e\u0301"), ElementsAre("é"));  // the normal form is NFC
  EXPECT_THAT(texts(options, "<hi>  \u0915"), ElementsAre("<hi>", "\u0915"));
  EXPECT_THAT(texts(options, " \u00a0"), IsEmpty());
}

TEST(CodePoints, JoinToComposedText) {
  const Segmenter segmenter(with(UnitMode::kCodePoints));
  const std::vector<std::string> units{"<hi>", "क", "ि", " ", "e", "\u0301", "x"};
  const JoinedText joined = segmenter.join(units);
  EXPECT_EQ(joined.text, "<hi> कि éx");
  EXPECT_THAT(joined.spans,
              ElementsAre(ByteSpan{0, 4}, ByteSpan{5, 8}, ByteSpan{8, 11}, ByteSpan{11, 12},
                          ByteSpan{12, 14}, ByteSpan{12, 14}, ByteSpan{14, 15}));
  const std::vector<std::string> accents{"e", "\u0301"};
  EXPECT_EQ(Segmenter(with(UnitMode::kCodePoints, Normalisation::kNone)).join(accents).text,
            "e\u0301");
}

TEST(NormalForm, NfdGivesJamoWithTheSpansOfTheirSyllables) {
  const SegmenterOptions options = with(UnitMode::kCodePoints, Normalisation::kNfd);
  EXPECT_THAT(texts(options, "한a각"),
              ElementsAre("\u1112", "\u1161", "\u11ab", "a", "\u1100", "\u1161", "\u11a8"));
  EXPECT_THAT(sources(options, "한a각"), ElementsAre("한", "한", "한", "a", "각", "각", "각"));
  // Raw text that is already decomposed keeps the spans of its own code points.
  EXPECT_THAT(sources(options, "\u1112\u1161\u11abé"),
              ElementsAre("\u1112", "\u1161", "\u11ab", "é", "é"));
}

TEST(NormalForm, NfdPutsMarksInTheirOrder) {
  const SegmenterOptions options = with(UnitMode::kCodePoints, Normalisation::kNfd);
  const std::string raw = "xa\u0301\u0323y";  // the dot below is ordered first
  EXPECT_THAT(texts(options, raw), ElementsAre("x", "a", "\u0323", "\u0301", "y"));
  const auto found = sources(options, raw);
  EXPECT_EQ(found.front(), "x");
  EXPECT_EQ(found.back(), "y");
}

TEST(NormalForm, NfdIsComposedAgainWhereTextIsPutOut) {
  const Segmenter segmenter(with(UnitMode::kCodePoints, Normalisation::kNfd));
  const std::vector<std::string> units{"\u1112", "\u1161", "\u11ab", "\u1100", "\u1173",
                                       "\u11af", " ",      "e",      "\u0301", "!"};
  const JoinedText joined = segmenter.join(units);
  EXPECT_EQ(joined.text, "한글 é!");
  const ByteSpan first{0, 3}, second{3, 6}, letter{7, 9};
  EXPECT_THAT(joined.spans, ElementsAre(first, first, first, second, second, second, ByteSpan{6, 7},
                                        letter, letter, ByteSpan{9, 10}));
}

TEST(NormalForm, NfdWordsAreComposedTooAndAnyUnitsAreFine) {
  const Segmenter words(with(UnitMode::kWords, Normalisation::kNfd));
  const std::vector<std::string> units{"e\u0301t\u0301", "\u0301", "", "한"};
  const JoinedText joined = words.join(units);
  EXPECT_EQ(joined.text, "ét\u0301 \u0301  한");
  EXPECT_THAT(joined.spans,
              ElementsAre(ByteSpan{0, 5}, ByteSpan{6, 8}, ByteSpan{9, 9}, ByteSpan{10, 13}));
}

TEST(NormalForm, NfkcMakesVariantsEqual) {
  const SegmenterOptions options = with(UnitMode::kCharacters, Normalisation::kNfkc);
  EXPECT_THAT(texts(options, "Ａ１ﬁⅣ"), ElementsAre("A", "1", "f", "i", "I", "V"));
  EXPECT_THAT(sources(options, "Ａ１ﬁx"), ElementsAre("Ａ", "１", "ﬁ", "ﬁ", "x"));
  EXPECT_THAT(texts(options, "a\u00a0\u3000b"), ElementsAre("a", " ", "b"));
  EXPECT_THAT(texts(with(UnitMode::kCharacters), "Ａﬁ"), ElementsAre("Ａ", "ﬁ"));
}

TEST(NormalForm, NoneLeavesCharactersAsTheyAre) {
  const SegmenterOptions options = with(UnitMode::kCodePoints, Normalisation::kNone);
  EXPECT_THAT(texts(options, "e\u0301 \u00a0é\u212b"),
              ElementsAre("e", "\u0301", " ", "é", "\u212b"));
  EXPECT_THAT(texts(with(UnitMode::kCharacters, Normalisation::kNone), "e\u0301é"),
              ElementsAre("e\u0301", "é"));
}

TEST(NormalForm, RemovalTakesWholeCharactersUnderNfd) {
  SegmenterOptions options = with(UnitMode::kCodePoints, Normalisation::kNfd);
  options.remove = "é가";
  EXPECT_THAT(texts(options, "eéfe\u0301가각"),
              ElementsAre("e", "f", "\u1100", "\u1161", "\u11a8"));
  options.lowercase = true;
  EXPECT_THAT(texts(options, "EÉF"), ElementsAre("e", "f"));
}

TEST(NormalForm, RemovalTakesWholeCharactersUnderNfkc) {
  SegmenterOptions options = with(UnitMode::kCharacters, Normalisation::kNfkc);
  options.remove = "½,Ａ";
  EXPECT_THAT(texts(options, "1½2，AＡ,b"), ElementsAre("1", "2", "b"));
}

TEST(InvisibleCharacters, AreDropped) {
  for (const UChar32 c : {0xFEFF, 0x200B, 0x2060, 0xAD,   0x200E,  0x200F, 0x202A, 0x202B, 0x202C,
                          0x202D, 0x202E, 0x2066, 0x2067, 0x2068,  0x2069, 0x061C, 0x2061, 0x2063,
                          0x206A, 0x206F, 0xFFF9, 0xFFFB, 0xE0001, 0x00,   0x01,   0x08,   0x0E,
                          0x1B,   0x1C,   0x1F,   0x7F,   0x80,    0x84,   0x86,   0x9F}) {
    const std::string raw = utf8(c) + "a" + utf8(c) + "b " + utf8(c) + " c" + utf8(c);
    EXPECT_THAT(texts(kDropping, raw), ElementsAre("a", "b", " ", "c")) << std::hex << c;
    EXPECT_THAT(texts(kDropping, utf8(c) + utf8(c)), IsEmpty()) << std::hex << c;
    EXPECT_TRUE(has_invisible(raw)) << std::hex << c;
    SegmenterOptions keeping = kDropping;
    keeping.invisible = Invisible::kKeep;
    EXPECT_EQ(texts(keeping, utf8(c)).size(), 1u) << std::hex << c;
  }
}

TEST(InvisibleCharacters, ThatScriptsAndPicturesNeedStay) {
  for (const UChar32 c :
       {0x200C, 0x200D, 0x034F, 0x180E, 0x180B, 0xFE0F, 0xE0100, 0xE0020, 0xE007F, 0x115F,  0x3164,
        0xA0,   0x09,   0x0A,   0x0D,   0x85,   0x2028, 0x2029,  0x3000,  0x20,    0x7E,    0xA1,
        0xC0,   0x61B,  0x200A, 0x2010, 0x205F, 0x2070, 0xFEFE,  0xFFFD,  0xE0002, 0x10FFFF}) {
    EXPECT_FALSE(is_invisible(static_cast<char32_t>(c))) << std::hex << c;
    EXPECT_FALSE(has_invisible("a" + utf8(c))) << std::hex << c;
  }
  EXPECT_THAT(texts(kDropping, "می\u200cخو"), ElementsAre("م", "ی\u200c", "خ", "و"));
  EXPECT_THAT(texts(kDropping, "👩\u200d🚀❤\ufe0f"), ElementsAre("👩\u200d🚀", "❤\ufe0f"));
}

TEST(InvisibleCharacters, AreFormatOrControlCharactersOfUnicode) {
  for (UChar32 c = 0; c <= 0x10FFFF; ++c) {
    if (!is_invisible(static_cast<char32_t>(c))) continue;
    const auto category = u_charType(c);
    ASSERT_TRUE(category == U_CONTROL_CHAR || category == U_FORMAT_CHAR || c == 0x2065)
        << std::hex << c;
    ASSERT_FALSE(u_isUWhiteSpace(c)) << std::hex << c;
  }
}

TEST(InvisibleCharacters, DoNotKeepLettersFromComposing) {
  EXPECT_THAT(texts(kDropping, "e\u200b\u0301"), ElementsAre("é"));
  EXPECT_THAT(sources(kDropping, "xe\u200b\u0301"), ElementsAre("x", "e\u200b\u0301"));
  EXPECT_THAT(sources(kDropping, "a\u00adb \ufeff c"), ElementsAre("a", "b", " \ufeff ", "c"));
}

TEST(InvisibleCharacters, DoNotHideTags) {
  EXPECT_THAT(texts(kDropping, "\ufeff<en> a"), ElementsAre("<en>", "a"));
  EXPECT_THAT(texts(kDropping, " \u200e<en>\u200b <x>\u2060"), ElementsAre("<en>", "<x>"));
  EXPECT_THAT(texts(kDropping, "<en>\u200ba"), ElementsAre("<", "e", "n", ">", "a"));
  const auto units = Segmenter(kDropping).split("\ufeff<en>\u200b a");
  EXPECT_EQ(units[0].span, (ByteSpan{3, 7}));
  EXPECT_EQ(units[1].span, (ByteSpan{11, 12}));
  SegmenterOptions keeping = kDropping;
  keeping.invisible = Invisible::kKeep;
  EXPECT_THAT(texts(keeping, "\ufeff<e> a").front(), "\ufeff");
}

TEST(InvisibleCharacters, AreDroppedInWordsToo) {
  const SegmenterOptions words = with(UnitMode::kWords, Normalisation::kNfc, Invisible::kDrop);
  EXPECT_THAT(texts(words, "Haus\u00adtür \u200b zu\ufeff"), ElementsAre("Haustür", "zu"));
  EXPECT_THAT(sources(words, "Haus\u00adtür"), ElementsAre("Haus\u00adtür"));
}

/// Normalises a text with the plainest use of ICU.
std::string normal(const std::string& text, Normalisation form) {
  UErrorCode code = U_ZERO_ERROR;
  const icu::Normalizer2* icu_form =
      form == Normalisation::kNfc   ? icu::Normalizer2::getNFCInstance(code)
      : form == Normalisation::kNfd ? icu::Normalizer2::getNFDInstance(code)
                                    : icu::Normalizer2::getNFKCInstance(code);
  std::string result;
  const icu::UnicodeString utf16 = icu::UnicodeString::fromUTF8(text);
  return form == Normalisation::kNone ? text
                                      : icu_form->normalize(utf16, code).toUTF8String(result);
}

/// Returns random letters, marks, jamo and characters that normal forms change, without white space
/// and tags.
std::string random_text(Random& random) {
  static const std::vector<std::pair<UChar32, UChar32>> kRanges{
      {0x21, 0x3B},     {0xC0, 0x17F},    {0x300, 0x345},   {0x370, 0x3FF},   {0x900, 0x97F},
      {0x1100, 0x1112}, {0x1161, 0x1175}, {0x11A8, 0x11C2}, {0x1E00, 0x1FFE}, {0x2100, 0x218F},
      {0x30A0, 0x30FF}, {0xAC00, 0xAC40}, {0xFB00, 0xFB4F}, {0xFF01, 0xFF9F}, {0x1D15E, 0x1D164}};
  std::string text;
  for (std::size_t n = 1 + random.below(12); n > 0; --n) {
    const auto& [first, last] = kRanges[random.below(kRanges.size())];
    text += utf8(first +
                 static_cast<UChar32>(random.below(static_cast<std::uint64_t>(last - first + 1))));
  }
  return text;
}

TEST(PreparationProperty, EveryFormIsThatOfIcuAndHasItsWayBack) {
  Random random(31);
  for (const Normalisation form :
       {Normalisation::kNone, Normalisation::kNfc, Normalisation::kNfd, Normalisation::kNfkc}) {
    const Segmenter segmenter(with(UnitMode::kCodePoints, form));
    for (int round = 0; round < 10000; ++round) {
      const std::string raw = random_text(random);
      const std::string expected = normal(raw, form);
      if (expected.find(' ') != std::string::npos) continue;  // NFKC turns some signs into blanks
      std::string joined;
      ByteSpan last;
      std::vector<std::string> units;
      for (const Unit& unit : segmenter.split(raw)) {
        joined += unit.text;
        units.push_back(unit.text);
        ASSERT_LE(last.begin, unit.span.begin) << raw;
        ASSERT_LE(last.end, unit.span.end) << raw;
        ASSERT_LT(unit.span.begin, unit.span.end) << raw;
        last = unit.span;
        const std::string source = raw.substr(unit.span.begin, unit.span.end - unit.span.begin);
        ASSERT_EQ(find_broken_utf8(source), std::string::npos) << raw;
        ASSERT_NE(normal(source, form).find(unit.text), std::string::npos) << raw;
      }
      ASSERT_EQ(joined, expected) << raw;
      const JoinedText text = segmenter.join(units);
      ASSERT_EQ(text.text,
                form == Normalisation::kNfd ? normal(raw, Normalisation::kNfc) : expected);
      for (std::size_t i = 0; i < units.size(); ++i) {
        const ByteSpan span = text.spans[i];
        const std::string covered = text.text.substr(span.begin, span.end - span.begin);
        ASSERT_NE(normal(covered, form).find(units[i]), std::string::npos) << raw;
      }
    }
  }
}

TEST(PreparationProperty, JoinIsTheInverseOfSplitUnderNfd) {
  Random random(32);
  const Segmenter segmenter(with(UnitMode::kCodePoints, Normalisation::kNfd));
  for (int round = 0; round < 10000; ++round) {
    std::vector<std::string> units;
    for (const Unit& unit : segmenter.split(random_text(random))) units.push_back(unit.text);
    std::vector<std::string> again;
    for (const Unit& unit : segmenter.split(segmenter.join(units).text)) again.push_back(unit.text);
    ASSERT_EQ(again, units);
  }
}

}  // namespace
}  // namespace attend::text
