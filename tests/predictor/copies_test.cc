// Predictions with words that only the source has (§13.4).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "small_predictor.h"

namespace attend::predictor {
namespace {

using namespace testing;

// A model of two words with random weights, which copies more often than it generates.
Predictor copying_predictor() {
  model::Configuration c = small();
  c.source.unit = c.target.unit = model::UnitChoice::kWords;
  c.decoder.copy = model::Copy::kPointer;
  return Predictor(random_model(c, {"<pad>", "<unk>", "</s>", "the", "cat"}));
}

PredictOptions beams() {
  PredictOptions options;
  options.search.beam = 4;
  options.search.n_best = 4;
  return options;
}

const std::vector<std::string> kTexts{"the zebra sees quagga", "zebra", "okapi cat okapi"};

TEST(Copies, AreWordsOfTheirOwnSource) {
  const Predictor predictor = copying_predictor();
  std::size_t copied = 0;
  for (const Answer& answer : predictor.predict(kTexts, beams())) {
    ASSERT_FALSE(answer.predictions.empty());
    for (const Prediction& prediction : answer.predictions) {
      for (const std::string& unit : prediction.units) {
        if (predictor.text().target.vocabulary.contains(unit) || unit == "<unk>") continue;
        ++copied;
        EXPECT_TRUE(std::any_of(answer.source.units.begin(), answer.source.units.end(),
                                [&](const text::Unit& one) { return one.text == unit; }))
            << unit;
      }
    }
  }
  EXPECT_GT(copied, 0U);
}

TEST(Copies, HaveTheScoresThatScoringGivesThem) {
  const Predictor predictor = copying_predictor();
  for (const Answer& answer : predictor.predict(kTexts, beams())) {
    for (const Prediction& prediction : answer.predictions) {
      if (!prediction.finished || prediction.units.empty()) continue;
      const auto scored =
          predictor.score(std::vector{answer.source.text}, std::vector{prediction.text}, beams());
      ASSERT_EQ(scored[0].predictions.size(), 1U) << prediction.text;
      EXPECT_NEAR(scored[0].predictions[0].log_probability, prediction.log_probability,
                  1e-4 * std::max(1.0, std::abs(prediction.log_probability)));
    }
  }
}

TEST(Copies, AreNoUnknownUnitsOfATarget) {
  const Predictor predictor = copying_predictor();
  const std::vector<std::string> sources{"the zebra", "the cat"}, targets{"zebra cat", "zebra cat"};
  const auto scored = predictor.score(sources, targets, beams());
  EXPECT_TRUE(scored[0].predictions.at(0).unknown.empty());
  EXPECT_EQ(scored[1].predictions.at(0).unknown, std::vector<std::string>{"zebra"});
  EXPECT_NE(scored[0].predictions[0].log_probability, scored[1].predictions[0].log_probability);
}

TEST(Copies, OfForbiddenWordsAreNotMade) {
  const Predictor predictor = copying_predictor();
  PredictOptions options = beams();
  const auto writes = [](const Answer& answer, const std::string& word) {
    return std::any_of(answer.predictions.begin(), answer.predictions.end(), [&](const auto& one) {
      return std::find(one.units.begin(), one.units.end(), word) != one.units.end();
    });
  };
  const auto before = predictor.predict(kTexts, options);
  ASSERT_TRUE(writes(before[1], "zebra"));
  ASSERT_TRUE(writes(before[2], "okapi"));
  options.forbidden = {"zebra", "quagga", "cat okapi"};
  EXPECT_NO_THROW(predictor.check(options));
  for (const Answer& answer : predictor.predict(kTexts, options)) {
    ASSERT_FALSE(answer.predictions.empty());
    EXPECT_FALSE(writes(answer, "zebra") || writes(answer, "quagga"));
    for (const Prediction& one : answer.predictions) {
      EXPECT_EQ(one.text.find("cat okapi"), std::string::npos);
    }
  }
  options.forbidden = {"the okapi"};
  EXPECT_TRUE(writes(predictor.predict(kTexts, options)[2], "okapi"))
      << "behind 'cat' it may stand";
  options.forbidden = {" "};
  EXPECT_THROW(predictor.predict(kTexts, options), UsageError);
}

TEST(Copies, OfForbiddenWordsAreNotMadeInAnyPart) {
  const Predictor predictor = copying_predictor();
  PredictOptions options;
  options.maximum_source_length = 2;
  options.long_sources = LongSources::kSplit;
  options.forbidden = {"quagga", "zebra"};
  const Answer answer = predictor.predict(std::vector<std::string>{kTexts[0]}, options)[0];
  ASSERT_EQ(answer.predictions.size(), 1U) << answer.problem;
  for (const std::string& unit : answer.predictions[0].units) {
    EXPECT_NE(unit, "quagga");
    EXPECT_NE(unit, "zebra");
  }
}

TEST(Copies, AreExplainedStepByStep) {
  const Predictor predictor = copying_predictor();
  search::SearchOptions options;
  for (const std::string& text : kTexts) {
    const Explanation explanation = predictor.explain(text, {options}, 3);
    double sum = 0;
    for (std::size_t i = 0; i < explanation.steps.size(); ++i) {
      const ExplainedStep& step = explanation.steps[i];
      ASSERT_EQ(step.observed("p_gen").size(), 1U);
      if (i < explanation.prediction.units.size()) {
        EXPECT_EQ(step.chosen.unit, explanation.prediction.units[i]);
      }
      EXPECT_EQ(step.previous, i > 0 ? explanation.steps[i - 1].chosen.unit : "");
      sum += static_cast<double>(step.chosen.log_probability);
    }
    EXPECT_NEAR(sum, explanation.prediction.log_probability, 1e-4 * std::max(1.0, std::abs(sum)));
  }
}

}  // namespace
}  // namespace attend::predictor
