// The C++ face gives what the predictor behind it gives.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "attend/attend.hpp"
#include "model_folder.h"

namespace attend {
namespace {

class PublicPredictor : public ::testing::Test {
 protected:
  testing::ModelFolder folder;
  Predictor shown{folder.path()};
  predictor::Predictor own{folder.path()};
};

TEST_F(PublicPredictor, AnswersAsTheOneBehindIt) {
  const std::vector<std::string> texts{"abc", "", "cé ba", "\xff"};
  PredictOptions options;
  options.search.beam = options.search.n_best = 3;
  const auto expected = own.predict(texts, options);
  const auto answers = shown.predict(texts, options);
  ASSERT_EQ(answers.size(), 4U);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(answers[i].problem, expected[i].problem);
    ASSERT_EQ(answers[i].predictions.size(), expected[i].predictions.size());
    for (std::size_t k = 0; k < answers[i].predictions.size(); ++k) {
      EXPECT_EQ(answers[i].predictions[k].text, expected[i].predictions[k].text);
      EXPECT_EQ(answers[i].predictions[k].alignment, expected[i].predictions[k].alignment);
    }
  }
  EXPECT_NE(answers[3].problem, "");
  EXPECT_EQ(shown.predict("abc", options).predictions[0].text, answers[0].predictions[0].text);
}

TEST_F(PublicPredictor, TakesListsInBraces) {
  const std::vector<std::string> texts{"abc", "cé"};
  const std::vector<Answer> expected = shown.predict(texts);
  const std::vector<Answer> answers = shown.predict({"abc", "cé"});
  ASSERT_EQ(answers.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(answers[i].predictions[0].text, expected[i].predictions[0].text);
  }
  EXPECT_EQ(shown.score({"abc", "b"}, {"a", "b"}).size(), 2U);
  EXPECT_EQ(Predictor({folder.path(), folder.path()}).info().models, 2U);
  EXPECT_EQ(Predictor{folder.path()}.info().models, 1U);
}

TEST_F(PublicPredictor, ScoresItsOwnPredictionsAndExplainsThem) {
  const Answer answer = shown.predict("abc");
  const std::string target = answer.predictions.at(0).text;
  const std::vector<std::string> sources{"abc"}, targets{target};
  const Answer scored = shown.score(sources, targets).at(0);
  const std::vector<float>& found = scored.predictions.at(0).unit_scores;
  // A prediction that the length limit cut has no score of </s>.
  ASSERT_GE(found.size(), answer.predictions[0].units.size());
  for (std::size_t i = 0; i < answer.predictions[0].units.size(); ++i) {
    EXPECT_NEAR(found[i], answer.predictions[0].unit_scores[i], 1e-4);
  }
  const Explanation explanation = shown.explain("abc", {}, 2);
  EXPECT_EQ(explanation.prediction.text, target);
  ASSERT_FALSE(explanation.steps.empty());
  EXPECT_EQ(explanation.steps[0].choices.size(), 2U);
  EXPECT_FALSE(explanation.steps[0].observed("energies").empty());
}

TEST_F(PublicPredictor, ExplainsALongSourceAsAWhole) {
  PredictOptions options;
  options.long_sources = LongSources::kSplit;
  options.maximum_source_length = 3;
  EXPECT_THROW(shown.explain("abc. abc. abc.", options), DataError);
}

TEST_F(PublicPredictor, DescribesItsModel) {
  const ModelInfo& info = shown.info();
  EXPECT_EQ(info.models, 1U);
  EXPECT_EQ(info.answers, AnswerKind::kText);
  EXPECT_EQ(info.attention, "soft");
  EXPECT_TRUE(info.has_alignment);
  EXPECT_FALSE(info.reads_pictures);
  EXPECT_EQ(info.regions, 0U);
  EXPECT_EQ(info.targets, 8U);
  EXPECT_FALSE(info.equations.empty());
  EXPECT_TRUE(shown.knows_label("é"));
  EXPECT_FALSE(shown.knows_label("ab"));
}

TEST_F(PublicPredictor, ThrowsErrorsOfThreeKinds) {
  EXPECT_THROW(Predictor("/no such folder"), ModelError);
  PredictOptions options;
  options.search.beam = 0;
  EXPECT_THROW(shown.predict("a", options), UsageError);
  EXPECT_THROW(shown.explain("\xff"), DataError);
  EXPECT_THROW(shown.classify({}), UsageError);
  const std::vector<std::string> two{"a", "b"}, one{"a"}, none;
  EXPECT_THROW(shown.score(two, one), UsageError);
  EXPECT_THROW(shown.predict(two, {}, std::vector<Allowed>(1)), UsageError);
  EXPECT_THROW(shown.predict(two, {}, {}, std::vector<TargetRequest>(3)), UsageError);
  EXPECT_THROW(Predictor(std::span(none)), UsageError);
  try {
    Predictor("/no such folder");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::kModel);
  }
}

TEST_F(PublicPredictor, CopiesShareTheModel) {
  const Predictor copy = shown;
  EXPECT_EQ(&copy.info(), &shown.info());
  EXPECT_EQ(copy.predict("ab").predictions[0].text, shown.predict("ab").predictions[0].text);
}

}  // namespace
}  // namespace attend
