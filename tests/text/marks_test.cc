// Tests where attention may look: word ranges, <span> markers, their projection to units, and the
// readers that take them from files.
#include "text/marks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/base.h"
#include "testing.h"
#include "text/text.h"

namespace attend::text {
namespace {

using ::attend::testing::TemporaryFolder;
using ::attend::testing::write_file;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string data_error(const std::function<void()>& action) {
  try {
    action();
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

// Returns the parts of a text that the spans cover.
std::vector<std::string> texts(std::string_view text, const std::vector<ByteSpan>& spans) {
  std::vector<std::string> result;
  for (const ByteSpan& span : spans) {
    result.emplace_back(text.substr(span.begin, span.end - span.begin));
  }
  return result;
}

// Returns the units of a text that the spans cover.
std::vector<std::string> covered(UnitMode mode, std::string_view text,
                                 const std::vector<ByteSpan>& spans) {
  const Segmenter segmenter({mode, true, "!"});
  const std::vector<Unit> units = segmenter.split(text);
  const std::vector<char> flags = covered_units(units, spans);
  std::vector<std::string> result;
  for (std::size_t i = 0; i < units.size(); ++i) {
    if (flags.at(i) != 0) result.push_back(units[i].text);
  }
  return result;
}

// -------------------------------------------------------------------------------- the column ---

TEST(TakeField, LeavesTheLineWithoutTheField) {
  const auto take = [](std::string line, std::size_t column) {
    const std::string field = take_field(line, column);
    return std::pair(field, line);
  };
  EXPECT_EQ(take("a\tb\tc", 1), std::pair(std::string("a"), std::string("b\tc")));
  EXPECT_EQ(take("a\tb\tc", 2), std::pair(std::string("b"), std::string("a\tc")));
  EXPECT_EQ(take("a\tb\tc", 3), std::pair(std::string("c"), std::string("a\tb")));
  EXPECT_EQ(take("a\t\tc", 2), std::pair(std::string(), std::string("a\tc")));
  EXPECT_EQ(take("a", 1), std::pair(std::string("a"), std::string()));
}

TEST(TakeField, NamesTheFieldThatIsMissing) {
  std::string line = "a\tb";
  EXPECT_EQ(data_error([&] { take_field(line, 3); }),
            "2 fields, expected the allowed words in field 3");
  line = "";
  EXPECT_EQ(data_error([&] { take_field(line, 2); }),
            "1 field, expected the allowed words in field 2");
}

TEST(Words, AreSeparatedByWhiteSpaceOfUnicode) {
  const std::string text = " ein\u00A0 zwei\u3000drei ";
  EXPECT_THAT(texts(text, find_words(text)), ElementsAre("ein", "zwei", "drei"));
  EXPECT_THAT(find_words(" \t "), IsEmpty());
  EXPECT_THAT(find_words(""), IsEmpty());
}

TEST(WordRanges, CoverWordsAndTheSpaceBetweenThem) {
  const std::string text = "a bb  ccc dd e";
  const auto ranges = [&](std::string_view list) {
    return texts(text, parse_word_ranges(list, text));
  };
  EXPECT_THAT(ranges("0"), ElementsAre("a"));
  EXPECT_THAT(ranges("1-2,4"), ElementsAre("bb  ccc", "e"));
  EXPECT_THAT(ranges(" 4 , 0-1 "), ElementsAre("a bb", "e"));
  EXPECT_THAT(ranges("1-3,2-4,2"), ElementsAre("bb  ccc dd e"));
  EXPECT_THAT(ranges("0,1"), ElementsAre("a", "bb"));
}

TEST(WordRanges, AreRefusedWithTheRangeThatIsWrong) {
  const auto error = [](std::string_view list) {
    return data_error([&] { parse_word_ranges(list, "a b c"); });
  };
  for (const char* wrong : {"", " ", "x", "1-", "-1", "2-1", "1-2-3", "1,,2", "1,", "1 2", "0x1",
                            "99999999999999999999", "1\u20132"}) {
    EXPECT_THAT(error(wrong), HasSubstr("is no range of words")) << wrong;
  }
  EXPECT_EQ(error("0,2-3"), "'2-3' points beyond the 3 source words, which count from 0");
  EXPECT_EQ(error("3"), "'3' points beyond the 3 source words, which count from 0");
}

// ------------------------------------------------------------------------------- the markers ---

TEST(SpanMarkup, IsRemovedAndRemembered) {
  const MarkedSource one = remove_span_markup("the <span>old cat</span> sleeps");
  EXPECT_EQ(one.text, "the old cat sleeps");
  EXPECT_THAT(texts(one.text, one.allowed), ElementsAre("old cat"));
  const MarkedSource two = remove_span_markup("<span>a</span>b<span></span><span>c</span>");
  EXPECT_EQ(two.text, "abc");
  EXPECT_THAT(texts(two.text, two.allowed), ElementsAre("a", "c"));
  const MarkedSource touching = remove_span_markup("<span>a</span><span>b</span>c");
  EXPECT_THAT(texts(touching.text, touching.allowed), ElementsAre("ab"));
}

TEST(SpanMarkup, KeepsOtherTags) {
  const MarkedSource source = remove_span_markup("<fr> <b>x</b> <span>y</span> <SPAN>");
  EXPECT_EQ(source.text, "<fr> <b>x</b> y <SPAN>");
  EXPECT_THAT(texts(source.text, source.allowed), ElementsAre("y"));
}

TEST(SpanMarkup, IsRefusedWhereItIsNotPaired) {
  const auto error = [](std::string_view text) {
    return data_error([&] { remove_span_markup(text); });
  };
  EXPECT_EQ(error("a <span>b"), "a <span> without a </span>");
  EXPECT_EQ(error("a</span> b"), "a </span> without a <span>");
  EXPECT_EQ(error("<span>a<span>b</span></span>"), "a <span> inside a <span>");
  EXPECT_THAT(error("a b"), HasSubstr("no <span> with text"));
  EXPECT_THAT(error("a <span></span>b"), HasSubstr("no <span> with text"));
}

TEST(Marks, OfABlankSourceAreNone) {
  EXPECT_THAT(read_marks(" ", "7", {1, false}).allowed, IsEmpty());
  const MarkedSource blank = read_marks("<span> </span>", "", {0, true});
  EXPECT_EQ(blank.text, " ");
  EXPECT_THAT(blank.allowed, IsEmpty());
  EXPECT_EQ(read_marked_line("", {2, false}).text, "");
  EXPECT_EQ(read_marked_line("", {0, true}).text, "");
}

TEST(Marks, WithoutAnyLeaveTheLineAsItIs) {
  const MarkedSource source = read_marked_line("a\t<span>b", {});
  EXPECT_EQ(source.text, "a\t<span>b");
  EXPECT_THAT(source.allowed, IsEmpty());
}

// -------------------------------------------------------------------------------- projection ---

TEST(CoveredUnits, AreThoseThatShareAByte) {
  const std::string text = "Ein  alter! Hund";
  const auto spans = parse_word_ranges("1-2", text);
  EXPECT_THAT(covered(UnitMode::kWords, text, spans), ElementsAre("alter", "hund"));
  EXPECT_THAT(covered(UnitMode::kCharacters, text, spans),
              ElementsAre("a", "l", "t", "e", "r", " ", "h", "u", "n", "d"));
  EXPECT_THAT(covered(UnitMode::kWhole, text, spans), ElementsAre("ein alter hund"));
  // A part of a word is enough.
  EXPECT_THAT(covered(UnitMode::kWords, text, {{2, 6}}), ElementsAre("ein", "alter"));
  // Preparation removes the whole word.
  EXPECT_THAT(covered(UnitMode::kWords, "a ! b", parse_word_ranges("1", "a ! b")), IsEmpty());
}

TEST(CoveredUnits, SpaceBetweenTwoRangesIsNotCovered) {
  const std::string text = "ab cd ef";
  EXPECT_THAT(covered(UnitMode::kCharacters, text, parse_word_ranges("0,1", text)),
              ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(covered(UnitMode::kCharacters, text, parse_word_ranges("0-1", text)),
              ElementsAre("a", "b", " ", "c", "d"));
}

// A character of several bytes is one unit, or several that share its span.
TEST(CoveredUnits, FollowCharactersOfSeveralBytes) {
  const std::string text = "\uAC01 e\u0301";
  EXPECT_THAT(covered(UnitMode::kCharacters, text, parse_word_ranges("1", text)),
              ElementsAre("\u00E9"));
  SegmenterOptions jamo;
  jamo.unit = UnitMode::kCodePoints;
  jamo.normalisation = Normalisation::kNfd;
  const std::vector<Unit> units = Segmenter(jamo).split(text);
  EXPECT_THAT(covered_units(units, parse_word_ranges("0", text)), ElementsAre(1, 1, 1, 0, 0, 0));
}

TEST(CoveredUnits, LeadingTagsAreWords) {
  const std::string text = "<fr> ab cd";
  EXPECT_THAT(covered(UnitMode::kCharacters, text, parse_word_ranges("0,2", text)),
              ElementsAre("<fr>", "c", "d"));
}

// The space that SentencePiece puts before the first word is a unit without bytes.
TEST(SharedSpans, AUnitWithoutBytesSharesNone) {
  const std::vector<Unit> units{{"\u2581", {0, 0}}, {"a", {0, 1}}, {"b", {1, 2}}, {"c", {3, 4}}};
  const std::vector<ByteSpan> words{{0, 2}, {3, 4}};
  using Range = std::pair<std::size_t, std::size_t>;
  EXPECT_THAT(shared_spans(units, words),
              ElementsAre(Range{0, 0}, Range{0, 1}, Range{0, 1}, Range{1, 2}));
  const std::vector<ByteSpan> halves{{0, 1}, {1, 4}};
  EXPECT_THAT(shared_spans(std::vector<Unit>{{"ab", {0, 2}}, {"c", {3, 4}}}, halves),
              ElementsAre(Range{0, 2}, Range{1, 2}));
}

// ------------------------------------------------------------------------------------ readers ---

class Readers : public ::testing::Test {
 protected:
  std::filesystem::path file(const std::string& name, std::string_view contents) const {
    write_file(folder_ / name, contents);
    return folder_ / name;
  }

  TemporaryFolder folder_;
};

TEST_F(Readers, TakeTheColumnOutOfEveryLine) {
  SourceReader reader(file("s", "a b c\t0,2\n\nd\t0\n"), {2, false});
  MarkedSource source;
  ASSERT_TRUE(reader.next(source));
  EXPECT_EQ(source.text, "a b c");
  EXPECT_THAT(texts(source.text, source.allowed), ElementsAre("a", "c"));
  ASSERT_TRUE(reader.next(source));
  EXPECT_EQ(source.text, "");
  EXPECT_THAT(source.allowed, IsEmpty());
  ASSERT_TRUE(reader.next(source));
  EXPECT_THAT(texts(source.text, source.allowed), ElementsAre("d"));
  EXPECT_FALSE(reader.next(source));
}

TEST_F(Readers, GoOnAfterALineWithBadMarks) {
  SourceReader reader(file("s", "a\nb\t1\nc\t0\n"), {2, false});
  MarkedSource source;
  EXPECT_THAT(data_error([&] { reader.next(source); }), HasSubstr("s:1: 1 field"));
  EXPECT_THAT(data_error([&] { reader.next(source); }), HasSubstr("s:2: '1' points beyond"));
  ASSERT_TRUE(reader.next(source));
  EXPECT_EQ(source.text, "c");
}

TEST_F(Readers, OfPairsTakeTheColumnFromAnyPlace) {
  for (const auto& [line, column] :
       {std::pair{"0\ta b\tt\n", 1}, {"a b\t0\tt\n", 2}, {"a b\tt\t0\n", 3}}) {
    CorpusFiles files{file("pairs.tsv", line), {}, {}};
    files.marks.allowed_column = static_cast<std::size_t>(column);
    PairReader reader(files);
    Pair pair;
    ASSERT_TRUE(reader.next(pair));
    EXPECT_EQ(pair.source, "a b");
    EXPECT_EQ(pair.target, "t");
    EXPECT_THAT(texts(pair.source, pair.allowed), ElementsAre("a"));
  }
}

TEST_F(Readers, OfPairsForgetTheMarksOfTheLineBefore) {
  CorpusFiles files{file("pairs.tsv", "a b\tt\t1\n\nc\tu\t0\n"), {}, {}};
  files.marks.allowed_column = 3;
  PairReader reader(files, BlankSides::kBoth);
  Pair pair;
  ASSERT_TRUE(reader.next(pair));
  EXPECT_THAT(texts(pair.source, pair.allowed), ElementsAre("b"));
  ASSERT_TRUE(reader.next(pair));
  EXPECT_THAT(pair.allowed, IsEmpty());
  ASSERT_TRUE(reader.next(pair));
  EXPECT_THAT(texts(pair.source, pair.allowed), ElementsAre("c"));
}

TEST_F(Readers, OfParallelFilesTakeMarksFromTheSources) {
  CorpusFiles files{{}, file("s", "a <span>b</span>\nc\n"), file("t", "<span>x\ny\n")};
  files.marks.span_markup = true;
  PairReader reader(files);
  Pair pair;
  ASSERT_TRUE(reader.next(pair));
  EXPECT_EQ(pair.source, "a b");
  EXPECT_EQ(pair.target, "<span>x");
  EXPECT_THAT(texts(pair.source, pair.allowed), ElementsAre("b"));
  EXPECT_THAT(data_error([&] { reader.next(pair); }), HasSubstr("s:2: no <span>"));
  EXPECT_FALSE(reader.next(pair));
}

TEST_F(Readers, NameTheLineOfBadMarksInPairs) {
  CorpusFiles files{file("pairs.tsv", "a\tt\n\na\tt\t3\na\tt\tu\t0\n"), {}, {}};
  files.marks.allowed_column = 3;
  PairReader reader(files);
  Pair pair;
  EXPECT_THAT(data_error([&] { reader.next(pair); }), HasSubstr("pairs.tsv:1: 2 fields"));
  EXPECT_THAT(data_error([&] { reader.next(pair); }), HasSubstr("pairs.tsv:2: an empty line"));
  EXPECT_THAT(data_error([&] { reader.next(pair); }), HasSubstr("pairs.tsv:3: '3' points beyond"));
  EXPECT_THAT(data_error([&] { reader.next(pair); }), HasSubstr("pairs.tsv:4: 3 fields"));
}

TEST_F(Readers, RefuseMarksOfBothKinds) {
  const std::filesystem::path lines = file("s", "a\t0\n");
  EXPECT_THROW(SourceReader(lines, {2, true}), UsageError);
  EXPECT_THROW(PairReader({lines, {}, {}, {2, true}}), UsageError);
}

}  // namespace
}  // namespace attend::text
