// Tests links between words: reading them beside pairs, and their projection to units.
#include "train/links.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "base/base.h"
#include "testing.h"
#include "train/corpus.h"

namespace attend::train {
namespace {

using attend::testing::TemporaryFolder;
using attend::testing::write_file;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// -------------------------------------------------------------------------------- projection ---

model::Encoded cut(text::UnitMode mode, const std::string& text) {
  model::Encoded encoded;
  encoded.units = text::Segmenter({.unit = mode, .remove = {}}).split(text);
  return encoded;
}

// Returns the projected links as "source-target" pairs of units.
std::vector<std::string> projected(text::UnitMode mode, const text::Pair& pair,
                                   const std::vector<metrics::Link>& links,
                                   const std::vector<char>& allowed = {}) {
  const model::Encoded source = cut(mode, pair.source), target = cut(mode, pair.target);
  std::vector<std::string> result;
  for (const model::Link& link : project_links(links, pair, source, target, allowed)) {
    result.push_back(source.units.at(static_cast<std::size_t>(link.source)).text + "-" +
                     target.units.at(static_cast<std::size_t>(link.target)).text);
  }
  return result;
}

TEST(ProjectedLinks, OfWordsAreTheLinksThemselves) {
  const text::Pair pair{"a b c", "x y"};
  EXPECT_THAT(projected(text::UnitMode::kWords, pair, {{0, 1}, {2, 0}, {2, 1}}),
              ElementsAre("c-x", "a-y", "c-y"));
  EXPECT_THAT(projected(text::UnitMode::kWords, pair, {}), IsEmpty());
}

TEST(ProjectedLinks, OfCharactersAreAllPairsOfTwoLinkedWords) {
  EXPECT_THAT(projected(text::UnitMode::kCharacters, {"ab c", "x yz"}, {{0, 1}}),
              ElementsAre("a-y", "b-y", "a-z", "b-z"));
}

// The pieces of a word have all of its links; the space before the first word has none.
TEST(ProjectedLinks, OfSubwordsAreInherited) {
  const text::Pair pair{"new york", "nova"};
  model::Encoded source, target;
  source.units = {{"\u2581", {0, 0}}, {"ne", {0, 2}}, {"w", {2, 3}}, {"\u2581york", {4, 8}}};
  target.units = {{"\u2581no", {0, 2}}, {"va", {2, 4}}};
  const std::vector<metrics::Link> links{{0, 0}};
  EXPECT_THAT(
      project_links(links, pair, source, target, {}),
      ElementsAre(model::Link{1, 0}, model::Link{2, 0}, model::Link{1, 1}, model::Link{2, 1}));
}

TEST(ProjectedLinks, LeaveOutUnitsThatAttentionMayNotSee) {
  const text::Pair pair{"a b c", "x y"};
  EXPECT_THAT(projected(text::UnitMode::kWords, pair, {{0, 0}, {1, 0}, {2, 1}}, {0, 1, 0, 0}),
              ElementsAre("b-x"));
}

TEST(ProjectedLinks, LeaveOutWordsThatWereCutOff) {
  const text::Pair pair{"a b c", "x y z"};
  model::Encoded source = cut(text::UnitMode::kWords, pair.source);
  model::Encoded target = cut(text::UnitMode::kWords, pair.target);
  source.units.resize(2);
  target.units.resize(2);
  const std::vector<metrics::Link> links{{0, 0}, {2, 1}, {1, 2}};
  EXPECT_THAT(project_links(links, pair, source, target, {}), ElementsAre(model::Link{0, 0}));
}

TEST(ProjectedLinks, OfAWholeLineAreThoseOfAllItsWords) {
  const text::Pair pair{"a b c", "very good"};
  const model::Encoded source = cut(text::UnitMode::kWords, pair.source);
  const model::Encoded target = cut(text::UnitMode::kWhole, pair.target);
  const std::vector<metrics::Link> links{{0, 0}, {2, 1}, {2, 0}};
  EXPECT_THAT(project_links(links, pair, source, target, {}),
              ElementsAre(model::Link{0, 0}, model::Link{2, 0}));
}

// ----------------------------------------------------------------------------------- reading ---

class ReadLinks : public ::testing::Test {
 protected:
  Corpus read(const std::string& pairs, const std::string& links,
              OnError on_error = OnError::kStop) {
    write_file(files / "pairs.tsv", pairs);
    write_file(files / "links", links);
    left_out = LeftOut(on_error);
    return read_corpus({files / "pairs.tsv", {}, {}}, Part::kTraining, training, left_out,
                       files / "links");
  }

  std::string error_of(const std::string& pairs, const std::string& links) {
    try {
      read(pairs, links);
    } catch (const DataError& error) {
      return error.what();
    }
    return "no error";
  }

  TemporaryFolder files;
  model::TrainingConfig training;
  LeftOut left_out{OnError::kStop};
};

TEST_F(ReadLinks, StandBesideTheirPairs) {
  const Corpus corpus = read("a b\tx\nc\ty z\n", "0-0 1-0\n\n");
  ASSERT_THAT(corpus.lines, SizeIs(2));
  EXPECT_THAT(corpus.lines[0].links, ElementsAre(metrics::Link{0, 0}, metrics::Link{1, 0}));
  EXPECT_THAT(corpus.lines[1].links, IsEmpty());
}

TEST_F(ReadLinks, NameTheirLineWhereTheyAreWrong) {
  EXPECT_THAT(error_of("a\tx\nb\ty\n", "0-0\n0:0\n"), HasSubstr("links:2: '0:0' is not a link"));
  EXPECT_THAT(error_of("a\tx\nb\ty\n", "1-0\n0-0\n"),
              HasSubstr("links:1: link '1-0' points beyond the 1 source word"));
  EXPECT_THAT(error_of("a\tx\n", "0-1\n"), HasSubstr("points beyond the 1 target word"));
  EXPECT_THAT(error_of("a\tx\n", "0?0\n"), HasSubstr("'0?0' is not a link"));
  EXPECT_THAT(error_of("a\tx\n", "\xff\n"), HasSubstr("links:1: byte 1"));
}

TEST_F(ReadLinks, MustBeAsManyLinesAsPairs) {
  EXPECT_THAT(error_of("a\tx\nb\ty\n", "0-0\n"), HasSubstr("links: ends after 1 line, but"));
  EXPECT_THAT(error_of("a\tx\n", "0-0\n0-0\n"), HasSubstr("pairs.tsv: ends after 1 line, but"));
  EXPECT_THAT(error_of("a\tx\n", "0-0\n\xff\n"), HasSubstr("pairs.tsv: ends after 1 line, but"));
}

TEST_F(ReadLinks, StayInStepWithPairsThatAreLeftOut) {
  const Corpus corpus =
      read("a b\tx\nbad\nc\ty\nd\tz\ne f\tw\n", "1-0\n0-0\n9-9\n\xff\n0-0\n", OnError::kSkip);
  ASSERT_THAT(corpus.lines, SizeIs(2));
  EXPECT_EQ(corpus.lines[0].pair.source, "a b");
  EXPECT_THAT(corpus.lines[0].links, ElementsAre(metrics::Link{1, 0}));
  EXPECT_EQ(corpus.lines[1].pair.source, "e f");
  EXPECT_THAT(corpus.lines[1].links, ElementsAre(metrics::Link{0, 0}));
  EXPECT_EQ(left_out.count(), 3U);
}

TEST_F(ReadLinks, OfAnEmptyTargetAreRefused) {
  training.allow_empty_targets = true;
  EXPECT_THAT(error_of("a\t\n", "0-0\n"), HasSubstr("links:1: links of a pair with an empty side"));
  EXPECT_THAT(read("a\t\n", "\n").lines, SizeIs(1));
}

TEST_F(ReadLinks, BelongToTheFingerprint) {
  const auto fingerprint_of = [&](const std::string& links) {
    return fingerprint(read("a b\tx y\n", links), 0);
  };
  const std::uint64_t none = fingerprint_of("\n");
  EXPECT_NE(fingerprint_of("0-0\n"), none);
  EXPECT_NE(fingerprint_of("0-1\n"), fingerprint_of("1-0\n"));
  EXPECT_EQ(fingerprint_of("1-1 0-0\n"), fingerprint_of("0-0 1-1 0-0\n"));
}

// A training that began before there were links goes on without them.
TEST_F(ReadLinks, ThatAreMissingLeaveTheFingerprintAsItWas) {
  const std::uint64_t without_links = fingerprint(read("a b\tx y\n", "\n"), 0);
  const Corpus alone =
      read_corpus({files / "pairs.tsv", {}, {}}, Part::kTraining, training, left_out);
  EXPECT_EQ(fingerprint(alone, 0), without_links);
}

}  // namespace
}  // namespace attend::train
