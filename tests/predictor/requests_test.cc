// Tests what may be asked of predictions: prefixes, phrases, forbidden texts, drawn targets, and
// what becomes of <unk>.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <functional>

#include "small_predictor.h"
#include "testing.h"

namespace attend::predictor {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using testing::small_predictor;
using ::testing::StartsWith;

const std::vector<std::string> kTexts{"abc", "a", "cé ba"};

std::vector<TargetRequest> for_all(const TargetRequest& request) {
  return std::vector<TargetRequest>(kTexts.size(), request);
}

TEST(Requests, PrefixesAndPhrasesAreInTheText) {
  const Predictor predictor = small_predictor();
  for (const int beam : {1, 4}) {
    PredictOptions options;
    options.search.beam = options.search.n_best = beam;
    const auto answers = predictor.predict(kTexts, options, {}, for_all({"éa", {"bb", "cab"}}));
    for (const Answer& answer : answers) {
      ASSERT_THAT(answer.predictions, Not(IsEmpty())) << answer.problem;
      for (const Prediction& prediction : answer.predictions) {
        EXPECT_THAT(prediction.text, StartsWith("éa"));
        EXPECT_THAT(prediction.text, HasSubstr("bb"));
        EXPECT_THAT(prediction.text, HasSubstr("cab"));
      }
    }
  }
}

TEST(Requests, ForbiddenTextsAreNot) {
  const Predictor predictor = small_predictor();
  for (const Answer& answer : predictor.predict(kTexts, {})) {
    const std::string text = answer.predictions.front().text;
    ASSERT_GE(text.size(), 3U);
    PredictOptions options;
    options.forbidden = {answer.predictions.front().units[0] + answer.predictions.front().units[1]};
    const Answer other = predictor.predict(std::vector{answer.source.text}, options).front();
    EXPECT_THAT(other.predictions.front().text, Not(HasSubstr(options.forbidden[0])));
  }
}

TEST(Requests, ThatCannotBeMetAreProblemsOfTheirLines) {
  const Predictor predictor = small_predictor();
  const auto problem = [&](const TargetRequest& request) {
    PredictOptions options;
    options.search.maximum_length = 20;
    const std::vector<TargetRequest> requests{{}, request, {}};
    const auto answers = predictor.predict(kTexts, options, {}, requests);
    EXPECT_THAT(answers[0].predictions, SizeIs(1));
    EXPECT_THAT(answers[1].predictions, IsEmpty());
    EXPECT_THAT(answers[2].predictions, SizeIs(1));
    return answers[1].problem;
  };
  EXPECT_EQ(problem({"aX", {}}), "prefix 'aX': the model cannot write 'X'");
  EXPECT_EQ(problem({"", {"b", "Y"}}), "required phrase 'Y': the model cannot write 'Y'");
  EXPECT_THAT(problem({"a\xff", {}}), StartsWith("prefix: byte 2"));
  EXPECT_EQ(problem({std::string(21, 'a'), {}}), "a prefix of 21 units, expected at most 20");
  EXPECT_EQ(problem({"", {std::string(21, 'a')}}), "found no target with all required phrases");
  EXPECT_EQ(problem({"", std::vector<std::string>(9, "a")}),
            "9 required phrases, expected at most 8");
}

// The penalty of --coverage is over the units of the source and all steps, that of </s> included.
TEST(Requests, CoverageCountsUnitsAlone) {
  const Predictor predictor = small_predictor();
  PredictOptions options;
  options.search.beam = 3;
  options.search.coverage = 0.5;
  options.search.length_normalisation = 0;
  std::size_t ended = 0;
  for (const Answer& answer : predictor.predict(kTexts, options)) {
    const Prediction& found = answer.predictions.front();
    if (!found.finished) continue;
    ++ended;
    const Answer scored =
        predictor.score(std::vector{answer.source.text}, std::vector{found.text}, {})[0];
    std::vector<float> weights = scored.predictions.front().alignment;
    const std::vector<float>& last = scored.predictions.front().end_alignment;
    weights.insert(weights.end(), last.begin(), last.end());
    const std::size_t columns = answer.source.columns.size();
    double expected = found.log_probability;
    for (std::size_t j = 0; j < answer.source.units.size(); ++j) {
      double sum = 0;
      for (std::size_t i = j; i < weights.size(); i += columns) {
        sum += static_cast<double>(weights[i]);
      }
      expected += 0.5 * std::log(std::min(1.0, sum));
    }
    EXPECT_NEAR(found.score, expected, 1e-4);
  }
  EXPECT_GT(ended, 0U);
}

TEST(Requests, NeedASourceInOnePart) {
  const Predictor predictor = small_predictor();
  PredictOptions options;
  options.maximum_source_length = 4;
  options.long_sources = LongSources::kSplit;
  const std::vector<std::string> texts{"abc abc abc"};
  const std::vector<TargetRequest> asked{{"a", {}}}, none{{}};
  EXPECT_EQ(predictor.predict(texts, options, {}, asked)[0].problem,
            "a source in 3 parts; a prefix and required phrases need one part");
  EXPECT_THAT(predictor.predict(texts, options, {}, none)[0].predictions, SizeIs(1));
}

TEST(Requests, ForbiddenTextsMustHaveUnits) {
  const Predictor predictor = small_predictor();
  PredictOptions options;
  options.forbidden = {"a", " "};
  EXPECT_THROW(predictor.predict(kTexts, options), UsageError);
  options.forbidden = {"aX"};
  EXPECT_THROW(predictor.predict(kTexts, options), UsageError);
}

TEST(Requests, AreCheckedBeforeATextIsRead) {
  const Predictor predictor = small_predictor();
  const auto message = [](const std::function<void()>& call) -> std::string {
    try {
      call();
    } catch (const UsageError& error) {
      return error.what();
    }
    return "none";
  };
  const auto text = [&](const std::string& given) {
    return message([&] { predictor.check_target_text("--prefix", given); });
  };
  EXPECT_EQ(predictor.check_target_text("--prefix", "ab c"), 4U);
  EXPECT_EQ(predictor.check_target_text("--prefix", " "), 0U);
  EXPECT_EQ(text("aX"), "--prefix 'aX': the model cannot write 'X'");
  EXPECT_THAT(text("a\xff"), StartsWith("--prefix: byte 2"));
  PredictOptions options;
  const auto refused = [&] { return message([&] { predictor.check(options); }); };
  EXPECT_EQ(refused(), "none");
  options.forbidden = {" "};
  EXPECT_EQ(refused(), "forbidden text ' ': found no unit");
  options.forbidden = {"aX"};
  EXPECT_EQ(refused(), "forbidden text 'aX': the model cannot write 'X'");
  options.forbidden.clear();
  options.search.beam = 2000;
  EXPECT_THAT(refused(), StartsWith("beam: found 2000"));
}

std::vector<std::string> texts_of(const std::vector<Answer>& answers) {
  std::vector<std::string> texts;
  for (const Answer& answer : answers) {
    for (const Prediction& prediction : answer.predictions) texts.push_back(prediction.text);
  }
  return texts;
}

TEST(Sampling, DoesNotDependOnThreadsAndBatches) {
  const Predictor predictor = small_predictor();
  std::vector<std::string> texts;
  std::vector<TargetRequest> requests(40);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    texts.push_back(kTexts[i % kTexts.size()]);
    requests[i].stream = i;
  }
  PredictOptions options;
  options.search.sampling = search::Sampling{};
  options.search.n_best = 3;
  options.batch_size = 1;
  const auto expected = texts_of(predictor.predict(texts, options, {}, requests));
  EXPECT_THAT(expected, SizeIs(120));
  for (const std::size_t batch_size : {3u, 100u}) {
    options.batch_size = batch_size;
    options.threads = 4;
    EXPECT_EQ(texts_of(predictor.predict(texts, options, {}, requests)), expected);
  }
  options.search.sampling->seed = 2;
  EXPECT_NE(texts_of(predictor.predict(texts, options, {}, requests)), expected);
}

TEST(Sampling, KeepsEqualTexts) {
  const Predictor predictor = small_predictor();
  PredictOptions options;
  options.search.sampling = search::Sampling{1, 1};  // of one token there is one choice
  options.search.n_best = 4;
  for (const Answer& answer : predictor.predict(kTexts, options)) {
    ASSERT_THAT(answer.predictions, SizeIs(4));
    for (const Prediction& prediction : answer.predictions) {
      EXPECT_EQ(prediction.text, answer.predictions.front().text);
    }
  }
}

// <unk> is likely: its logit has a large bias.
Predictor saying_unknown(const model::Configuration& configuration = testing::small()) {
  model::Model model =
      testing::random_model(configuration, {"<pad>", "<unk>", "</s>", "a", "b", "c", " ", "é"});
  auto values = std::make_shared<std::vector<float>>();
  const model::TensorView& bias = model.weights.get("output.bias");
  values->assign(bias.values.begin(), bias.values.end());
  values->at(1) += 6;
  std::map<std::string, model::TensorView> tensors = model.weights.tensors();
  tensors["output.bias"].values = *values;
  const auto owner = std::make_shared<std::pair<model::Weights, std::shared_ptr<const void>>>(
      model.weights, values);
  model.weights = model::Weights(std::move(tensors), owner);
  return Predictor(std::move(model));
}

TEST(Unknown, IsWrittenForbiddenOrReplaced) {
  const Predictor predictor = saying_unknown();
  const std::vector<std::string> texts{"xyz", "a x"};
  PredictOptions options;
  options.search.maximum_length = 8;
  std::size_t written = 0;
  const auto as_they_are = predictor.predict(texts, options);
  options.unknown = UnknownUnits::kForbidden;
  const auto forbidden = predictor.predict(texts, options);
  options.unknown = UnknownUnits::kReplaced;
  const auto replaced = predictor.predict(texts, options);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const Prediction& before = as_they_are[i].predictions.front();
    const Prediction& after = replaced[i].predictions.front();
    EXPECT_THAT(forbidden[i].predictions.front().units, Not(Contains("<unk>")));
    ASSERT_EQ(after.units.size(), before.units.size());
    const std::size_t columns = as_they_are[i].source.columns.size();
    for (std::size_t k = 0; k < before.units.size(); ++k) {
      if (before.units[k] != "<unk>") {
        EXPECT_EQ(after.units[k], before.units[k]);
        continue;
      }
      ++written;
      const auto row = before.alignment.begin() + static_cast<std::ptrdiff_t>(k * columns);
      const auto best = std::max_element(row, row + static_cast<std::ptrdiff_t>(columns - 1)) - row;
      EXPECT_EQ(after.units[k], as_they_are[i].source.units[static_cast<std::size_t>(best)].text);
    }
    EXPECT_EQ(after.alignment, before.alignment);
    EXPECT_EQ(after.log_probability, before.log_probability);
  }
  EXPECT_GT(written, 4U);
}

TEST(Unknown, IsReplacedWhereNoAlignmentIsKept) {
  const Predictor predictor = saying_unknown();
  PredictOptions options;
  options.unknown = UnknownUnits::kReplaced;
  const auto kept = predictor.predict(kTexts, options);
  options.search.alignments = search::Alignments::kDropped;
  const auto dropped = predictor.predict(kTexts, options);
  for (std::size_t i = 0; i < kTexts.size(); ++i) {
    EXPECT_EQ(dropped[i].predictions.front().text, kept[i].predictions.front().text);
    EXPECT_THAT(dropped[i].predictions.front().alignment, IsEmpty());
    EXPECT_THAT(dropped[i].predictions.front().links, IsEmpty());
  }
}

TEST(Unknown, OfAModelWithoutAlignmentCannotBeReplaced) {
  model::Configuration c = testing::small();
  c.attention.kind = model::AttentionKind::kNone;
  const Predictor predictor = saying_unknown(c);
  PredictOptions options;
  options.unknown = UnknownUnits::kReplaced;
  EXPECT_THROW(predictor.predict(kTexts, options), UsageError);
}

TEST(Dictionary, TranslatesRawWordsThenUnits) {
  const attend::testing::TemporaryFolder folder;
  const auto file = folder / "words.tsv";
  std::ofstream(file) << "Haus\thouse\nder\tthe\n\nbaum\ta tree\n";
  const Dictionary dictionary = Dictionary::load(file);
  // The model sees lower-cased units.
  const std::vector<text::Unit> units{{"das", {0, 3}}, {"haus", {4, 8}}, {"baum", {9, 13}}};
  std::vector<std::string> target{"<unk>", "x", "<unk>", "<unk>", "<unk>"};
  const std::vector<float> weights{0.1F, 0.8F, 0.0F, 0.1F, 1,    0,    0, 0, 0, 0,
                                   0.5F, 0.5F, 0.6F, 0.2F, 0.2F, 0.0F, 0, 0, 0, 1};
  replace_unknown({"das Haus Baum", units, weights, 4}, &dictionary, text::UnitMode::kWords,
                  target);
  EXPECT_EQ(target, (std::vector<std::string>{"house", "x", "a tree", "das", "<unk>"}));
}

TEST(Dictionary, KeepsTheBoundaryOfSubwords) {
  const std::vector<text::Unit> units{{"▁Sa", {0, 2}}, {"ki", {2, 4}}};
  const std::vector<float> weights{1, 0, 0, 1};
  std::vector<std::string> target{"<unk>", "<unk>"};
  replace_unknown({"Saki", units, weights, 2}, nullptr, text::UnitMode::kSubwords, target);
  EXPECT_EQ(target, (std::vector<std::string>{"▁Sa", "ki"}));
}

TEST(Dictionary, NamesBadLines) {
  const attend::testing::TemporaryFolder folder;
  const auto file = folder / "words.tsv";
  const auto message = [&](const std::string& text) {
    std::ofstream(file) << text;
    try {
      Dictionary::load(file);
    } catch (const DataError& error) {
      return std::string(error.what()).substr(file.string().size());
    }
    return std::string("none");
  };
  EXPECT_EQ(message("a\tb\nc\n"),
            ":2: found 1 field, expected a source word, a TAB and its target");
  EXPECT_EQ(message("a\tb\tc\n"),
            ":1: found 3 fields, expected a source word, a TAB and its target");
  EXPECT_EQ(message("a\tb\na\tc\n"), ":2: the source word 'a' stands here for a second time");
  EXPECT_EQ(message("a\t\n"),
            ":1: found nothing behind the TAB, expected a source word, a TAB and its target");
  EXPECT_EQ(
      message("\tb\n"),
      ":1: found no source word before the TAB, expected a source word, a TAB and its target");
}

// One of several drawn targets is the most probable one, and it need not be the first.
TEST(Sampling, WithheldIsTheLargestProbability) {
  const Predictor predictor = small_predictor();
  PredictOptions options;
  options.search.sampling = search::Sampling{3};
  options.search.n_best = 8;
  std::size_t later = 0;
  const auto drawn = predictor.predict(kTexts, options);
  options.minimum_probability = 1;
  const auto withheld = predictor.predict(kTexts, options);
  for (std::size_t i = 0; i < kTexts.size(); ++i) {
    double largest = 0;
    for (const Prediction& one : drawn[i].predictions) {
      largest = std::max(largest, std::exp(one.log_probability));
    }
    later += std::exp(drawn[i].predictions.front().log_probability) < largest ? 1 : 0;
    ASSERT_TRUE(withheld[i].withheld);
    EXPECT_DOUBLE_EQ(*withheld[i].withheld, largest);
  }
  EXPECT_GT(later, 0U);
}

// What the model is asked to write says nothing of how sure it is of the rest.
TEST(Confidence, LeavesOutAGivenPrefix) {
  const Predictor predictor = small_predictor();
  for (const bool draws : {false, true}) {
    PredictOptions options;
    if (draws) options.search.sampling = search::Sampling{};
    const auto answers = predictor.predict(kTexts, options, {}, for_all({"éa", {}}));
    for (std::size_t i = 0; i < kTexts.size(); ++i) {
      const Prediction& one = answers[i].predictions.front();
      double rest = 0;
      for (std::size_t k = 2; k < one.unit_scores.size(); ++k) {
        rest += static_cast<double>(one.unit_scores[k]);
      }
      EXPECT_NEAR(one.rest_log_probability, rest, 1e-6);
      EXPECT_LT(one.log_probability, rest - 0.01);
      EXPECT_EQ(one.confidence.has_value(), one.finished);
      EXPECT_NEAR(one.confidence.value_or(std::exp(rest)), std::exp(rest), 1e-6);
      options.minimum_probability = (std::exp(rest) + std::exp(one.log_probability)) / 2;
      const std::vector<std::string> text{kTexts[i]};
      const std::vector<TargetRequest> request{{"éa", {}}};
      EXPECT_THAT(predictor.predict(text, options, {}, request)[0].predictions, SizeIs(1));
      options.minimum_probability = std::min(1.0, std::exp(rest) * 1.01);
      EXPECT_NEAR(predictor.predict(text, options, {}, request)[0].withheld.value_or(0),
                  std::exp(rest), 1e-6);
      options.minimum_probability = 0;
    }
  }
}

TEST(Confidence, IsMissingWhereATargetIsNotFinished) {
  const Predictor predictor = small_predictor();
  PredictOptions options;
  options.search.no_repeat = 1;
  options.search.minimum_length = 30;
  for (const Answer& answer : predictor.predict(kTexts, options)) {
    EXPECT_TRUE(answer.predictions.front().dead_end);
    EXPECT_FALSE(answer.predictions.front().finished);
    EXPECT_FALSE(answer.predictions.front().confidence);
  }
  options.search.no_repeat = 0;
  options.search.minimum_length = options.search.maximum_length = 4;
  std::size_t cut = 0;
  for (const Answer& answer : predictor.predict(kTexts, options)) {
    const Prediction& one = answer.predictions.front();
    EXPECT_FALSE(one.dead_end);
    EXPECT_EQ(one.confidence.has_value(), one.finished);
    cut += one.finished ? 0 : 1;
  }
  EXPECT_GT(cut, 0U);
}

TEST(Confidence, IsTheProbabilityAtTheTemperatureOfLines) {
  model::Configuration c = testing::small();
  c.decoder.line_temperature = 2.5;
  const Predictor predictor(
      testing::random_model(c, {"<pad>", "<unk>", "</s>", "a", "b", "c", " ", "é"}));
  for (const Answer& answer : predictor.predict(kTexts, {})) {
    const Prediction& one = answer.predictions.front();
    EXPECT_EQ(one.confidence.has_value(), one.finished);
    const double expected = std::exp(one.log_probability / 2.5);
    EXPECT_NEAR(one.confidence.value_or(expected), expected, 1e-12);
  }
}

}  // namespace
}  // namespace attend::predictor
