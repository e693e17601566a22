// Tests of the columns of a TSV: their names, and the texts that readers take from them.
#include "text/columns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "base/base.h"
#include "testing.h"
#include "text/corpus.h"

namespace attend::text {
namespace {

using ::attend::testing::TemporaryFolder;
using ::attend::testing::write_file;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string usage_error(const std::function<void()>& action) {
  try {
    action();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

std::string joined(const std::string& columns, const std::string& line) {
  return Columns::parse(columns).join(fields_of(line));
}

TEST(Fields, AreWhatTabsSeparate) {
  EXPECT_THAT(fields_of("a\tb c\t\td"), ElementsAre("a", "b c", "", "d"));
  EXPECT_THAT(fields_of(""), ElementsAre(""));
  EXPECT_THAT(fields_of("\t"), ElementsAre("", ""));
}

TEST(Columns, AreOneOrAListOrARangeOrTheRest) {
  const std::string line = "a\tb\tc\td\te";
  EXPECT_EQ(joined("3", line), "c");
  EXPECT_EQ(joined("1,3", line), "a\tc");
  EXPECT_EQ(joined("3,1", line), "c\ta");
  EXPECT_EQ(joined("2-4", line), "b\tc\td");
  EXPECT_EQ(joined("4-", line), "d\te");
  EXPECT_EQ(joined("5-", line), "e");
  EXPECT_EQ(joined("1,3-4", line), "a\tc\td");
  EXPECT_EQ(joined("4-,1", line), "d\te\ta");
  EXPECT_EQ(joined("1,3", "\tx\t"), "\t");
}

TEST(Columns, NeedTheFieldsThatTheyName) {
  const auto needed = [](const char* columns) { return Columns::parse(columns).needed(); };
  EXPECT_EQ(needed("3"), 3u);
  EXPECT_EQ(needed("7,2"), 7u);
  EXPECT_EQ(needed("2-4"), 4u);
  EXPECT_EQ(needed("4-"), 4u);
  EXPECT_EQ(Columns().needed(), 0u);
}

TEST(Columns, OfAnOpenRangeMayBeMissing) {
  const auto select = [](const char* columns, const char* line) {
    return Columns::parse(columns).select(fields_of(line));
  };
  EXPECT_EQ(Columns::parse("2,4-").named(), 2u);
  EXPECT_EQ(Columns::parse("3-").named(), 0u);
  EXPECT_EQ(Columns::parse("3,1-2").named(), 3u);
  EXPECT_THAT(select("3-", "a\tb\tc\t\te"), ElementsAre("c", "", "e"));
  EXPECT_THAT(select("3-", "a\tb"), IsEmpty());
  EXPECT_THAT(select("3,1", "a\tb\tc"), ElementsAre("c", "a"));
}

TEST(Columns, ThatCannotBeReadAreRefused) {
  for (const char* wrong : {"", " ", "x", "0", "-3", "1,", ",1", "1,,2", "3-2", "1-2-3", "1 2",
                            "+1", "1.5", "0-2", "99999999999999999999", "4--"}) {
    EXPECT_THAT(usage_error([&] { Columns::parse(wrong); }),
                HasSubstr(std::string("found '") + wrong + "', expected a column"))
        << wrong;
  }
  for (const char* twice : {"1,1", "2-4,3", "3-,7", "3-,4-"}) {
    EXPECT_THAT(usage_error([&] { Columns::parse(twice); }), HasSubstr("names a column twice"))
        << twice;
  }
}

// ------------------------------------------------------------------------------------- pairs ---

PairColumns columns_of(const std::string& source, const std::string& target) {
  PairColumns columns;
  if (!source.empty()) columns.source = Columns::parse(source);
  if (!target.empty()) columns.target = Columns::parse(target);
  return columns;
}

TEST(PairColumns, AreTheFirstTwoUnlessOneIsTaken) {
  const auto complete = [](const char* source, const char* target) {
    const PairColumns both = columns_of(source, target).complete();
    return both.source.name() + "|" + both.target.name();
  };
  EXPECT_EQ(complete("", ""), "1|2");
  EXPECT_EQ(complete("", "1"), "2|1");
  EXPECT_EQ(complete("2", ""), "2|1");
  EXPECT_EQ(complete("", "5"), "1|5");
  EXPECT_EQ(complete("4-", ""), "4-|2");
  EXPECT_EQ(complete("2-", ""), "2-|1");
  EXPECT_EQ(complete("3-", "1"), "3-|1");
}

TEST(PairColumns, ThatAreNotClearAreRefused) {
  EXPECT_THAT(usage_error([] { columns_of("1-", "").complete(); }),
              HasSubstr("name the columns of the target too (--target-column)"));
  EXPECT_THAT(usage_error([] { columns_of("", "1,2").complete(); }),
              HasSubstr("name the columns of the source too (--source-column) or of the text "
                        "(--text-column)"));
  EXPECT_THAT(usage_error([] { columns_of("2-", "5").complete(); }),
              HasSubstr("columns 2- of the source and 5 of the target share a column"));
}

TEST(PairColumns, OfReferencesAreNoColumnsOfASide) {
  const auto complete = [](const char* source, const char* target, const char* references) {
    PairColumns columns = columns_of(source, target);
    columns.references = Columns::parse(references);
    return columns.complete();
  };
  const PairColumns usual = complete("", "", "3-");
  EXPECT_EQ(usual.source.name() + "|" + usual.target.name(), "1|2");
  EXPECT_THAT(usage_error([&] { complete("", "", "2,3"); }),
              HasSubstr("columns 2 of the target and 2,3 of further references share a column"));
  EXPECT_THAT(usage_error([&] { complete("4", "1", "2-"); }),
              HasSubstr("columns 4 of the source and 2- of further references share a column"));
}

class ColumnReaders : public ::testing::Test {
 protected:
  CorpusFiles files(const std::string& contents, const std::string& source,
                    const std::string& target) {
    write_file(folder / "a.tsv", contents);
    CorpusFiles result{folder / "a.tsv", {}, {}};
    result.columns = columns_of(source, target);
    return result;
  }

  // Returns "source|target" for each pair, or "! " and the message for a bad one.
  static std::vector<std::string> pairs_of(const CorpusFiles& files,
                                           BlankSides blank = BlankSides::kNone) {
    PairReader reader(files, blank);
    std::vector<std::string> pairs;
    Pair pair;
    while (true) {
      try {
        if (!reader.next(pair)) return pairs;
        pairs.push_back(pair.source + "|" + pair.target);
      } catch (const BadLine& bad) {
        pairs.push_back("! " + bad.problem());
      }
    }
  }

  TemporaryFolder folder;
};

TEST_F(ColumnReaders, TakeAnyColumnsOfLinesOfAnyLength) {
  EXPECT_THAT(pairs_of(files("7\tpos\tGood.\tVery good.\n8\tneg\tBad.\n", "3-", "2")),
              ElementsAre("Good.\tVery good.|pos", "Bad.|neg"));
  EXPECT_THAT(pairs_of(files("a\tb\tc\n", "1,3", "2")), ElementsAre("a\tc|b"));
  EXPECT_THAT(pairs_of(files("pos\tGood.\n", "", "1")), ElementsAre("Good.|pos"));
}

TEST_F(ColumnReaders, NameTheLineThatLacksAColumn) {
  EXPECT_THAT(
      pairs_of(files("a\tb\tc\na\tb\n\nx\t\tc\n\ty\tc\n", "2", "3")),
      ElementsAre("b|c", "! 2 fields, expected the source in column 2 and the target in column 3",
                  "! an empty line, expected the source in column 2 and the target in column 3",
                  "! an empty source, expected the source in column 2 and the target in column 3",
                  "y|c"));
  EXPECT_THAT(
      pairs_of(files("a\n", "3-", "1")),
      ElementsAre("! 1 field, expected the source in columns 3- and the target in column 1"));
  EXPECT_THAT(pairs_of(files(" \na\tb\tc\n", "2", "3"), BlankSides::kBoth),
              ElementsAre("|", "b|c"));
}

TEST_F(ColumnReaders, CountTheColumnOfAllowedWordsToo) {
  CorpusFiles three = files("id\tfein\tein alter hund\t1-2\n", "3", "2");
  three.marks.allowed_column = 4;
  PairReader reader(three);
  Pair pair;
  ASSERT_TRUE(reader.next(pair));
  EXPECT_EQ(pair.source, "ein alter hund");
  EXPECT_EQ(pair.target, "fein");
  EXPECT_THAT(pair.allowed, ElementsAre(ByteSpan{4, 14}));

  three.marks.allowed_column = 2;
  EXPECT_THAT(usage_error([&] { PairReader{three}; }),
              HasSubstr("column 2 of allowed words is one of the columns 2 of the target"));
  CorpusFiles rest = files("a\tb\tc\n", "2-", "1");
  rest.marks.allowed_column = 7;
  EXPECT_THAT(usage_error([&] { PairReader{rest}; }),
              HasSubstr("one of the columns 2- of the source"));
  CorpusFiles missing = files("a\tb\n", "1", "2");
  missing.marks.allowed_column = 3;
  EXPECT_THAT(pairs_of(missing), ElementsAre("! 2 fields, expected the allowed words in field 3"));
}

TEST_F(ColumnReaders, TakeFurtherReferences) {
  CorpusFiles wanted = files("a\tb\tc\td\na\tb\na\tb\t\tc\na\n", "", "");
  wanted.columns.references = Columns::parse("3-");
  PairReader reader(wanted);
  Pair pair;
  ASSERT_TRUE(reader.next(pair));
  EXPECT_EQ(pair.source + "|" + pair.target, "a|b");
  EXPECT_THAT(pair.references, ElementsAre("c", "d"));
  ASSERT_TRUE(reader.next(pair));
  EXPECT_THAT(pair.references, IsEmpty());
  ASSERT_TRUE(reader.next(pair));
  EXPECT_THAT(pair.references, ElementsAre("", "c"));
  EXPECT_THROW(reader.next(pair), BadLine);
  wanted.columns.references = Columns::parse("3");
  EXPECT_THAT(pairs_of(wanted)[1],
              HasSubstr("expected the source in column 1 and the target in column 2 and further "
                        "references in column 3"));
  wanted.marks.allowed_column = 3;
  EXPECT_THAT(usage_error([&] { PairReader again(wanted); }), HasSubstr("of the references"));
}

TEST_F(ColumnReaders, HaveNoColumnsInParallelFiles) {
  CorpusFiles parallel{{}, folder / "s", folder / "t"};
  write_file(folder / "s", "a\n");
  write_file(folder / "t", "b\n");
  parallel.columns = columns_of("2", "1");
  EXPECT_THAT(usage_error([&] { PairReader{parallel}; }),
              HasSubstr("two parallel files have none"));
}

TEST_F(ColumnReaders, OfSourcesTakeTheTextOfALine) {
  write_file(folder / "a.tsv", "7\tpos\tGood.\tVery good.\n\n8\tneg\n");
  SourceReader reader(folder / "a.tsv", {}, Columns::parse("3-"));
  MarkedSource source;
  ASSERT_TRUE(reader.next(source));
  EXPECT_EQ(source.text, "Good.\tVery good.");
  ASSERT_TRUE(reader.next(source));
  EXPECT_EQ(source.text, "");
  try {
    reader.next(source);
    ADD_FAILURE() << "no error";
  } catch (const BadLine& bad) {
    EXPECT_EQ(bad.problem(), "2 fields, expected the source in columns 3-");
  }
  EXPECT_FALSE(reader.next(source));
}

TEST_F(ColumnReaders, OfSourcesNameWhatIsMissing) {
  write_file(folder / "a.tsv", "a b\tc\n");
  const auto problem = [&](const char* columns, std::size_t allowed_column) -> std::string {
    SourceReader reader(folder / "a.tsv", {allowed_column, false}, Columns::parse(columns));
    MarkedSource source;
    try {
      reader.next(source);
    } catch (const BadLine& bad) {
      return bad.problem();
    }
    return "no error";
  };
  EXPECT_EQ(problem("1", 3), "2 fields, expected the allowed words in field 3");
  EXPECT_EQ(problem("1,3", 2), "2 fields, expected the source in columns 1,3");
  EXPECT_EQ(problem("3", 4),
            "2 fields, expected the source in column 3 and the allowed words in field 4");
}

TEST_F(ColumnReaders, OfSourcesFindTheAllowedWordsToo) {
  write_file(folder / "a.tsv", "0\ta b c\t1\n");
  SourceReader reader(folder / "a.tsv", {3, false}, Columns::parse("2"));
  MarkedSource source;
  ASSERT_TRUE(reader.next(source));
  EXPECT_EQ(source.text, "a b c");
  EXPECT_THAT(source.allowed, ElementsAre(ByteSpan{2, 3}));
  EXPECT_THROW(SourceReader(folder / "a.tsv", {3, false}, Columns::parse("2-")), UsageError);
}

TEST_F(ColumnReaders, OfSourcesFindRequests) {
  write_file(folder / "a.tsv", "a b\tstart\tone\t\ttwo words\nc\n\nd\tx\n");
  SourceReader reader(folder / "a.tsv", {}, {}, {Columns::parse("2"), Columns::parse("3-")});
  MarkedSource source;
  SourceRequest request;
  ASSERT_TRUE(reader.next(source, request));
  EXPECT_EQ(source.text, "a b");
  EXPECT_EQ(request.prefix, "start");
  EXPECT_THAT(request.required, ElementsAre("one", "", "two words"));
  for (const char* text : {"c", "", "d"}) {
    ASSERT_TRUE(reader.next(source, request));
    EXPECT_EQ(source.text, text);
    EXPECT_EQ(request.prefix, text == std::string("d") ? "x" : "");
    EXPECT_THAT(request.required, ElementsAre());
  }
  EXPECT_FALSE(reader.next(source, request));
}

TEST_F(ColumnReaders, OfSourcesRefuseColumnsWithTwoTasks) {
  write_file(folder / "a.tsv", "a\tb\n");
  const auto message = [&](const SourceMarks& marks, const std::string& columns,
                           const RequestColumns& requests) {
    return usage_error([&] {
      SourceReader(folder / "a.tsv", marks, columns.empty() ? Columns() : Columns::parse(columns),
                   requests);
    });
  };
  const Columns one = Columns::one(1), rest = Columns::parse("2-");
  EXPECT_THAT(message({}, "", {one, {}}), HasSubstr("share a column"));
  EXPECT_THAT(message({}, "2", {{}, rest}), HasSubstr("share a column"));
  EXPECT_THAT(message({}, "", {Columns::one(3), rest}), HasSubstr("share a column"));
  EXPECT_THAT(message({2, false}, "", {{}, rest}), HasSubstr("required phrases"));
}

// ---------------------------------------------------------------------------------- fastText ---

TEST_F(ColumnReaders, TakeLinesOfFastText) {
  CorpusFiles lines = files(
      "__label__pos Good  film .\n__label__neg\tBad.\n__label__a __label__b both\nno label\n"
      "good __label__pos\n__label__pos\n__label__ text\n\n",
      "", "");
  lines.format = PairFormat::kFastText;
  const std::string expected = ", expected __label__LABEL and a text";
  EXPECT_THAT(
      pairs_of(lines),
      ElementsAre("Good  film .|pos", "Bad.|neg",
                  "! 2 labels, expected one: a text has one label here",
                  "! no __label__ at the beginning" + expected,
                  "! no __label__ at the beginning" + expected, "! an empty source" + expected,
                  "! an empty target" + expected, "! an empty line" + expected));
}

TEST_F(ColumnReaders, OfFastTextHaveNoColumns) {
  CorpusFiles lines = files("__label__pos Good\n", "2", "1");
  lines.format = PairFormat::kFastText;
  EXPECT_THAT(usage_error([&] { PairReader{lines}; }), HasSubstr("lines of fastText have none"));
  lines.columns = {};
  lines.marks.allowed_column = 2;
  EXPECT_THAT(usage_error([&] { PairReader{lines}; }), HasSubstr("no column of allowed words"));
  CorpusFiles parallel{{}, folder / "s", folder / "t"};
  parallel.format = PairFormat::kFastText;
  EXPECT_THAT(usage_error([&] { PairReader{parallel}; }), HasSubstr("give one file"));
}

// -------------------------------------------------------------------------------- looking on ---

TEST_F(ColumnReaders, ReadAheadAndReturnEveryLineNevertheless) {
  const CorpusFiles open = files("a\tb\n\xff\tb\n\nc\td\n", "", "");
  PairReader reader(open, BlankSides::kBoth);
  ASSERT_TRUE(reader.is_open());
  EXPECT_THAT(reader.look_ahead(), ElementsAre("a\tb", "", "c\td"));
  EXPECT_EQ(reader.line_number(), 0u);
  reader.read_as(PairFormat::kTargetFirst);
  EXPECT_FALSE(reader.is_open());
  Pair pair;
  ASSERT_TRUE(reader.next(pair));
  EXPECT_EQ(pair.source + "|" + pair.target, "b|a");
  EXPECT_EQ(reader.line_number(), 1u);
  EXPECT_THROW(reader.next(pair), BadLine);
  EXPECT_EQ(reader.line_number(), 2u);
  ASSERT_TRUE(reader.next(pair));
  EXPECT_EQ(pair.source + pair.target, "");
  ASSERT_TRUE(reader.next(pair));
  EXPECT_EQ(pair.source + "|" + pair.target, "d|c");
  EXPECT_EQ(reader.line_number(), 4u);
  EXPECT_FALSE(reader.next(pair));
  EXPECT_EQ(reader.line_number(), 4u);
}

TEST_F(ColumnReaders, ReadOnlyTheFirstLinesAhead) {
  std::string lines;
  for (std::size_t i = 0; i < PairReader::kLinesAhead + 10; ++i) {
    lines += "s" + std::to_string(i) + "\tt\n";
  }
  PairReader reader(files(lines, "", ""));
  EXPECT_EQ(reader.look_ahead().size(), PairReader::kLinesAhead);
  std::size_t count = 0;
  for (Pair pair; reader.next(pair); ++count) {
    ASSERT_EQ(pair.source, "s" + std::to_string(count));
    ASSERT_EQ(reader.line_number(), count + 1);
  }
  EXPECT_EQ(count, PairReader::kLinesAhead + 10);
}

TEST_F(ColumnReaders, OfAnEmptyFileFindNothingAhead) {
  PairReader reader(files("", "", ""));
  EXPECT_THAT(reader.look_ahead(), IsEmpty());
  Pair pair;
  EXPECT_THROW(reader.next(pair), DataError);
}

TEST_F(ColumnReaders, AreOpenOnlyWhereNothingWasSaid) {
  EXPECT_TRUE(PairReader(files("a\tb\n", "", "")).is_open());
  EXPECT_FALSE(PairReader(files("a\tb\n", "2", "")).is_open());
  CorpusFiles said = files("a\tb\n", "", "");
  said.format = PairFormat::kTsv;
  EXPECT_FALSE(PairReader(said).is_open());
  CorpusFiles marked = files("a\tb\t0\n", "", "");
  marked.marks.allowed_column = 3;
  EXPECT_FALSE(PairReader(marked).is_open());
}

// -------------------------------------------------------------------------- what goes wrong ---

TEST_F(ColumnReaders, TellWrongFieldsFromOtherBadLines) {
  const auto cause = [](PairReader& reader) {
    Pair pair;
    try {
      reader.next(pair);
    } catch (const BadLine& bad) {
      return bad.cause();
    }
    ADD_FAILURE() << "no error";
    return BadLine::Cause::kText;
  };
  PairReader plain(files("a\n\xff\tb\n\tb\n", "", ""));
  EXPECT_EQ(cause(plain), BadLine::Cause::kFields);
  EXPECT_EQ(cause(plain), BadLine::Cause::kText);
  EXPECT_EQ(cause(plain), BadLine::Cause::kText);
  PairReader columns(files("a\tb\n", "3", "1"));
  EXPECT_EQ(cause(columns), BadLine::Cause::kFields);
  write_file(folder / "sources", "a\tb\n");
  SourceReader sources(folder / "sources", {}, Columns::parse("4,9"));
  MarkedSource source;
  try {
    sources.next(source);
    ADD_FAILURE() << "no error";
  } catch (const BadLine& bad) {
    EXPECT_EQ(bad.cause(), BadLine::Cause::kFields);
  }
}

TEST_F(ColumnReaders, SayWhichColumnNobodyHasNamed) {
  const auto assumed = [&](const std::string& lines, const char* source, const char* target) {
    PairReader reader(files(lines, source, target), BlankSides::kBoth);
    std::string sentence = reader.assumed_column();
    std::size_t count = 0;
    for (Pair pair; reader.next(pair);) ++count;
    EXPECT_EQ(count, 2u) << "every line is still read";
    EXPECT_EQ(reader.line_number(), 2u);
    return sentence;
  };
  const std::string four = "a\tb\tc\td\na\tb\tc\td\n";
  EXPECT_EQ(assumed(four, "", "2"),
            "the source is column 1 of 4, because only the column of the target or label is named; "
            "--source-column or --text-column says otherwise");
  EXPECT_THAT(assumed(four, "", "1"), HasSubstr("the source is column 2 of 4"));
  EXPECT_EQ(assumed(four, "3-", ""),
            "the target is column 2 of 4, because only the column of the source is named; "
            "--target-column or --label-column says otherwise");
  EXPECT_EQ(assumed(four, "3", "2"), "");
  EXPECT_EQ(assumed("a\tb\na\tb\n", "", "1"), "");
  EXPECT_EQ(assumed("a\tb\na\tb\n", "", ""), "");
}

}  // namespace
}  // namespace attend::text
