#include "predictor/predictor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/base.h"
#include "small_predictor.h"

namespace attend::predictor {
namespace {

using model::Configuration;
using testing::random_model;
using testing::small;
using testing::small_predictor;

std::vector<std::string> sources() {
  return {"abc", "a", "cé ba", "bbbbbbbbbb", "ab", "c", "éé", "a b c a b c"};
}

TEST(Predictor, ThreadsAndBatchesDoNotChangeAnswersOrTheirOrder) {
  const Predictor predictor = small_predictor();
  const auto texts = sources();
  PredictOptions one_by_one;
  one_by_one.batch_size = 1;
  const auto expected = predictor.predict(texts, one_by_one);
  for (const std::size_t batch_size : {2u, 3u, 100u}) {
    PredictOptions options;
    options.batch_size = batch_size;
    options.threads = 3;
    const auto answers = predictor.predict(texts, options);
    ASSERT_EQ(answers.size(), texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      EXPECT_EQ(answers[i].source.text, texts[i]);
      EXPECT_EQ(answers[i].predictions[0].text, expected[i].predictions[0].text);
      EXPECT_NEAR(answers[i].predictions[0].log_probability,
                  expected[i].predictions[0].log_probability, 1e-4);
    }
  }
}

TEST(Predictor, SpansIndexTheRawTexts) {
  const Predictor predictor = small_predictor();
  const std::vector<std::string> texts{
      "ce\u0301 b"};  // e and a combining accent: one unit after NFC
  const Answer answer = predictor.predict(texts, {}).front();
  ASSERT_EQ(answer.source.units.size(), 4u);
  EXPECT_EQ(answer.source.units[1].text, "é");
  const text::ByteSpan span = answer.source.units[1].span;
  EXPECT_EQ(texts[0].substr(span.begin, span.end - span.begin), "e\u0301");
  const Prediction& best = answer.predictions.front();
  ASSERT_EQ(best.spans.size(), best.units.size());
  for (std::size_t i = 0; i < best.units.size(); ++i) {
    EXPECT_EQ(best.text.substr(best.spans[i].begin, best.spans[i].end - best.spans[i].begin),
              best.units[i]);
  }
}

TEST(Predictor, AlignmentRowsSumToOneOverNamedColumns) {
  const Predictor predictor = small_predictor();
  for (const Answer& answer : predictor.predict(sources(), {})) {
    const Prediction& best = answer.predictions.front();
    const std::size_t columns = answer.source.columns.size();
    EXPECT_EQ(columns, answer.source.units.size() + 1);
    EXPECT_EQ(answer.source.columns.back(), "</s>");
    for (std::size_t i = 0; i < best.units.size(); ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < columns; ++j) sum += best.alignment[i * columns + j];
      EXPECT_NEAR(sum, 1.0, 1e-5);
    }
  }
}

TEST(Predictor, NBestTextsAreDistinctAndSorted) {
  const Predictor predictor = small_predictor();
  PredictOptions options;
  options.search.beam = options.search.n_best = 6;
  for (const Answer& answer : predictor.predict(sources(), options)) {
    std::set<std::string> texts;
    double previous = 1;
    for (const Prediction& prediction : answer.predictions) {
      EXPECT_TRUE(texts.insert(prediction.text).second) << prediction.text;
      EXPECT_LE(prediction.score, previous);
      previous = prediction.score;
    }
  }
}

TEST(Predictor, ForcedScoreEqualsThePredictionsProbability) {
  const Predictor predictor = small_predictor();
  std::size_t compared = 0;
  for (const Answer& answer : predictor.predict(sources(), {})) {
    const Prediction& best = answer.predictions.front();
    if (!best.finished || best.text.empty() || predictor.target_units(best.text) != best.units) {
      continue;  // unfinished, or there are other ways to cut this text (spaces at its ends)
    }
    const std::vector<std::string> source{answer.source.text}, target{best.text};
    const Answer scored = predictor.score(source, target, {}).front();
    EXPECT_NEAR(scored.predictions.front().log_probability, best.log_probability, 1e-4);
    ++compared;
  }
  EXPECT_GT(compared, 0u);
}

// Step i shows the weights of the i steps before it, which sum to 1.
TEST(Predictor, ExplanationShowsTheWeightsOfEarlierSteps) {
  model::Configuration c = testing::small();
  c.decoder.self_attention = model::SelfAttention::kGeneral;
  const Predictor predictor(
      testing::random_model(c, {"<pad>", "<unk>", "</s>", "a", "b", "c", " ", "é"}));
  search::SearchOptions options;
  options.minimum_length = 5;
  const Explanation explanation = predictor.explain("abc", {options}, 3);
  ASSERT_GE(explanation.steps.size(), 5U);
  for (std::size_t i = 0; i < explanation.steps.size(); ++i) {
    const std::span<const float> weights = explanation.steps[i].observed("past");
    ASSERT_EQ(weights.size(), i);
    double sum = 0;
    for (const float weight : weights) sum += weight;
    EXPECT_NEAR(sum, i == 0 ? 0 : 1, 1e-5);
    EXPECT_NEAR(explanation.steps[i].chosen.log_probability, explanation.prediction.unit_scores[i],
                1e-5);
  }
}

TEST(Predictor, ExplanationRepeatsThePrediction) {
  const Predictor predictor = small_predictor();
  const Explanation explanation = predictor.explain("abc", {}, 3);
  const Prediction& prediction = explanation.prediction;
  ASSERT_EQ(explanation.steps.size(), prediction.unit_scores.size());
  const std::size_t columns = explanation.source.columns.size();
  for (std::size_t i = 0; i < explanation.steps.size(); ++i) {
    const ExplainedStep& step = explanation.steps[i];
    EXPECT_NEAR(step.chosen.log_probability, prediction.unit_scores[i], 1e-5);
    EXPECT_EQ(step.choices.size(), 3u);
    if (i >= prediction.units.size()) continue;
    EXPECT_EQ(step.chosen.unit, prediction.units[i]);
    double maximum = -INFINITY, normalizer = 0;
    const auto energies = step.observed("energies");
    ASSERT_EQ(energies.size(), columns);
    EXPECT_FALSE(step.observed("context").empty());
    EXPECT_TRUE(step.observed("contexts").empty());
    for (const float energy : energies) maximum = std::max<double>(maximum, energy);
    for (const float energy : energies) normalizer += std::exp(energy - maximum);
    for (std::size_t j = 0; j < columns; ++j) {
      EXPECT_NEAR(step.alignment[j], std::exp(energies[j] - maximum) / normalizer, 1e-5);
      EXPECT_NEAR(step.alignment[j], prediction.alignment[i * columns + j], 1e-5);
    }
  }
}

// The alignment is the mean of those of the heads, which an explanation shows too.
TEST(Predictor, ExplanationShowsEachHead) {
  model::Configuration c = small();
  model::set_options(c, std::vector<std::string>{"attention.keys=projected", "attention.heads=2",
                                                 "attention.score=scaled-dot"});
  const Predictor predictor(random_model(c, {"<pad>", "<unk>", "</s>", "a", "b", "c"}));
  const Explanation explanation = predictor.explain("abc", {}, 3);
  ASSERT_FALSE(explanation.steps.empty());
  for (const ExplainedStep& step : explanation.steps) {
    const auto first = step.observed("head.1"), second = step.observed("head.2");
    ASSERT_EQ(first.size(), explanation.source.columns.size());
    ASSERT_EQ(second.size(), first.size());
    EXPECT_EQ(step.observed("energy.2").size(), first.size());
    float total = 0;
    for (std::size_t j = 0; j < first.size(); ++j) {
      EXPECT_NEAR(step.alignment[j], (first[j] + second[j]) / 2, 1e-6);
      total += step.alignment[j];
    }
    EXPECT_NEAR(total, 1, 1e-5);
  }
}

TEST(Predictor, UnknownUnitsAreNamed) {
  const Predictor predictor = small_predictor();
  const std::vector<std::string> texts{"aßb"};
  const Answer answer = predictor.predict(texts, {}).front();
  EXPECT_EQ(answer.source.unknown, std::vector<std::string>{"ß"});
}

TEST(Predictor, PaddingIsNeverPredicted) {
  const Predictor predictor = small_predictor();
  PredictOptions options;
  options.search.beam = options.search.n_best = 8;
  for (const Answer& answer : predictor.predict(sources(), options)) {
    for (const Prediction& prediction : answer.predictions) {
      for (const std::string& unit : prediction.units) EXPECT_NE(unit, "<pad>");
    }
  }
}

TEST(Predictor, ExplainsNoTextWithoutAnAnswer) {
  const Predictor predictor = small_predictor();
  EXPECT_THROW(predictor.explain("  ", {}, 3), DataError);
  EXPECT_THROW(predictor.explain("a\xff", {}, 3), DataError);
}

// Decoders that do not look at positions predict, score and explain like others.
TEST(Predictor, AModelWithoutAlignmentAnswersWithoutOne) {
  for (const auto kind : {model::AttentionKind::kFixed, model::AttentionKind::kNone}) {
    Configuration c = small();
    c.attention.kind = kind;
    const Predictor predictor(random_model(c, {"<pad>", "<unk>", "</s>", "a", "b", "c", " ", "é"}));
    std::vector<Answer> answers = predictor.predict(sources(), {});
    const std::vector<std::string> one{"abc"}, target{"cba"};
    answers.push_back(predictor.score(one, target, {}).front());
    for (const Answer& answer : answers) {
      ASSERT_EQ(answer.predictions.size(), 1u);
      EXPECT_TRUE(answer.source.columns.empty());
      EXPECT_TRUE(answer.predictions[0].alignment.empty());
      EXPECT_TRUE(answer.predictions[0].links.empty());
    }
    const Explanation explanation = predictor.explain("abc", {}, 3);
    EXPECT_EQ(explanation.prediction.text, answers[0].predictions[0].text);
    for (const ExplainedStep& step : explanation.steps) EXPECT_TRUE(step.alignment.empty());
  }
}

// ------------------------------------------------------------------- texts without an answer ---

TEST(Predictor, OneBadTextLeavesTheOthersTheirAnswers) {
  const Predictor predictor = small_predictor();
  const std::vector<std::string> texts{"abc", "", " \u3000", "a\xff", "abc"};
  const auto answers = predictor.predict(texts, {});
  ASSERT_EQ(answers.size(), 5u);
  EXPECT_EQ(answers[4].predictions[0].text, answers[0].predictions[0].text);
  for (const std::size_t i : {1u, 2u, 3u}) EXPECT_TRUE(answers[i].predictions.empty());
  EXPECT_EQ(answers[1].problem, "");
  EXPECT_EQ(answers[2].problem, "");
  EXPECT_NE(answers[3].problem.find("UTF-8"), std::string::npos);
}

TEST(Predictor, DroppedAlignmentsChangeNoAnswer) {
  const Predictor predictor = small_predictor();
  PredictOptions options;
  options.search.beam = 3;
  const auto kept = predictor.predict(sources(), options);
  options.search.alignments = search::Alignments::kDropped;
  const auto dropped = predictor.predict(sources(), options);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    EXPECT_EQ(dropped[i].predictions[0].text, kept[i].predictions[0].text);
    EXPECT_EQ(dropped[i].predictions[0].log_probability, kept[i].predictions[0].log_probability);
    EXPECT_EQ(kept[i].predictions[0].alignment.empty(), kept[i].predictions[0].units.empty());
    EXPECT_TRUE(dropped[i].predictions[0].alignment.empty());
    EXPECT_TRUE(dropped[i].predictions[0].links.empty());
    EXPECT_TRUE(dropped[i].source.columns.empty());
  }
}

TEST(Predictor, GivenTargetsKeepTheirBytesAndTellTheirUnknownUnits) {
  const Predictor predictor = small_predictor();
  const std::vector<std::string> from{"abc", "abc", "", "abc"}, to{"a  e\u0301x", "", "a", "\xff"};
  const auto answers = predictor.score(from, to, {});
  const Prediction& given = answers[0].predictions.at(0);
  EXPECT_EQ(given.text, to[0]);
  EXPECT_EQ(given.units, (std::vector<std::string>{"a", " ", "é", "x"}));
  EXPECT_EQ(given.unknown, std::vector<std::string>{"x"});
  const std::vector<text::ByteSpan> spans{{0, 1}, {1, 3}, {3, 6}, {6, 7}};
  EXPECT_EQ(given.spans, spans);
  for (const std::size_t i : {1u, 2u, 3u}) EXPECT_TRUE(answers[i].predictions.empty());
  EXPECT_EQ(answers[1].problem + answers[2].problem, "");
  EXPECT_NE(answers[3].problem, "");
}

TEST(Predictor, ScoresAnEmptyTargetOfAModelThatLearntThem) {
  Configuration configuration = small();
  configuration.training.allow_empty_targets = true;
  const Predictor predictor(
      random_model(configuration, {"<pad>", "<unk>", "</s>", "a", "b", "c", " ", "é"}));
  const std::vector<std::string> from{"abc", "abc"}, to{"", " \u3000"};
  const auto answers = predictor.score(from, to, {});
  for (const Answer& answer : answers) {
    const Prediction& empty = answer.predictions.at(0);
    EXPECT_EQ(empty.units.size(), 0u);
    EXPECT_LT(empty.log_probability, 0.0);
    EXPECT_EQ(empty.unit_scores.size(), 1u) << "</s> alone";
  }
}

// --------------------------------------------------------------------------- long sources ---

Answer predict_long(const std::string& text, std::size_t limit, LongSources choice) {
  PredictOptions options;
  options.maximum_source_length = limit;
  options.long_sources = choice;
  return small_predictor().predict(std::span(&text, 1), options).front();
}

TEST(LongSources, AreCutToTheLimitOrSkipped) {
  const Answer cut = predict_long("abcabc", 4, LongSources::kCut);
  EXPECT_EQ(cut.source.units.size(), 4u);
  EXPECT_EQ(cut.source.left_out, 2u);
  EXPECT_EQ(cut.predictions.at(0).text,
            predict_long("abca", 4, LongSources::kCut).predictions.at(0).text);
  EXPECT_EQ(predict_long("abca", 4, LongSources::kCut).source.left_out, 0u);
  const Answer skipped = predict_long("abcabc", 4, LongSources::kSkip);
  EXPECT_TRUE(skipped.predictions.empty());
  EXPECT_EQ(skipped.problem, "a source of 6 units, expected at most 4");
}

TEST(LongSources, InPartsAreAnsweredLikeTheirParts) {
  const std::string text = "ab! ca b! c";
  const Answer answer = predict_long(text, 6, LongSources::kSplit);
  EXPECT_EQ(answer.source.parts, 3u);
  EXPECT_EQ(answer.source.units.size(), 11u);
  ASSERT_EQ(answer.predictions.size(), 1u);
  const Prediction& whole = answer.predictions[0];
  const Predictor predictor = small_predictor();
  std::string expected;
  double log_probability = 0;
  std::vector<std::pair<std::size_t, std::size_t>> links;
  std::size_t first_unit = 0, targets = 0;
  for (const std::string& part : std::vector<std::string>{"ab!", "ca b!", "c"}) {
    const Prediction alone = predictor.predict(std::span(&part, 1), {}).front().predictions.at(0);
    expected += (expected.empty() || alone.text.empty() ? "" : " ") + alone.text;
    log_probability += alone.log_probability;
    for (const auto& [j, i] : alone.links) links.emplace_back(first_unit + j, targets + i);
    first_unit += part.size() + 1;
    targets += alone.units.size();
  }
  EXPECT_EQ(whole.text, expected);
  EXPECT_NEAR(whole.log_probability, log_probability, 1e-4);
  EXPECT_EQ(whole.links, links);
  ASSERT_EQ(answer.source.columns.size(), 12u) << "each part ends in </s>, blanks between are left";
  ASSERT_EQ(whole.alignment.size(), whole.units.size() * 12);
  for (std::size_t i = 0; i < whole.units.size(); ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < 12; ++j) sum += whole.alignment[i * 12 + j];
    EXPECT_NEAR(sum, 1.0, 1e-5);
    const text::ByteSpan span = whole.spans[i];
    EXPECT_EQ(whole.text.substr(span.begin, span.end - span.begin), whole.units[i]);
  }
}

TEST(LongSources, InPartsRepeatTheLeadingTagAndCutWhatHasNoSentence) {
  const Answer tagged = predict_long("<fr> abcabcab", 3, LongSources::kSplit);
  EXPECT_EQ(tagged.source.parts, 3u);
  // <fr> a b c </s> | <fr> a b c </s> | <fr> a b </s>
  EXPECT_EQ(tagged.source.columns,
            (std::vector<std::string>{"<fr>", "a", "b", "c", "</s>", "<fr>", "a", "b", "c", "</s>",
                                      "<fr>", "a", "b", "</s>"}));
  for (const auto& [j, i] : tagged.predictions.at(0).links) EXPECT_LT(j, 9u);
}

// The labels of two parts would be put together to a label that the model does not know.
TEST(LongSources, AreNotAnsweredInPartsByAModelOfLabels) {
  Configuration c = small();
  c.target.unit = model::UnitChoice::kWhole;
  const Predictor predictor(random_model(c, {"<pad>", "<unk>", "</s>", "a", "b", "c"}));
  const std::string text = "ab! ca";
  PredictOptions options;
  options.maximum_source_length = 3;
  options.long_sources = LongSources::kSplit;
  EXPECT_THROW(predictor.predict(std::span(&text, 1), options), UsageError);
  for (const LongSources choice : {LongSources::kCut, LongSources::kSkip}) {
    options.long_sources = choice;
    EXPECT_NO_THROW(predictor.predict(std::span(&text, 1), options));
  }
}

}  // namespace
}  // namespace attend::predictor
