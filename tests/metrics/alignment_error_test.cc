#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <vector>

#include "base/base.h"
#include "metrics/metrics.h"
#include "testing.h"

namespace attend::metrics {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using ::testing::ThrowsMessage;

using Predicted = std::vector<std::vector<Link>>;
using Gold = std::vector<GoldAlignment>;

// The example of docs/models.md §16.
TEST(AlignmentError, GivesTheSampleRate) {
  const AlignmentScore score = alignment_error(Predicted{{{1, 1}, {2, 2}, {3, 1}}},
                                               Gold{{{{1, 1}, {2, 3}}, {{2, 2}, {3, 3}}}});
  EXPECT_NEAR(score.error_rate, 0.4, 1e-12);
  EXPECT_DOUBLE_EQ(score.precision, 2.0 / 3);
  EXPECT_DOUBLE_EQ(score.recall, 0.5);
  EXPECT_EQ(score.predicted, 3u);
  EXPECT_EQ(score.sure, 2u);
  EXPECT_EQ(score.predicted_sure, 1u);
  EXPECT_EQ(score.predicted_possible, 2u);
}

TEST(AlignmentError, TreatsLinksAsSetsAndSureOnesAsPossible) {
  const AlignmentScore score = alignment_error(Predicted{{{0, 0}, {0, 0}, {1, 1}}},
                                               Gold{{{{0, 0}, {0, 0}}, {{0, 0}, {1, 1}, {1, 1}}}});
  EXPECT_EQ(score.predicted, 2u);
  EXPECT_EQ(score.sure, 1u);
  EXPECT_EQ(score.predicted_possible, 2u);
  EXPECT_EQ(score.error_rate, 0);
}

TEST(AlignmentError, IsOneMinusF1WithoutPossibleLinks) {
  const AlignmentScore score =
      alignment_error(Predicted{{{0, 0}, {1, 2}, {2, 2}}, {{0, 1}}},
                      Gold{{{{0, 0}, {1, 1}, {2, 2}}, {}}, {{{0, 1}, {1, 0}}, {}}});
  const double f1 = 2 * score.precision * score.recall / (score.precision + score.recall);
  EXPECT_NEAR(score.error_rate, 1 - f1, 1e-12);
}

TEST(AlignmentError, SumsTheCountsOfTheCorpusFirst) {
  const AlignmentScore score =
      alignment_error(Predicted{{{0, 0}}, {}}, Gold{{{{0, 0}}, {}}, {{{0, 0}, {1, 1}}, {}}});
  EXPECT_DOUBLE_EQ(score.error_rate, 1 - 2.0 / 4);
  EXPECT_DOUBLE_EQ(score.precision, 1);
  EXPECT_DOUBLE_EQ(score.recall, 1.0 / 3);
}

TEST(AlignmentError, CountsPossibleLinksWithTheSureOnes) {
  AlignmentCounts counts;
  EXPECT_EQ(counts.score().error_rate, 0);
  counts.add({{0, 0}}, {{{0, 0}, {1, 1}}, {{0, 0}, {1, 0}, {1, 0}}});
  counts.add({}, {{}, {{2, 2}}});
  const AlignmentScore score = counts.score();
  EXPECT_EQ(score.sure, 2u);
  EXPECT_EQ(score.possible, 4u);
  EXPECT_DOUBLE_EQ(score.error_rate, 1 - 2.0 / 3);
}

TEST(AlignmentError, IsDefinedWithoutLinks) {
  const AlignmentScore none = alignment_error(Predicted{{}}, Gold{{}});
  EXPECT_EQ(none.error_rate, 0);
  EXPECT_EQ(none.precision, 0);
  EXPECT_EQ(alignment_error(Predicted{{}}, Gold{{{{0, 0}}, {}}}).error_rate, 1);
  EXPECT_THROW(alignment_error(Predicted{}, Gold{}), UsageError);
  EXPECT_THROW(alignment_error(Predicted{{}}, Gold{}), CheckFailure);
}

TEST(Links, AreReadFromPharaohLines) {
  EXPECT_THAT(parse_links("2-1 0-0\t2-1  10-3\r", "a", 1),
              ElementsAre(Link{0, 0}, Link{2, 1}, Link{10, 3}));
  EXPECT_THAT(parse_links("", "a", 1), IsEmpty());
}

TEST(Links, OfGoldAreSureOrPossible) {
  const GoldAlignment gold = parse_gold_alignment("0-0 1?2 3p4 0?0 1?2", "gold", 1);
  EXPECT_THAT(gold.sure, ElementsAre(Link{0, 0}));
  EXPECT_THAT(gold.possible, ElementsAre(Link{1, 2}, Link{3, 4}));
}

TEST(Links, ThatAreNoneNameFileAndLine) {
  for (const std::string bad : {"1", "1-", "-1", "a-b", "1-2-3", "1:2", "1--2", "1-+2", "1.0-2",
                                "?", "99999999999999999999-0", "1?2", "\xFF-1"}) {
    EXPECT_THAT(([&] { parse_links("0-0 " + bad, "predicted.txt", 7); }),
                ThrowsMessage<DataError>(StartsWith("predicted.txt:7: ")))
        << bad;
  }
  EXPECT_THAT([] { parse_gold_alignment("0-0 1!2", "gold", 3); },
              ThrowsMessage<DataError>("gold:3: '1!2' is not a link like 3-4 (sure) or 3?4 "
                                       "(possible)"));
}

TEST(Links, OutsideThePairAreRefused) {
  LinkFormat format;
  format.source_length = 3;
  format.target_length = 2;
  EXPECT_THAT(parse_links("2-1", "a", 1, format), ElementsAre(Link{2, 1}));
  EXPECT_THAT([&] { parse_links("3-0", "a", 1, format); },
              ThrowsMessage<DataError>("a:1: link '3-0' points beyond the 3 source words"));
  EXPECT_THAT([&] { parse_links("0-2", "a", 1, format); },
              ThrowsMessage<DataError>("a:1: link '0-2' points beyond the 2 target words"));
  format.source_length = 1;
  EXPECT_THAT([&] { parse_links("1-0", "a", 1, format); },
              ThrowsMessage<DataError>("a:1: link '1-0' points beyond the 1 source word"));
}

TEST(Links, InErrorsAreCutShort) {
  EXPECT_THAT([] { parse_links(std::string(1 << 20, 'x'), "a", 1); },
              ThrowsMessage<DataError>(HasSubstr(std::string(40, 'x') + "…'")));
}

std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::size_t count_words(const std::string& text) {
  return text.empty() ? 0 : 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), ' '));
}

// The README of the data states these counts and the score of the diagonal from corner to corner.
TEST(AlignmentError, OfTheDiagonalOnTheHansardsIsTheKnownOne) {
  ATTEND_REQUIRE_DATA("align-hansards-en-fr/dev.pharaoh");
  const auto folder = testing::data_folder() / "align-hansards-en-fr";
  const auto gold_lines = lines_of(folder / "dev.pharaoh");
  const auto english = lines_of(folder / "dev.en");
  const auto french = lines_of(folder / "dev.fr");
  ASSERT_EQ(gold_lines.size(), 37u);
  ASSERT_EQ(english.size(), 37u);
  ASSERT_EQ(french.size(), 37u);
  Gold gold;
  Predicted diagonal;
  std::size_t sure = 0;
  std::size_t possible = 0;
  for (std::size_t i = 0; i < gold_lines.size(); ++i) {
    LinkFormat format;
    format.source_length = count_words(english[i]);
    format.target_length = count_words(french[i]);
    gold.push_back(parse_gold_alignment(gold_lines[i], "dev.pharaoh", i + 1, format));
    sure += gold.back().sure.size();
    possible += gold.back().possible.size();
    diagonal.emplace_back();
    const double slope = static_cast<double>(format.source_length - 1) /
                         static_cast<double>(std::max<std::size_t>(format.target_length - 1, 1));
    for (std::size_t j = 0; j < format.target_length; ++j) {
      const double source = std::nearbyint(static_cast<double>(j) * slope);  // ties to even
      diagonal.back().push_back({static_cast<std::size_t>(source), j});
    }
  }
  EXPECT_EQ(sure, 338u);
  EXPECT_EQ(possible, 1446u);
  EXPECT_NEAR(alignment_error(diagonal, gold).error_rate, 0.587, 5e-4);
}

TEST(Links, OfEuroparlCanAllBeRead) {
  ATTEND_REQUIRE_DATA("align-europarl-de-en/test.pharaoh");
  std::size_t links = 0;
  std::size_t line = 0;
  for (const std::string& text :
       lines_of(testing::data_folder() / "align-europarl-de-en" / "test.pharaoh"))
    links += parse_links(text, "test.pharaoh", ++line).size();
  EXPECT_EQ(line, 100u);
  EXPECT_EQ(links, 1232u);
}

}  // namespace
}  // namespace attend::metrics
