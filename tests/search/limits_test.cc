// Tests length limits, forbidden tokens and numbers that are no probabilities.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "toy_engine.h"

namespace attend::search::testing {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Not;

const std::vector<Tokens> kOneSource{{7, 8, 9}};

Distribution constant(std::vector<float> scores) {
  return [scores](const Tokens&, const Tokens&) { return scores; };
}

std::vector<Hypothesis> search_one(const ToyEngine& engine, const SearchOptions& options) {
  return std::move(search(engine, kOneSource, options)[0]);
}

TEST(LengthLimit, UnfinishedHypothesesComeOnlyWhenNoneFinished) {
  const ToyEngine rambling(constant({-9.0F, -0.1F, -2.0F}), {3, 0});
  const auto cut = search(rambling, kOneSource, make_options(2, 2, 1.0, 4));
  ASSERT_EQ(cut[0].size(), 2U);
  EXPECT_THAT(cut[0][0].tokens, ElementsAre(1, 1, 1, 1));
  EXPECT_FALSE(cut[0][0].finished);
  EXPECT_EQ(cut[0][0].token_scores.size(), 4U) << "no </s> was scored";
  EXPECT_NEAR(cut[0][0].score, -0.1, 1e-6);
  EXPECT_GT(cut[0][0].score, cut[0][1].score);

  const auto wide = search(rambling, kOneSource, make_options(300, 3, 1.0, 4));
  ASSERT_EQ(wide[0].size(), 3U);
  for (const Hypothesis& hypothesis : wide[0]) EXPECT_TRUE(hypothesis.finished);
}

TEST(LengthLimit, TargetOfTheLongestLengthMayStillEnd) {
  const ToyEngine engine(
      [](const Tokens&, const Tokens& prefix) -> std::vector<float> {
        return prefix.size() < 4 ? std::vector<float>{-9.0F, -0.1F}
                                 : std::vector<float>{-0.1F, -9.0F};
      },
      {2, 0});
  const auto found = search(engine, kOneSource, make_options(1, 1, 1.0, 4));
  EXPECT_THAT(found[0][0].tokens, ElementsAre(1, 1, 1, 1));
  EXPECT_TRUE(found[0][0].finished);
  EXPECT_EQ(found[0][0].token_scores.size(), 5U);
  EXPECT_FALSE(search(engine, kOneSource, make_options(1, 1, 1.0, 3))[0][0].finished);
}

TEST(LengthLimit, GrowsWithTheSource) {
  const ToyEngine engine(constant({-9.0F, -0.1F}), {2, 0});
  SearchOptions options;
  options.maximum_ratio = 1.5;
  options.maximum_extra = 2;
  const std::vector<Tokens> sources{{7, 8, 9}, {7}};
  const auto found = search(engine, sources, options);
  EXPECT_EQ(found[0][0].tokens.size(), 6U);  // ⌊4.5⌋ + 2
  EXPECT_EQ(found[1][0].tokens.size(), 3U);  // ⌊1.5⌋ + 2
}

TEST(LengthLimit, IsBoundedWhateverTheSource) {
  const ToyEngine engine(constant({-9.0F, -0.1F}), {2, 0});
  const std::vector<Tokens> sources{Tokens(40, 7), Tokens(1, 7), Tokens(3000, 7)};
  SearchOptions options;
  options.maximum_length = 20;
  const auto found = search(engine, sources, options);
  EXPECT_EQ(found[0][0].tokens.size(), 20U);
  EXPECT_FALSE(found[0][0].finished);
  EXPECT_EQ(found[1][0].tokens.size(), 13U);  // 3 · 1 + 10
  EXPECT_EQ(found[2][0].tokens.size(), 20U);
  EXPECT_EQ(search(engine, sources, {})[2][0].tokens.size(), 2000U);
}

TEST(LengthLimit, AllowsAtLeastOneToken) {
  const ToyEngine engine(constant({-9.0F, -0.1F}), {2, 0});
  EXPECT_THAT(search(engine, kOneSource, make_options(1, 1, 1.0, 0))[0][0].tokens, ElementsAre(1));
}

TEST(LengthLimit, IsIgnoredByAModelOfAFixedLength) {
  const ToyEngine engine(historic(4, 5), {5, std::nullopt, 7});
  auto options = make_options(3, 3, 1.0, 2);
  options.minimum_length = 9;
  for (const Hypothesis& hypothesis : search_one(engine, options)) {
    EXPECT_EQ(hypothesis.tokens.size(), 7U);
    EXPECT_EQ(hypothesis.token_scores.size(), 7U);
    EXPECT_TRUE(hypothesis.finished);
  }
}

TEST(MinimumLength, EndIsForbiddenBefore) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const ToyEngine engine(historic(seed, 4), {4, 0});
    auto options = make_options(400, 400, 1.0, 4);
    options.minimum_length = 3;
    const auto found = search(engine, kOneSource, options);
    EXPECT_EQ(found[0].size(), 27U + 81U);  // all targets of three and of four tokens
    for (const Hypothesis& hypothesis : found[0]) EXPECT_GE(hypothesis.tokens.size(), 3U);
  }
}

TEST(MinimumLength, WinsOverTheLengthLimit) {
  const ToyEngine engine(constant({-0.1F, -3.0F}), {2, 0});
  auto options = make_options(1, 1, 1.0, 2);
  options.minimum_length = 5;
  const auto found = search(engine, kOneSource, options);
  EXPECT_EQ(found[0][0].tokens.size(), 5U);
  EXPECT_TRUE(found[0][0].finished);
}

TEST(LengthLimit, IsWhatLongestTargetSays) {
  const ToyEngine engine(constant({-50.0F, -0.1F}), {2, 0});
  const std::vector<Tokens> sources{{7}, {7, 8, 9}, Tokens(9, 7)};
  for (const double ratio : {0.0, 0.7, 2.5}) {
    for (const int extra : {0, 3}) {
      for (const int minimum : {0, 6}) {
        for (const int maximum : {6, 12}) {
          for (const std::size_t prefix : {0u, 4u, 15u}) {
            SearchOptions options;
            options.maximum_ratio = ratio;
            options.maximum_extra = extra;
            options.minimum_length = minimum;
            options.maximum_length = maximum;
            const Request request{Tokens(std::min<std::size_t>(prefix, 12), 1)};
            if (static_cast<int>(request.prefix.size()) > maximum) continue;
            const std::vector<Request> requests(sources.size(), request);
            const auto found =
                attend::search::search(engine, model::make_sources(sources), options, requests);
            for (std::size_t s = 0; s < sources.size(); ++s) {
              EXPECT_EQ(found[s][0].tokens.size(),
                        longest_target(options, sources[s].size(), request.prefix.size()));
            }
          }
        }
      }
    }
  }
}

TEST(Forbidden, TokensAreNeverProduced) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const ToyEngine engine(historic(seed, 5), {5, 0});
    auto options = make_options(300, 300, 1.0, 3);
    options.forbidden = {1, 3, 3};
    const auto found = search(engine, kOneSource, options);
    EXPECT_EQ(found[0].size(), 1U + 2U + 4U + 8U);
    for (const Hypothesis& hypothesis : found[0]) {
      EXPECT_THAT(hypothesis.tokens, Not(Contains(1)));
      EXPECT_THAT(hypothesis.tokens, Not(Contains(3)));
    }
  }
}

TEST(Forbidden, EndLeavesOnlyUnfinishedHypotheses) {
  const ToyEngine engine(historic(1, 5), {5, 0});
  auto options = make_options(4, 4, 1.0, 6);
  options.forbidden = {0};
  for (const Hypothesis& hypothesis : search_one(engine, options)) {
    EXPECT_FALSE(hypothesis.finished);
    EXPECT_FALSE(hypothesis.dead_end);
    EXPECT_EQ(hypothesis.tokens.size(), 6U);
  }
}

TEST(Vocabulary, OfTheEndAloneGivesTheEmptyTarget) {
  const ToyEngine engine(constant({0.0F}), {1, 0});
  const auto found = search(engine, kOneSource, make_options(5, 5, 1.0, 8));
  ASSERT_EQ(found[0].size(), 1U);
  EXPECT_THAT(found[0][0].tokens, ElementsAre());
  EXPECT_TRUE(found[0][0].finished);
  EXPECT_FALSE(found[0][0].dead_end);
}

TEST(Vocabulary, WithNothingPermittedGivesTheUnfinishedEmptyTarget) {
  const ToyEngine engine(constant({0.0F}), {1, 0});
  auto options = make_options(5, 5, 1.0, 8);
  options.minimum_length = 1;
  const auto found = search(engine, kOneSource, options);
  ASSERT_EQ(found[0].size(), 1U);
  EXPECT_FALSE(found[0][0].finished);
  EXPECT_TRUE(found[0][0].dead_end);
  EXPECT_EQ(found[0][0].score, 0.0);
}

TEST(NotProbabilities, AreNotChosenWhileThereIsAnother) {
  const float infinite = std::numeric_limits<float>::infinity();
  const ToyEngine engine(constant({-2.0F, kNotANumber, kImpossible, -0.5F, infinite}), {5, 0});
  const auto found = search(engine, kOneSource, make_options(50, 50, 1.0, 3));
  EXPECT_EQ(found[0].size(), 4U);
  for (const Hypothesis& hypothesis : found[0]) {
    EXPECT_THAT(hypothesis.tokens, Each(3));
    EXPECT_TRUE(std::isfinite(hypothesis.score));
  }
}

TEST(NotProbabilities, EverywhereStillGiveAnUnfinishedTarget) {
  for (const float bad : {kNotANumber, kImpossible}) {
    const ToyEngine engine(constant({bad, bad, bad}), {3, 2});
    const auto found = search(engine, kOneSource, make_options(4, 4, 1.0, 3));
    ASSERT_EQ(found[0].size(), 1U);
    EXPECT_THAT(found[0][0].tokens, ElementsAre(0, 0, 0));
    EXPECT_FALSE(found[0][0].finished);
    EXPECT_EQ(found[0][0].log_probability, static_cast<double>(kImpossible));
    EXPECT_THAT(found[0][0].token_scores, Each(kImpossible));
  }
}

TEST(NotProbabilities, InOneStepOfAFixedLengthKeepTheLength) {
  const ToyEngine engine(
      [](const Tokens&, const Tokens& prefix) -> std::vector<float> {
        return prefix.size() == 1 ? std::vector<float>(3, kNotANumber)
                                  : std::vector<float>{-3.0F, -0.1F, -3.0F};
      },
      {3, std::nullopt, 3});
  auto options = make_options(2, 2, 1.0, 0);
  options.forbidden = {0};
  const auto found = search(engine, kOneSource, options);
  ASSERT_EQ(found[0].size(), 1U);
  EXPECT_EQ(found[0][0].tokens.size(), 3U);
  EXPECT_THAT(found[0][0].tokens, Not(Contains(0)));
  EXPECT_EQ(found[0][0].score, static_cast<double>(kImpossible));
}

TEST(NotProbabilities, AfterAFinishedTargetEndTheSearch) {
  const ToyEngine engine(
      [](const Tokens&, const Tokens& prefix) -> std::vector<float> {
        return prefix.empty() ? std::vector<float>{-1.0F, -0.5F}
                              : std::vector<float>(2, kNotANumber);
      },
      {2, 0});
  const auto found = search(engine, kOneSource, make_options(2, 2, 1.0, 9));
  ASSERT_EQ(found[0].size(), 1U);
  EXPECT_THAT(found[0][0].tokens, ElementsAre());
  EXPECT_EQ(engine.trace().size(), 2U);
}

}  // namespace
}  // namespace attend::search::testing
