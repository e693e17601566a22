// Tests how the place of labels is found: by the number of different values, by known labels, and
// in lines of fastText.
#include "text/labels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "base/base.h"
#include "testing.h"

namespace attend::text {
namespace {

using ::attend::testing::TemporaryFolder;
using ::attend::testing::write_file;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::string usage_error(const std::function<void()>& action) {
  try {
    action();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

std::vector<std::string_view> views(const std::vector<std::string>& lines) {
  return {lines.begin(), lines.end()};
}

// Lines whose columns have `first` and `second` different values.
std::vector<std::string> lines_with(int count, int first, int second) {
  std::vector<std::string> lines;
  for (int i = 0; i < count; ++i) {
    lines.push_back("a" + std::to_string(i % first) + "\tb" + std::to_string(i % second));
  }
  return lines;
}

PairFormat found(const std::vector<std::string>& lines) {
  return place_of_labels(views(lines)).format;
}

TEST(PlaceOfLabels, IsTheColumnWithFarFewerValues) {
  EXPECT_EQ(found(lines_with(100, 90, 3)), PairFormat::kTsv);
  EXPECT_EQ(found(lines_with(100, 3, 90)), PairFormat::kTargetFirst);
  EXPECT_EQ(found(lines_with(100, 45, 90)), PairFormat::kTargetFirst);
  EXPECT_EQ(found({"pos\tGood.", "pos\tVery good."}), PairFormat::kTargetFirst);
}

TEST(PlaceOfLabels, IsBehindTheTextWhereNothingSaysOtherwise) {
  EXPECT_EQ(found(lines_with(100, 50, 50)), PairFormat::kTsv);
  EXPECT_EQ(found(lines_with(100, 50, 49)), PairFormat::kTsv);
  EXPECT_EQ(found({"Good.\tpos"}), PairFormat::kTsv);
  EXPECT_EQ(found({}), PairFormat::kTsv);
  EXPECT_EQ(found({"a\tb\tc", "one field"}), PairFormat::kTsv);
  EXPECT_EQ(place_of_labels(views({"a\tb\tc"})).reason, "");
}

TEST(PlaceOfLabels, IsToldWithTheOptionsThatOverruleIt) {
  EXPECT_EQ(place_of_labels(views(lines_with(100, 3, 90))).reason,
            "labels: column 1 (3 different ones in the first 100 lines), texts: column 2 (90 "
            "different ones); --label-column and --text-column say otherwise");
  EXPECT_THAT(place_of_labels(views(lines_with(100, 90, 3))).reason,
              HasSubstr("labels: column 2 (3 different ones in the first 100 lines)"));
}

TEST(PlaceOfLabels, ThatIsNotClearIsRefused) {
  EXPECT_THAT(usage_error([] { place_of_labels(views(lines_with(100, 46, 90))); }),
              AllOf(HasSubstr("46 different values in column 1 and 90 in column 2"),
                    HasSubstr("--label-column 1 or --label-column 2")));
}

TEST(PlaceOfLabels, CountsOnlyLinesOfTwoTextsAndNoBlanksAroundThem) {
  std::vector<std::string> lines = {"pos\tone", " pos\ttwo", "pos \tthree",
                                    "\tx",      "x\t",       "a\tb\tc"};
  EXPECT_THAT(place_of_labels(views(lines)).reason,
              HasSubstr("column 1 (1 different ones in the first 3 lines)"));
}

// ------------------------------------------------------------------------------ known labels ---

bool is_sentiment(std::string_view text) { return text == "pos" || text == "neg"; }

LabelPlace known(const std::vector<std::string>& lines) {
  return place_of_labels(views(lines), is_sentiment);
}

TEST(KnownLabels, AreFoundInEitherColumn) {
  EXPECT_EQ(known({"Good.\tpos", "Bad.\tneg"}).format, PairFormat::kTsv);
  EXPECT_EQ(known({"Good.\tpos", "Bad.\tneg"}).reason, "");
  const LabelPlace first = known({"pos\tGood.", "neg\tBad.", "new\tFair."});
  EXPECT_EQ(first.format, PairFormat::kTargetFirst);
  EXPECT_THAT(first.reason, AllOf(HasSubstr("labels: column 1 (labels of the model in 2 of the "
                                            "first 3 lines)"),
                                  HasSubstr("--label-column")));
}

TEST(KnownLabels, AreBehindTheTextWhereTheFirstColumnHasFew) {
  EXPECT_EQ(known({}).format, PairFormat::kTsv);
  EXPECT_EQ(known({"Fair.\tnew"}).format, PairFormat::kTsv);
  EXPECT_EQ(known({"pos\tneg", "pos\tpos"}).format, PairFormat::kTsv);
  EXPECT_EQ(known({"pos\tnew", "Bad.\tnew", "Fair.\tnew"}).format, PairFormat::kTsv);
}

TEST(KnownLabels, InBothColumnsAreRefused) {
  EXPECT_THAT(usage_error([] {
                known({"pos\tGood.", "pos\tBad.", "Fair.\tneg"});
              }),
              HasSubstr("2 have a label of the model in column 1 and 1 in column 2"));
}

// ---------------------------------------------------------------------------------- fastText ---

TEST(FastText, IsRecognisedByAllLines) {
  const std::vector<std::string> lines = {"__label__pos Good", "", "__label__neg Bad"};
  for (const LabelPlace& place : {place_of_labels(views(lines)), known(lines)}) {
    EXPECT_EQ(place.format, PairFormat::kFastText);
    EXPECT_THAT(place.reason, HasSubstr("--format tsv"));
  }
  EXPECT_EQ(found({"__label__pos Good", "x\ty"}), PairFormat::kTsv);
  EXPECT_THAT(known(lines).reason, HasSubstr("every line begins with __label__"));
  EXPECT_EQ(found({"", " "}), PairFormat::kTsv);
}

TEST(FastText, IsRecognisedByMostLines) {
  std::vector<std::string> lines(301, "__label__pos Good");
  lines[149] = "A line without its label.";
  for (const LabelPlace& place : {place_of_labels(views(lines)), known(lines)}) {
    EXPECT_EQ(place.format, PairFormat::kFastText);
    EXPECT_THAT(place.reason, HasSubstr("300 of the first 301 lines begin with __label__"));
  }
  EXPECT_EQ(found({"__label__a x", "__label__b y", "z", "a\tb"}), PairFormat::kTsv);
}

// ---------------------------------------------------------------------------- validation pairs ---

LabelPlace validation(const std::vector<std::string>& lines, PairFormat of_training) {
  return place_of_labels(views(lines), is_sentiment, of_training);
}

TEST(ValidationLabels, AreFoundWhereTheyStand) {
  const std::vector<std::string> first = {"pos\tGood.", "neg\tBad.", "new\tFair."};
  const std::vector<std::string> second = {"Good.\tpos", "Bad.\tneg", "Fair.\tnew"};
  for (const PairFormat usual :
       {PairFormat::kTsv, PairFormat::kTargetFirst, PairFormat::kFastText}) {
    const LabelPlace before = validation(first, usual), behind = validation(second, usual);
    EXPECT_EQ(before.format, PairFormat::kTargetFirst);
    EXPECT_EQ(behind.format, PairFormat::kTsv);
    EXPECT_EQ(before.reason.empty(), usual == PairFormat::kTargetFirst) << before.reason;
    EXPECT_EQ(behind.reason.empty(), usual == PairFormat::kTsv) << behind.reason;
  }
  EXPECT_EQ(validation(first, PairFormat::kTsv).reason,
            "labels: column 1 (labels of the training in 2 of the first 3 lines), texts: column 2; "
            "--label-column and --text-column say otherwise");
  EXPECT_THAT(validation(second, PairFormat::kTargetFirst).reason,
              HasSubstr("labels: column 2 (labels of the training in 2 of the first 3 lines), "
                        "texts: column 1"));
}

TEST(ValidationLabels, AreWhereThoseOfTheTrainingAreUnlessOthersSayOtherwise) {
  for (const PairFormat usual :
       {PairFormat::kTsv, PairFormat::kTargetFirst, PairFormat::kFastText}) {
    for (const std::vector<std::string>& lines : {std::vector<std::string>{},
                                                  {"Fair.\tnew"},
                                                  {"pos\tneg", "pos\tpos"},
                                                  {"pos\tGood.", "Bad.\tneg"},
                                                  {"a\tb\tc", "one field"}}) {
      const LabelPlace place = validation(lines, usual);
      EXPECT_EQ(place.format, usual);
      EXPECT_EQ(place.reason, "");
    }
  }
}

TEST(ValidationLabels, MayBeThoseOfFastText) {
  const std::vector<std::string> lines = {"__label__pos Good", "__label__neg Bad"};
  EXPECT_EQ(validation(lines, PairFormat::kTsv).format, PairFormat::kFastText);
  EXPECT_THAT(validation(lines, PairFormat::kTsv).reason, HasSubstr("as in files of fastText"));
  EXPECT_EQ(validation(lines, PairFormat::kFastText).format, PairFormat::kFastText);
  EXPECT_EQ(validation(lines, PairFormat::kFastText).reason, "");
}

// ----------------------------------------------------------------------------------- readers ---

TEST(FindLabels, MakesAReaderReadWhatWasFound) {
  TemporaryFolder folder;
  write_file(folder / "a.tsv", "pos\tGood.\npos\tBad.\npos\tFair.\textra\npos\tFine.\n");
  PairReader reader({folder / "a.tsv", {}, {}});
  EXPECT_THAT(find_labels(reader), HasSubstr("labels: column 1"));
  EXPECT_EQ(reader.format(), PairFormat::kTargetFirst);
  Pair pair;
  ASSERT_TRUE(reader.next(pair));
  EXPECT_EQ(pair.source, "Good.");
  EXPECT_EQ(pair.target, "pos");
  ASSERT_TRUE(reader.next(pair));
  try {
    reader.next(pair);
    ADD_FAILURE() << "no error";
  } catch (const BadLine& bad) {
    EXPECT_THAT(bad.problem(), HasSubstr("3 fields, expected 2 (label TAB text)"));
  }
  EXPECT_EQ(find_labels(reader), "");  // its format is no longer open
}

TEST(FindLabels, NamesTheFirstLineWithoutItsLabelOfFastText) {
  TemporaryFolder folder;
  write_file(folder / "a.txt", "__label__pos Good.\n__label__neg Bad.\nFair.\n");
  PairReader reader({folder / "a.txt", {}, {}});
  EXPECT_THAT(find_labels(reader), HasSubstr("2 of the first 3 lines"));
  Pair pair;
  ASSERT_TRUE(reader.next(pair));
  ASSERT_TRUE(reader.next(pair));
  try {
    reader.next(pair);
    ADD_FAILURE() << "no error";
  } catch (const BadLine& bad) {
    EXPECT_THAT(bad.what(), HasSubstr("a.txt:3: no __label__ at the beginning"));
  }
}

TEST(FindLabels, ReadsValidationPairsAsThoseOfTheTrainingWhereNothingSaysOtherwise) {
  TemporaryFolder folder;
  write_file(folder / "a.tsv", "new\tFair.\n");
  for (const PairFormat usual : {PairFormat::kOpen, PairFormat::kTargetFirst}) {
    PairReader reader({folder / "a.tsv", {}, {}});
    EXPECT_EQ(find_labels(reader, is_sentiment, usual), "");
    Pair pair;
    ASSERT_TRUE(reader.next(pair));
    EXPECT_EQ(pair.target, usual == PairFormat::kOpen ? "Fair." : "new");
  }
}

TEST(FindLabels, NamesTheFileThatIsNotClear) {
  TemporaryFolder folder;
  std::string text;
  for (const std::string& line : lines_with(100, 46, 90)) text += line + "\n";
  write_file(folder / "a.tsv", text);
  PairReader reader({folder / "a.tsv", {}, {}});
  EXPECT_THAT(usage_error([&] { find_labels(reader); }),
              HasSubstr("a.tsv: either column may hold the labels"));
}

}  // namespace
}  // namespace attend::text
