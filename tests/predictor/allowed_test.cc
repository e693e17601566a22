// Tests predictions whose attention may look at some units of the source only.
#include <gtest/gtest.h>

#include "predictor/predictor.h"
#include "small_predictor.h"

namespace attend::predictor {
namespace {

using testing::small_predictor;

// Returns the answer to "ab cab" where attention may look at its second word.
Answer answer_about_cab(const Predictor& predictor) {
  const std::vector<std::string> texts{"ab cab"};
  const std::vector<Allowed> allowed{{{3, 6}}};
  return predictor.predict(texts, {}, allowed).front();
}

TEST(AllowedPositions, HoldTheWholeAlignment) {
  const Answer answer = answer_about_cab(small_predictor());
  ASSERT_EQ(answer.predictions.size(), 1u);
  const std::size_t columns = answer.source.columns.size();
  ASSERT_EQ(columns, 7u);
  const Prediction& best = answer.predictions.front();
  ASSERT_FALSE(best.units.empty());
  for (std::size_t i = 0; i < best.units.size(); ++i) {
    const float* row = best.alignment.data() + i * columns;
    EXPECT_EQ(row[0] + row[1] + row[2], 0.0F);
    EXPECT_NEAR(row[3] + row[4] + row[5], 1.0F, 1e-5);
    EXPECT_EQ(row[6], 0.0F) << "</s>";
  }
  for (const auto& [source, target] : best.links) EXPECT_GE(source, 3u);
}

TEST(AllowedPositions, OfEveryUnitCloseTheEndOnly) {
  const Predictor predictor = small_predictor();
  const std::vector<std::string> texts{"abc"};
  const std::vector<Allowed> all{{{0, 3}}}, none{{}};
  const Answer closed = predictor.predict(texts, {}, all).front();
  const Prediction& best = closed.predictions.at(0);
  for (std::size_t i = 0; i < best.units.size(); ++i) EXPECT_EQ(best.alignment[i * 4 + 3], 0.0F);
  EXPECT_EQ(predictor.predict(texts, {}, none).front().predictions.at(0).log_probability,
            predictor.predict(texts, {}).front().predictions.at(0).log_probability);
}

TEST(AllowedPositions, AreThoseOfScoresAndExplanations) {
  const Predictor predictor = small_predictor();
  const Prediction best = answer_about_cab(predictor).predictions.at(0);
  const Allowed allowed{{3, 6}};
  const Explanation explanation = predictor.explain("ab cab", {}, 1, allowed);
  EXPECT_EQ(explanation.prediction.text, best.text);
  for (std::size_t i = 0; i < best.units.size(); ++i) {
    for (std::size_t j = 0; j < 7; ++j) {
      EXPECT_NEAR(explanation.steps[i].alignment[j], best.alignment[i * 7 + j], 1e-5);
    }
  }
  const std::vector<std::string> source{"ab cab"}, target{"cb"};
  const auto score = [&](std::span<const Allowed> given) {
    return predictor.score(source, target, {}, given).front().predictions.at(0);
  };
  const Prediction closed = score(std::span(&allowed, 1)), open = score({});
  EXPECT_NE(closed.log_probability, open.log_probability);
  EXPECT_EQ(closed.alignment[0], 0.0F);
  EXPECT_GT(open.alignment[0], 0.0F);
}

// Every text of a batch has positions of its own.
TEST(AllowedPositions, DoNotReachTheNeighboursInABatch) {
  const Predictor predictor = small_predictor();
  const std::vector<std::string> texts{"ab cab", "abc", "c"};
  const std::vector<Allowed> allowed{{{3, 6}}, {}, {{0, 1}}};
  const auto together = predictor.predict(texts, {}, allowed);
  for (std::size_t k = 0; k < texts.size(); ++k) {
    const Prediction alone =
        predictor.predict(std::span(&texts[k], 1), {}, std::span(&allowed[k], 1))
            .front()
            .predictions.at(0);
    EXPECT_EQ(together[k].predictions.at(0).text, alone.text);
    EXPECT_NEAR(together[k].predictions.at(0).log_probability, alone.log_probability, 1e-4);
  }
}

TEST(AllowedPositions, OutsideEveryUnitAreAProblem) {
  const Predictor predictor = small_predictor();
  const std::vector<std::string> texts{"ab  c", "abc"};
  const std::vector<Allowed> allowed{{{5, 6}}, {{0, 1}}};
  const auto answers = predictor.predict(texts, {}, allowed);
  EXPECT_TRUE(answers[0].predictions.empty());
  EXPECT_EQ(answers[0].problem, "attention may look at no unit of the source");
  EXPECT_EQ(answers[1].predictions.size(), 1u);
}

// The location score looks at the first positions only, of each part anew.
TEST(AllowedPositions, BehindTheLastThatTheScoreKnowsAreAProblem) {
  model::Configuration c = testing::small();
  c.attention.score = "location";
  c.attention.maximum_source = 2;
  const Predictor predictor(
      testing::random_model(c, {"<pad>", "<unk>", "</s>", "a", "b", "c", " "}));
  const auto answer = [&](const Allowed& allowed, std::size_t longest) {
    const std::vector<std::string> texts{"abcabc"};
    PredictOptions options;
    options.maximum_source_length = longest;
    options.long_sources = LongSources::kSplit;
    return predictor.predict(texts, options, std::span(&allowed, 1)).front();
  };
  const std::string problem = ", and later ones are out of its reach (attention.maximum_source)";
  EXPECT_EQ(answer({{2, 6}}, 100).problem,
            "attention may look at none of the first 2 units of the source" + problem);
  EXPECT_EQ(answer({{1, 6}}, 100).predictions.size(), 1u);
  EXPECT_EQ(answer({{1, 3}, {5, 6}}, 3).problem,
            "attention may look at none of the first 2 units of part 2 of the source" + problem);
  EXPECT_EQ(answer({{1, 5}}, 3).predictions.size(), 1u);
}

// Of several models the one that reaches least far decides, whichever comes first.
TEST(AllowedPositions, MustBeInReachOfAllModels) {
  const auto model_of = [](int reach) {
    model::Configuration c = testing::small();
    c.attention.score = reach > 0 ? "location" : c.attention.score;
    if (reach > 0) c.attention.maximum_source = reach;
    return testing::random_model(c, {"<pad>", "<unk>", "</s>", "a", "b", "c", " "});
  };
  const std::vector<std::string> texts{"abcabc"}, targets{"ab"};
  for (const auto& reaches : std::vector<std::vector<int>>{{5, 2}, {2, 5}, {0, 2}}) {
    std::vector<model::Model> models;
    for (const int reach : reaches) models.push_back(model_of(reach));
    const Predictor predictor(std::move(models));
    const std::vector<Allowed> behind{{{2, 6}}}, within{{{1, 6}}};
    const std::string problem =
        "attention may look at none of the first 2 units of the source, and later ones are out of "
        "its reach (attention.maximum_source)";
    EXPECT_EQ(predictor.predict(texts, {}, behind)[0].problem, problem);
    EXPECT_EQ(predictor.score(texts, targets, {}, behind)[0].problem, problem);
    EXPECT_EQ(predictor.predict(texts, {}, within)[0].predictions.size(), 1U);
    EXPECT_EQ(predictor.score(texts, targets, {}, within)[0].predictions.size(), 1U);
  }
}

TEST(AllowedPositions, OfLongSourcesMustBeInEveryPart) {
  const Predictor predictor = small_predictor();
  const std::vector<std::string> texts{"abcabc"};
  PredictOptions options;
  options.maximum_source_length = 3;
  const auto answer = [&](LongSources choice, const Allowed& allowed) {
    options.long_sources = choice;
    return predictor.predict(texts, options, std::span(&allowed, 1)).front();
  };
  EXPECT_EQ(answer(LongSources::kCut, {{4, 6}}).problem,
            "attention may look at no unit of the source");
  EXPECT_EQ(answer(LongSources::kSplit, {{0, 2}}).problem,
            "attention may look at no unit of part 2 of the source");
  const Answer whole = answer(LongSources::kSplit, {{2, 4}});
  ASSERT_EQ(whole.predictions.size(), 1u) << whole.problem;
  EXPECT_EQ(whole.source.columns.size(), 8u);
  const Prediction& best = whole.predictions[0];
  for (std::size_t i = 0; i < best.units.size(); ++i) {
    for (std::size_t j = 0; j < 8; ++j) {
      if (j == 2 || j == 4) continue;  // c | a
      EXPECT_EQ(best.alignment[i * 8 + j], 0.0F);
    }
  }
}

}  // namespace
}  // namespace attend::predictor
