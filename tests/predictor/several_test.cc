// Tests models that answer together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "small_predictor.h"

namespace attend::predictor {
namespace {

using ::testing::HasSubstr;
using testing::random_model;
using testing::small;

const std::vector<std::string> kUnits{"<pad>", "<unk>", "</s>", "a", "b", "c", " ", "é"};
const std::vector<std::string> kTexts{"abc", "a", "cé ba", "x"};

Predictor together(const std::vector<model::Configuration>& configurations,
                   search::Average average = search::Average::kProbabilities) {
  std::vector<model::Model> models;
  for (const model::Configuration& one : configurations) {
    models.push_back(random_model(one, kUnits));
  }
  LoadOptions options;
  options.average = average;
  return Predictor(std::move(models), options);
}

TEST(Several, CopiesOfAModelAnswerAsTheModel) {
  const Predictor alone(random_model(small(), kUnits));
  PredictOptions options;
  options.search.beam = options.search.n_best = 3;
  const auto expected = alone.predict(kTexts, options);
  for (const auto average : {search::Average::kProbabilities, search::Average::kLogProbabilities}) {
    const Predictor predictor = together({small(), small()}, average);
    EXPECT_EQ(predictor.models(), 2U);
    const auto answers = predictor.predict(kTexts, options);
    for (std::size_t i = 0; i < kTexts.size(); ++i) {
      ASSERT_EQ(answers[i].predictions.size(), expected[i].predictions.size());
      for (std::size_t k = 0; k < expected[i].predictions.size(); ++k) {
        const Prediction& found = answers[i].predictions[k];
        const Prediction& wanted = expected[i].predictions[k];
        EXPECT_EQ(found.text, wanted.text);
        EXPECT_NEAR(found.log_probability, wanted.log_probability, 1e-5);
        ASSERT_EQ(found.alignment.size(), wanted.alignment.size());
        for (std::size_t j = 0; j < wanted.alignment.size(); ++j) {
          EXPECT_NEAR(found.alignment[j], wanted.alignment[j], 1e-6);
        }
      }
    }
  }
}

TEST(Several, OtherDecodersShareTheirTargets) {
  model::Configuration other = small();
  other.decoder.units = 9;
  other.attention.score = "general";
  const Predictor predictor = together({small(), other});
  const Predictor first(random_model(small(), kUnits)), second(random_model(other, kUnits));
  const std::vector<std::string> targets{"ab", "c", "é b", "a"};
  const auto scores = predictor.score(kTexts, targets, {});
  const auto one = first.score(kTexts, targets, {}), two = second.score(kTexts, targets, {});
  for (std::size_t i = 0; i < kTexts.size(); ++i) {
    const auto& found = scores[i].predictions.front().unit_scores;
    for (std::size_t k = 0; k < found.size(); ++k) {
      const double mean = (std::exp(one[i].predictions.front().unit_scores[k]) +
                           std::exp(two[i].predictions.front().unit_scores[k])) /
                          2;
      EXPECT_NEAR(found[k], std::log(mean), 1e-5);
    }
  }
}

TEST(Several, ExplainTheMeanOfTheirSteps) {
  const Predictor predictor = together({small(), small()});
  const Explanation explanation = predictor.explain("abc", {}, 2);
  ASSERT_FALSE(explanation.steps.empty());
  for (const ExplainedStep& step : explanation.steps) {
    EXPECT_EQ(step.alignment.size(), 4U);
    EXPECT_EQ(step.choices.size(), 2U);
    EXPECT_TRUE(step.observations.empty());
  }
}

std::string refusal(std::vector<model::Model> models, const LoadOptions& options = {}) {
  try {
    const Predictor predictor(std::move(models), options);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "none";
}

std::vector<model::Model> two(model::Model a, model::Model b) {
  std::vector<model::Model> models;
  models.push_back(std::move(a));
  models.push_back(std::move(b));
  return models;
}

TEST(Several, ModelsThatDoNotFitAreRefused) {
  std::vector<std::string> units = kUnits;
  std::swap(units[4], units[5]);
  EXPECT_EQ(refusal(two(random_model(small(), kUnits), random_model(small(), units))),
            "model 2 does not fit the first one: source vocabulary: unit 4 is 'c', expected 'b'");
  units = kUnits;
  units.push_back("z");
  EXPECT_EQ(refusal(two(random_model(small(), kUnits), random_model(small(), units))),
            "model 2 does not fit the first one: source vocabulary: found 9 units, expected 8");
  model::Configuration other = small();
  other.target.lowercase = true;
  EXPECT_EQ(refusal(two(random_model(small(), kUnits), random_model(other, kUnits))),
            "model 2 does not fit the first one: target.lowercase: found true, expected false");
  LoadOptions options;
  options.candidates = Candidates::kShortlist;
  EXPECT_THAT(refusal(two(random_model(small(), kUnits), random_model(small(), kUnits)), options),
              HasSubstr("shortlist"));
}

TEST(Several, VocabularyLimitsMayDiffer) {
  model::Configuration other = small();
  other.source.maximum_size = 77;
  EXPECT_EQ(refusal(two(random_model(small(), kUnits), random_model(other, kUnits))), "none");
}

}  // namespace
}  // namespace attend::predictor
