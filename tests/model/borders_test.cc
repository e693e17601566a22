// Tests of sentences and paragraphs of a source, for encoders of several levels.
#include "model/borders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/base.h"
#include "model/model.h"

namespace attend::model {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

// Finds the borders of a text whose units are words and marks.
class FoundBorders {
 public:
  FoundBorders(const std::string& raw, int levels, text::UnitMode unit = text::UnitMode::kTokens) {
    text::SegmenterOptions options;
    options.unit = unit;
    units = text::Segmenter(options).split(raw);
    borders = find_borders(raw, units, levels);
  }
  // Returns the units of each sentence, joined by blanks.
  std::vector<std::string> sentences() const {
    std::vector<std::string> result;
    for (std::size_t s = 0; s < borders.sentences.size(); ++s) {
      const auto end = s + 1 < borders.sentences.size()
                           ? static_cast<std::size_t>(borders.sentences[s + 1])
                           : units.size();
      std::string text;
      for (auto i = static_cast<std::size_t>(borders.sentences[s]); i < end; ++i) {
        text += (text.empty() ? "" : " ") + units[i].text;
      }
      result.push_back(text);
    }
    return result;
  }

  std::vector<text::Unit> units;
  Borders borders;
};

TEST(Borders, OfTwoLevelsAreColumns) {
  const FoundBorders found("One. Two.\tThree\tfour", 2);
  EXPECT_THAT(found.sentences(), ElementsAre("One . Two .", "Three", "four"));
  EXPECT_THAT(found.borders.sentences, ElementsAre(0, 4, 5));
  EXPECT_THAT(found.borders.paragraphs, IsEmpty());
}

TEST(Borders, OfTwoLevelsAreSentencesWithoutColumns) {
  EXPECT_THAT(FoundBorders("One. Two is here! Three", 2).sentences(),
              ElementsAre("One .", "Two is here !", "Three"));
  EXPECT_THAT(FoundBorders("one", 2).sentences(), ElementsAre("one"));
}

TEST(Borders, EmptyColumnsAreNoSentences) {
  EXPECT_THAT(FoundBorders("\tA\t\t \tb.\t", 2).sentences(), ElementsAre("A", "b ."));
  // One column alone is a text like any other.
  EXPECT_THAT(FoundBorders("One. Two.\t \t", 2).sentences(), ElementsAre("One .", "Two ."));
  EXPECT_THAT(FoundBorders("\tOne. Two.", 2).sentences(), ElementsAre("One .", "Two ."));
}

TEST(Borders, OfThreeLevelsAreParagraphsOfSentences) {
  const FoundBorders found("One. Two.\tThree.\t\tFour. Five", 3);
  EXPECT_THAT(found.sentences(), ElementsAre("One .", "Two .", "Three .", "Four .", "Five"));
  EXPECT_THAT(found.borders.paragraphs, ElementsAre(0, 2, 3));
  const FoundBorders one("One. Two.", 3);
  EXPECT_THAT(one.sentences(), ElementsAre("One .", "Two ."));
  EXPECT_THAT(one.borders.paragraphs, ElementsAre(0));
}

TEST(Borders, OfATextWithoutUnitsAreNone) {
  for (const char* text : {"", " ", "\t", " \t \t"}) {
    for (const int levels : {1, 2, 3}) {
      const FoundBorders found(text, levels);
      EXPECT_THAT(found.borders.sentences, IsEmpty()) << levels;
      EXPECT_THAT(found.borders.paragraphs, IsEmpty()) << levels;
    }
  }
}

TEST(Borders, OfOneLevelAreNone) {
  EXPECT_THAT(FoundBorders("One. Two.", 1).borders.sentences, IsEmpty());
}

TEST(Borders, FollowTheSpansOfAnyUnit) {
  const FoundBorders characters("A. B\tc", 2, text::UnitMode::kCharacters);
  EXPECT_THAT(characters.sentences(), ElementsAre("A .   B  ", "c"));
  const FoundBorders words("Hello   there.  You.", 2, text::UnitMode::kWords);
  EXPECT_THAT(words.sentences(), ElementsAre("Hello there.", "You."));
}

TEST(Borders, CutALongSentence) {
  std::string text;
  for (std::size_t i = 0; i < 2 * kMaximumSentenceUnits + 3; ++i) text += "a ";
  const FoundBorders long_one(text, 2);
  const auto limit = static_cast<std::int32_t>(kMaximumSentenceUnits);
  EXPECT_THAT(long_one.borders.sentences, ElementsAre(0, limit, 2 * limit));
  const FoundBorders with_another("Hi.\t" + text + "\tBye.", 3);
  EXPECT_THAT(with_another.borders.sentences,
              ElementsAre(0, 2, 2 + limit, 2 + 2 * limit, 5 + 2 * limit));
  EXPECT_THAT(with_another.borders.paragraphs, ElementsAre(0, 1, 4));
  // Exactly as long as it may be.
  const FoundBorders full(text.substr(0, 2 * kMaximumSentenceUnits) + "\tb", 2);
  EXPECT_THAT(full.borders.sentences, ElementsAre(0, limit));
}

TEST(Borders, OfTheFirstUnits) {
  const Borders borders{{0, 3, 5, 8}, {0, 2, 3}};
  const Borders six = first_units(borders, 6);
  EXPECT_THAT(six.sentences, ElementsAre(0, 3, 5));
  EXPECT_THAT(six.paragraphs, ElementsAre(0, 2));
  const Borders five = first_units(borders, 5);
  EXPECT_THAT(five.sentences, ElementsAre(0, 3));
  EXPECT_THAT(five.paragraphs, ElementsAre(0));
  EXPECT_THAT(first_units(borders, 9).sentences, ElementsAre(0, 3, 5, 8));
  EXPECT_THAT(first_units({}, 4).sentences, IsEmpty());
}

// ----------------------------------------------------------------------------------- encoding ---

Side tokens_side(int levels, bool end_token) {
  Configuration c;
  c.source.unit = UnitChoice::kTokens;
  c.source.end_token = end_token;
  c.encoder.levels = levels;
  return make_side(c, SideName::kSource, text::Vocabulary({"<unk>", "</s>", "a", "b", "."}));
}

TEST(Borders, AreFoundByEncode) {
  const Encoded two = encode(tokens_side(2, false), "a. b a\tb");
  EXPECT_THAT(two.tokens, ElementsAre(2, 4, 3, 2, 3));
  EXPECT_THAT(two.sentences, ElementsAre(0, 4));
  EXPECT_THAT(two.paragraphs, IsEmpty());
  const Encoded three = encode(tokens_side(3, false), "A. B a\tb");
  EXPECT_THAT(three.sentences, ElementsAre(0, 2, 4));
  EXPECT_THAT(three.paragraphs, ElementsAre(0, 2));
  EXPECT_THAT(encode(tokens_side(1, false), "a. b a\tb").sentences, IsEmpty());
  EXPECT_THAT(encode(tokens_side(2, true), " ", EmptyText::kAllow).sentences, IsEmpty());
}

TEST(Borders, OfATargetAreNone) {
  Configuration c;
  c.target.unit = UnitChoice::kWords;
  c.encoder.levels = 2;
  const Side side = make_side(c, SideName::kTarget, text::Vocabulary({"<unk>", "</s>", "a"}));
  EXPECT_EQ(side.levels, 1);
  EXPECT_THAT(encode(side, "a\ta").sentences, IsEmpty());
}

TEST(Borders, AreCutWithTheirSource) {
  const Side side = tokens_side(2, true);
  Encoded encoded = encode(side, "a b\tz z\ta");
  EXPECT_EQ(encoded.unknown, 2u);
  cut(side, 3, encoded);
  EXPECT_THAT(encoded.tokens, ElementsAre(2, 3, 0, 1));
  EXPECT_THAT(encoded.sentences, ElementsAre(0, 2));
  EXPECT_EQ(encoded.units.size(), 3u);
  EXPECT_EQ(encoded.unknown, 1u);
  cut(side, 9, encoded);
  EXPECT_EQ(encoded.tokens.size(), 4u);
  cut(side, 2, encoded);
  EXPECT_THAT(encoded.tokens, ElementsAre(2, 3, 1));
  EXPECT_THAT(encoded.sentences, ElementsAre(0));
}

TEST(Groups, ReachFromOneBorderToTheNext) {
  const auto lengths = [](const std::vector<std::int32_t>& firsts, std::size_t size) {
    std::vector<std::pair<std::size_t, std::size_t>> found;
    for (const Group& group : find_groups(firsts, size)) {
      found.emplace_back(group.first, group.length);
    }
    return found;
  };
  EXPECT_THAT(lengths({0, 2, 3}, 7), ElementsAre(Pair(0, 2), Pair(2, 1), Pair(3, 4)));
  EXPECT_THAT(lengths({0}, 1), ElementsAre(Pair(0, 1)));
  EXPECT_THAT(lengths({}, 3), IsEmpty());
  for (const std::vector<std::int32_t>& wrong :
       {std::vector<std::int32_t>{1, 2}, {0, 2, 2}, {0, 3}, {0, -1}}) {
    EXPECT_THROW(find_groups(wrong, 3), CheckFailure);
  }
}

}  // namespace
}  // namespace attend::model
