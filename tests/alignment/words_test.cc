#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

#include "alignment/alignment.h"
#include "base/base.h"

namespace attend::alignment {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::Pointwise;

using Spans = std::vector<text::ByteSpan>;

std::vector<float> near(const std::vector<float>& values) { return values; }
MATCHER_P(IsNear, expected, "") {
  return ::testing::ExplainMatchResult(Pointwise(FloatNear(1e-6F), near(expected)), arg,
                                       result_listener);
}

// Returns all weights, [target words, source words].
std::vector<float> dense(const WordWeights& weights, std::size_t source_words = 2) {
  std::vector<float> result;
  for (std::size_t target = 0; target < weights.target_words(); ++target) {
    for (std::size_t source = 0; source < source_words; ++source) {
      result.push_back(weights.at(source, target));
    }
  }
  return result;
}

std::vector<float> elsewhere(const WordWeights& weights) {
  std::vector<float> result;
  for (std::size_t target = 0; target < weights.target_words(); ++target) {
    result.push_back(weights.row(target).elsewhere);
  }
  return result;
}

TEST(Group, GivesEachUnitTheWordsThatItTouches) {
  // "ab  cd": a, b, the blanks, cd, and a unit over both words.
  const Spans units{{0, 1}, {1, 2}, {2, 4}, {4, 6}, {0, 6}}, words{{0, 2}, {4, 6}};
  const Grouping grouping = group(units, words);
  EXPECT_EQ(grouping.words, 2U);
  EXPECT_THAT(std::vector(grouping.of_units.begin(), grouping.of_units.begin() + 2),
              ElementsAre(Pair(0, 1), Pair(0, 1)));
  EXPECT_EQ(grouping.of_units[2].first, grouping.of_units[2].second);
  EXPECT_THAT(grouping.of_units[3], Pair(1, 2));
}

// A source of two words in three units and </s>, a target of two words in three units.
struct Example {
  std::vector<float> rows{0.5F, 0.2F, 0.2F, 0.1F,   // the first piece of target word 0
                          0.0F, 0.3F, 0.6F, 0.1F,   // its second piece
                          0.1F, 0.1F, 0.2F, 0.6F};  // target word 1
  std::vector<float> end{0.0F, 0.0F, 0.9F, 0.1F};
  std::vector<std::size_t> columns{0, 1, 2, kNoUnit};
  Grouping source{2, {{0, 1}, {0, 1}, {1, 2}}};
  Grouping target{2, {{0, 1}, {0, 1}, {1, 2}}};

  WordWeights weights(const WordOptions& options = {}) const {
    return word_weights({rows, end, columns}, source, target, options);
  }
};

TEST(WordWeights, SumOverSourceUnitsAndAverageOverTargetUnits) {
  const Example example;
  const WordWeights words = example.weights();
  EXPECT_EQ(words.target_words(), 2U);
  EXPECT_THAT(words.row(0).words, ElementsAre(0U, 1U));
  EXPECT_THAT(dense(words), IsNear(std::vector<float>{0.5F, 0.4F, 0.2F, 0.2F}));
  EXPECT_THAT(elsewhere(words), IsNear(std::vector<float>{0.1F, 0.6F}));
  EXPECT_FLOAT_EQ(words.at(1, 0), 0.4F);
}

TEST(WordWeights, MayTakeTheLargestRow) {
  const Example example;
  const WordWeights words = example.weights({0, Merge::kMaximum});
  EXPECT_THAT(dense(words), IsNear(std::vector<float>{0.7F, 0.6F, 0.2F, 0.2F}));
}

TEST(WordWeights, MayTakeTheRowOfTheFirstUnit) {
  const Example example;
  EXPECT_THAT(dense(example.weights({0, Merge::kFirst})),
              IsNear(std::vector<float>{0.7F, 0.2F, 0.2F, 0.2F}));
  EXPECT_THAT(dense(example.weights({-1, Merge::kFirst})),
              IsNear(std::vector<float>{0.7F, 0.2F, 0.3F, 0.6F}))
      << "the first piece has no row, and the word has that of its second piece";
}

TEST(WordWeights, ShiftTakesTheRowOfAnotherStep) {
  const Example example;
  EXPECT_THAT(dense(example.weights({1, Merge::kMean})),
              IsNear(std::vector<float>{0.25F, 0.4F, 0.0F, 0.9F}))
      << "the last word has the row of </s>";
  EXPECT_THAT(dense(example.weights({-1, Merge::kMean})),
              IsNear(std::vector<float>{0.7F, 0.2F, 0.3F, 0.6F}))
      << "the first piece has no row, and the word has that of its second piece";
  for (const int far : {5, -5, std::numeric_limits<int>::max(), std::numeric_limits<int>::min()}) {
    EXPECT_THAT(best_links(example.weights({far, Merge::kMean})), IsEmpty());
  }
}

TEST(WordWeights, WithoutTheRowOfTheEndTheLastUnitHasNone) {
  Example example;
  example.end.clear();
  EXPECT_THAT(dense(example.weights({1, Merge::kMean})),
              IsNear(std::vector<float>{0.25F, 0.4F, 0.0F, 0.0F}));
}

TEST(WordWeights, UnitInSeveralWordsSharesItsWeight) {
  Example example;
  example.source.of_units[1] = {0, 2};
  EXPECT_THAT(dense(example.weights()), IsNear(std::vector<float>{0.375F, 0.525F, 0.15F, 0.25F}));
}

TEST(WordWeights, UnitWithoutWordIsDropped) {
  Example example;
  example.source.of_units[0] = {0, 0};
  example.target.of_units[2] = {1, 1};
  EXPECT_THAT(dense(example.weights()), IsNear(std::vector<float>{0.25F, 0.4F, 0.0F, 0.0F}));
}

TEST(WordWeights, OfSeveralColumnsOfOneUnitAreAdded) {
  Example example;
  example.columns = {0, 1, 0, kNoUnit};  // a tag that a later part of the source repeats
  example.source = {1, {{0, 1}, {0, 1}}};
  EXPECT_THAT(dense(example.weights(), 1), IsNear(std::vector<float>{0.9F, 0.4F}));
}

TEST(WordWeights, OfEachUnitAreTheAlignment) {
  Example example;
  example.source = group_each(3);
  example.target = group_each(3);
  const WordWeights words = example.weights();
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) EXPECT_EQ(words.at(j, i), example.rows[i * 4 + j]);
    EXPECT_EQ(words.row(i).elsewhere, example.rows[i * 4 + 3]);
  }
}

// The words behind the cut of a long source own no unit.
TEST(WordWeights, TakeNoMemoryForWordsThatOwnNoUnit) {
  Example example;
  example.source.words = example.target.words = std::size_t{1} << 40;
  example.source.of_units[2] = {example.source.words - 1, example.source.words};
  const WordWeights words = example.weights();
  EXPECT_THAT(words.row(0).words, ElementsAre(0U, example.source.words - 1));
  EXPECT_THAT(words.row(0).weights, IsNear(std::vector<float>{0.5F, 0.4F}));
  EXPECT_FLOAT_EQ(words.at(example.source.words - 1, 1), 0.2F);
  EXPECT_EQ(words.at(1, 0), 0);
  EXPECT_THAT(words.row(2).words, IsEmpty());
  EXPECT_EQ(words.at(0, 2), 0);
}

TEST(WordWeights, EmptySidesHaveNone) {
  EXPECT_THAT(best_links(word_weights({}, {}, {})), IsEmpty());
  const std::vector<float> rows{1.0F};
  const std::vector<std::size_t> columns{kNoUnit};
  EXPECT_THAT(best_links(word_weights({rows, {}, columns}, {}, group_each(1))), IsEmpty());
}

TEST(WordWeights, RowsOfAnyGroupingSumToAtMostOne) {
  std::mt19937 random(3);
  for (int trial = 0; trial < 200; ++trial) {
    const std::size_t units = 1 + random() % 6, targets = 1 + random() % 6;
    std::vector<std::size_t> columns;
    for (std::size_t j = 0; j < units; ++j) columns.push_back(j);
    columns.push_back(kNoUnit);
    std::vector<float> rows;
    for (std::size_t i = 0; i < targets; ++i) {
      std::vector<float> row;
      float sum = 0;
      for (std::size_t j = 0; j <= units; ++j) {
        row.push_back(static_cast<float>(random() % 100));
        sum += row.back();
      }
      for (const float weight : row) rows.push_back(sum > 0 ? weight / sum : 0);
    }
    const auto random_grouping = [&](std::size_t size) {
      Grouping grouping;
      grouping.words = 3;
      for (std::size_t j = 0; j < size; ++j) {
        const std::size_t first = random() % 4;
        grouping.of_units.emplace_back(first, first + random() % (4 - first));
      }
      return grouping;
    };
    const WordWeights words =
        word_weights({rows, {}, columns}, random_grouping(units), random_grouping(targets));
    for (std::size_t target = 0; target < 3; ++target) {
      float sum = words.row(target).elsewhere;
      for (std::size_t source = 0; source < 3; ++source) sum += words.at(source, target);
      EXPECT_LE(sum, 1 + 1e-5F);
    }
  }
}

// The weights of words that are one unit each. The last column belongs to no unit.
struct Rows {
  explicit Rows(std::vector<float> weights) : rows(std::move(weights)) {}
  WordWeights weights() const {
    return word_weights({rows, {}, columns}, group_each(2), group_each(2));
  }

  std::vector<float> rows;
  std::vector<std::size_t> columns{0, 1, kNoUnit};
};

TEST(BestLinks, JoinEveryTargetWordWithTheLargestWeight) {
  EXPECT_THAT(best_links(Rows({0.2F, 0.7F, 0.1F, 0.4F, 0.4F, 0.2F}).weights()),
              ElementsAre(Link{1, 0}, Link{0, 1}));
}

TEST(BestLinks, AreNoneWhereMoreWeightIsElsewhere) {
  EXPECT_THAT(best_links(Rows({0.2F, 0.3F, 0.31F, 0.4F, 0.1F, 0.4F}).weights()),
              ElementsAre(Link{0, 1}));
}

TEST(BestLinks, NeedAWeightOfTheThreshold) {
  const Rows rows({0.2F, 0.7F, 0, 0.5F, 0.4F, 0});
  const WordWeights weights = rows.weights();
  EXPECT_THAT(best_links(weights, 0.5), ElementsAre(Link{1, 0}, Link{0, 1}));
  EXPECT_THAT(best_links(weights, 0.7), ElementsAre(Link{1, 0})) << "0.7 itself counts";
  EXPECT_THAT(best_links(weights, 1), IsEmpty());
  for (const double bad : {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_THROW(best_links(weights, bad), UsageError);
  }
}

TEST(BestLinks, AreNoneOfRowsWithoutWeight) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> rows{0, 0, nan, -1};
  const std::vector<std::size_t> columns{0, 1};
  EXPECT_THAT(best_links(word_weights({rows, {}, columns}, group_each(2), group_each(2))),
              IsEmpty());
}

TEST(Inverted, SwapsTheSides) {
  EXPECT_THAT(inverted(std::vector<Link>{{2, 0}, {0, 1}}), ElementsAre(Link{0, 2}, Link{1, 0}));
}

}  // namespace
}  // namespace attend::alignment
