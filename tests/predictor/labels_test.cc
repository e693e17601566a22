#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/base.h"
#include "predictor/predictor.h"
#include "small_predictor.h"

namespace attend::predictor {
namespace {

using testing::random_model;
using testing::small;
using testing::small_label_units;
using testing::small_labels;

Predictor label_predictor() { return Predictor(random_model(small_labels(), small_label_units())); }

std::vector<std::string> sources() { return {"abc", "a", "", "cc ba", "a\xff", "bbbbbbbbbb", " "}; }

TEST(PredictedLabels, AreThoseOfPredict) {
  const Predictor predictor = label_predictor();
  const auto texts = sources();
  const auto expected = predictor.predict(texts, {});
  for (const std::size_t batch_size : {1U, 2U, 32U}) {
    PredictOptions options;
    options.batch_size = batch_size;
    options.threads = 2;
    const LabelAnswers labels = predictor.predict_labels(texts, options);
    ASSERT_EQ(labels.answers.size(), texts.size());
    ASSERT_EQ(labels.log_probabilities.size(), texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      EXPECT_EQ(labels.answers[i].source.text, texts[i]);
      EXPECT_EQ(labels.answers[i].problem, expected[i].problem);
      ASSERT_EQ(labels.answers[i].predictions.size(), expected[i].predictions.size()) << i;
      EXPECT_EQ(labels.log_probabilities[i].empty(), expected[i].predictions.empty()) << i;
      if (expected[i].predictions.empty()) continue;
      EXPECT_EQ(labels.answers[i].predictions[0].text, expected[i].predictions[0].text);
      EXPECT_NEAR(labels.answers[i].predictions[0].log_probability,
                  expected[i].predictions[0].log_probability, 1e-5);
    }
  }
  EXPECT_EQ(expected[4].predictions.size(), 0U);  // broken UTF-8
  EXPECT_EQ(expected[0].predictions.size(), 1U);
}

TEST(PredictedLabels, HaveTheProbabilitiesThatScoringGives) {
  const Predictor predictor = label_predictor();
  const std::vector<std::string> texts = {"abc", "cc ba"};
  const LabelAnswers labels = predictor.predict_labels(texts, {});
  const text::Vocabulary& vocabulary = predictor.text().target.vocabulary;
  for (const char* label : {"a", "c", "very good"}) {
    const std::vector<std::string> targets(2, label);
    const auto scored = predictor.score(texts, targets, {});
    const auto id = static_cast<std::size_t>(vocabulary.id(label).value());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      EXPECT_NEAR(labels.log_probabilities[i][id], scored[i].predictions.at(0).log_probability,
                  1e-5);
    }
  }
  for (const auto& row : labels.log_probabilities) {
    ASSERT_EQ(row.size(), vocabulary.size());
    EXPECT_EQ(row[0], -INFINITY);  // <pad> and </s> are never answers
    EXPECT_EQ(row[2], -INFINITY);
    EXPECT_TRUE(std::isfinite(row[1]));
  }
}

TEST(PredictedLabels, NeedAModelOfOneLabel) {
  const std::vector<std::string> texts = {"abc"};
  EXPECT_THROW(testing::small_predictor().predict_labels(texts, {}), UsageError);
  EXPECT_TRUE(answers_with_one_label(small_labels()));
  EXPECT_FALSE(answers_with_one_label(small()));
  model::Configuration with_end = small_labels();
  with_end.target.end_token = true;
  EXPECT_FALSE(answers_with_one_label(with_end));
  PredictOptions split;
  split.long_sources = LongSources::kSplit;
  EXPECT_THROW(label_predictor().predict_labels(texts, split), UsageError);
}

}  // namespace
}  // namespace attend::predictor
