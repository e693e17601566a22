// Tests guided attention in training: allowed positions and links of the data, resuming, and the
// losses that are reported. Needs no libtorch.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "base/base.h"
#include "predictor/predictor.h"
#include "testing.h"
#include "train/data.h"
#include "train/train.h"

namespace attend::train {
namespace {

using attend::testing::read_file;
using attend::testing::TemporaryFolder;
using attend::testing::write_file;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class GuidedData : public ::testing::Test {
 protected:
  GuidedData() {
    options.pairs.tsv = files / "pairs.tsv";
    set_units(model::UnitChoice::kWords);
  }

  void set_units(model::UnitChoice unit) {
    options.configuration.source.unit = options.configuration.target.unit = unit;
  }

  Dataset prepare(const std::string& pairs) {
    write_file(options.pairs.tsv, pairs);
    return prepare_data(options, std::nullopt);
  }

  std::string error_of(const std::string& pairs) {
    try {
      prepare(pairs);
    } catch (const Error& error) {
      code = error.code();
      return error.what();
    }
    return "no error";
  }

  TemporaryFolder files;
  TrainOptions options;
  ExitCode code = ExitCode::kSuccess;
};

// All training examples and validation examples of a data set.
std::vector<model::Example> all_examples(const Dataset& data) {
  std::vector<model::Example> examples = data.training;
  examples.insert(examples.end(), data.validation.begin(), data.validation.end());
  return examples;
}

TEST_F(GuidedData, AColumnClosesAllOtherTokens) {
  options.pairs.marks.allowed_column = 3;
  for (const model::Example& example : all_examples(prepare("a b c\tx\t0,2\nd e f\ty\t0,2\n"))) {
    EXPECT_THAT(example.source.allowed, ElementsAre(1, 0, 1, 0));  // the last one is </s>
    EXPECT_THAT(example.links, IsEmpty());
  }
}

TEST_F(GuidedData, MarkersCloseAllOtherTokens) {
  options.pairs.marks.span_markup = true;
  set_units(model::UnitChoice::kCharacters);
  const Dataset data = prepare("<span>a</span> b\tx\n<span>c</span> d\ty\n");
  for (const model::Example& example : all_examples(data)) {
    EXPECT_THAT(example.source.allowed, ElementsAre(1, 0, 0, 0));
  }
  EXPECT_FALSE(data.text.source.vocabulary.contains("<"));
}

TEST_F(GuidedData, WithoutMarksNothingIsClosed) {
  for (const model::Example& example : all_examples(prepare("a b\tx\nc d\ty\n"))) {
    EXPECT_THAT(example.source.allowed, IsEmpty());
  }
}

TEST_F(GuidedData, PaddingThatTheModelSeesIsClosed) {
  options.pairs.marks.allowed_column = 3;
  options.configuration.encoder.padding = model::Padding::kVisible;
  options.configuration.source.fixed_length = 5;
  for (const model::Example& example : all_examples(prepare("a b c\tx\t1\nd e f\ty\t1\n"))) {
    EXPECT_THAT(example.source.allowed, ElementsAre(0, 1, 0, 0, 0));
  }
}

TEST_F(GuidedData, ASourceWithoutAPositionIsBadData) {
  options.pairs.marks.allowed_column = 3;
  options.configuration.source.remove = ",";
  const std::string good = "a b\tx\t0\nc d\ty\t1\n";
  EXPECT_THAT(error_of(good + "a , b\tx\t1\n"),
              HasSubstr("pairs.tsv:3: attention may look at no unit of the source"));
  EXPECT_EQ(code, ExitCode::kData);
  EXPECT_THAT(error_of(good + "a\tx\t1\n"), HasSubstr("pairs.tsv:3: '1' points beyond"));
  EXPECT_THAT(error_of(good + "a\tx\n"), HasSubstr("pairs.tsv:3: 2 fields"));
  const Dataset clean = prepare(good);
  options.on_error = OnError::kSkip;
  const Dataset skipped = prepare("q , r\tx\t1\n" + good + "a\tx\t7\n");
  EXPECT_THAT(skipped.messages, Contains("2 pairs left out"));
  EXPECT_EQ(skipped.fingerprint, clean.fingerprint);
  EXPECT_TRUE(skipped.text.source.vocabulary == clean.text.source.vocabulary);
}

// Only the first tokens of a source remain.
TEST_F(GuidedData, ASourceThatIsCutBeforeItsPositionsIsBadData) {
  options.pairs.marks.allowed_column = 3;
  options.configuration.source.fixed_length = 2;
  EXPECT_THAT(error_of("a b c\tx\t0\na b c\tx\t2\n"),
              HasSubstr("pairs.tsv:2: attention may look at no unit of the source"));
}

// The location score looks at the first positions only.
TEST_F(GuidedData, ASourceThatIsLookedAtBeforeItsPositionsIsBadData) {
  options.pairs.marks.allowed_column = 3;
  options.configuration.attention.score = "location";
  options.configuration.attention.maximum_source = 2;
  EXPECT_THAT(
      error_of("a b c\tx\t0\nd e f\tx\t1-2\ng h i\tx\t2\n"),
      HasSubstr("pairs.tsv:3: attention may look at none of the first 2 units of the source"));
  EXPECT_EQ(code, ExitCode::kData);
  options.on_error = OnError::kSkip;
  EXPECT_EQ(all_examples(prepare("a b c\tx\t0\nd e f\tx\t1-2\ng h i\tx\t2\n")).size(), 2U);
}

TEST_F(GuidedData, ValidationPairsHaveMarksToo) {
  options.pairs.marks.allowed_column = 3;
  options.validation = text::CorpusFiles{files / "valid.tsv", {}, {}, options.pairs.marks};
  write_file(files / "valid.tsv", "a b\tx\t1\n");
  const Dataset data = prepare("a b\tx\t0\n");
  EXPECT_THAT(data.training.at(0).source.allowed, ElementsAre(1, 0, 0));
  EXPECT_THAT(data.validation.at(0).source.allowed, ElementsAre(0, 1, 0));
  EXPECT_EQ(data.validation_pairs.at(0).target, "x");
}

TEST_F(GuidedData, PositionsBelongToTheFingerprint) {
  options.pairs.marks.allowed_column = 3;
  const auto fingerprint_of = [&](const std::string& words) {
    return prepare("a b\tx\t" + words + "\nc d\ty\t0\n").fingerprint;
  };
  EXPECT_NE(fingerprint_of("0"), fingerprint_of("1"));
  EXPECT_EQ(fingerprint_of("0-1"), fingerprint_of("0-1,1"));
}

TEST_F(GuidedData, LinksGuideTrainingAndNotValidation) {
  options.links = files / "links";
  write_file(options.links, "1-0\n1-0\n1-0\n");
  const Dataset data = prepare("a b\tx\nc d\ty\ne f\tz\n");
  for (const model::Example& example : data.training) {
    EXPECT_THAT(example.links, ElementsAre(model::Link{1, 0}));
  }
  for (const model::Example& example : data.validation) EXPECT_THAT(example.links, IsEmpty());
  EXPECT_THAT(data.messages, Contains("2 of 2 training pairs have links"));
}

TEST_F(GuidedData, LinksFollowTheMarksOfTheirPair) {
  options.links = files / "links";
  options.pairs.marks.span_markup = true;
  write_file(options.links, "0-0 2-0\n0-0 2-0\n");
  const Dataset data = prepare("a <span>b c</span>\tx\nd <span>e f</span>\ty\n");
  EXPECT_THAT(data.training.at(0).links, ElementsAre(model::Link{2, 0}));
}

// --------------------------------------------------------------------------------- training ---

// Trains a small model whose targets repeat their sources.
class GuidedTraining : public ::testing::Test {
 protected:
  GuidedTraining() {
    Random random(3);
    std::string pairs, links;
    for (int i = 0; i < 200; ++i) {
      std::string text, line;
      for (std::uint64_t k = 0, length = 2 + random.below(4); k < length; ++k) {
        text += (k == 0 ? "" : " ") + std::string(1, static_cast<char>('a' + random.below(5)));
        // Every target word is linked to the first source word, which nothing else asks for.
        line += (k == 0 ? "0-" : " 0-") + std::to_string(k);
      }
      pairs += text + "\t" + text + "\n";
      links += line + "\n";
    }
    options.pairs.tsv = files / "pairs.tsv";
    write_file(options.pairs.tsv, pairs);
    write_file(files / "links", links);
    options.folder = files / "model";
    model::Configuration& c = options.configuration;
    c.source.unit = c.target.unit = model::UnitChoice::kWords;
    c.encoder.embedding = c.encoder.units = c.attention.units = 8;
    c.decoder.embedding = c.decoder.units = c.decoder.readout_units = 8;
    c.training.optimizer.learning_rate = 0.02;
    c.training.batch_size = 16;
    c.training.epochs = 6;
    c.training.patience = 0;
    c.training.threads = 1;
  }

  void run(std::int64_t stop_at = -1) {
    std::int64_t update = 0;
    train(
        options, [&](const Progress& event) { update = event.update; },
        [&] { return update == stop_at; });
  }

  std::string error_of_run() {
    try {
      run();
    } catch (const UsageError& error) {
      return error.what();
    }
    return "no error";
  }

  std::vector<nlohmann::json> history() const {
    std::vector<nlohmann::json> records;
    std::istringstream lines(read_file(options.folder / "metrics.jsonl"));
    for (std::string line; std::getline(lines, line);) {
      records.push_back(nlohmann::json::parse(line));
    }
    return records;
  }

  // Returns the mean weight of the first source word in the answers of the model.
  double weight_of_first_word() const {
    const predictor::Predictor predictor(options.folder);
    const std::vector<std::string> texts{"a b c", "e d a b", "c c b a d", "b e"};
    double sum = 0;
    std::size_t rows = 0;
    for (const predictor::Answer& answer : predictor.predict(texts, {})) {
      const predictor::Prediction& best = answer.predictions.at(0);
      for (std::size_t i = 0; i < best.units.size(); ++i) {
        sum += best.alignment[i * answer.source.columns.size()];
        ++rows;
      }
    }
    return rows == 0 ? 0 : sum / static_cast<double>(rows);
  }

  TemporaryFolder files;
  TrainOptions options;
};

TEST_F(GuidedTraining, AttentionFollowsTheLinks) {
  options.links = files / "links";
  options.configuration.training.epochs = 25;
  for (const model::GuidedLoss loss :
       {model::GuidedLoss::kCrossEntropy, model::GuidedLoss::kSquaredError}) {
    options.folder = files / (loss == model::GuidedLoss::kCrossEntropy ? "ce" : "squares");
    options.configuration.training.guidance.guided_loss = loss;
    options.configuration.training.guidance.guided_weight = 10;
    run();
    EXPECT_GT(weight_of_first_word(), 0.7);
  }
}

// The losses in metrics.jsonl are likelihoods alone: a huge weight must not show in them.
TEST_F(GuidedTraining, ReportedLossesLeaveTheGuidedCostOut) {
  options.links = files / "links";
  options.configuration.training.guidance.guided_weight = 1e6;
  options.configuration.training.epochs = 1;
  run();
  for (const nlohmann::json& record : history()) {
    EXPECT_LT(record.at("train_loss").get<double>(), 10);
    EXPECT_LT(record.at("valid_loss").get<double>(), 10);
  }
}

TEST_F(GuidedTraining, ResumesBitForBit) {
  options.links = files / "links";
  options.configuration.training.guidance.diagonal_weight = 0.5;
  run();
  const std::string expected = read_file(options.folder / "model.safetensors");
  options.folder = files / "stopped";
  run(13);
  run(30);
  run();
  EXPECT_TRUE(read_file(options.folder / "model.safetensors") == expected);
}

TEST_F(GuidedTraining, GoesOnWithItsLinksAlone) {
  options.links = files / "links";
  run(3);
  options.links.clear();
  EXPECT_THAT(error_of_run(), HasSubstr("the pairs are not those"));
  options.links = files / "links";
  options.configuration.training.guidance.guided_weight = 0.7;
  EXPECT_THAT(error_of_run(), HasSubstr("training.guided_weight is '0.7'"));
}

TEST_F(GuidedTraining, RefusesGuidanceThatWouldHaveNoEffect) {
  options.links = files / "links";
  options.configuration.training.guidance.guided_weight = 0;
  EXPECT_THAT(error_of_run(), HasSubstr("training.guided_weight"));
  options.configuration.training.guidance.guided_weight = 1;
  options.configuration.attention.kind = model::AttentionKind::kFixed;
  EXPECT_THAT(error_of_run(), HasSubstr("links need an attention.kind"));
  options.links.clear();
  options.pairs.marks.span_markup = true;
  EXPECT_THAT(error_of_run(), HasSubstr("allowed positions need an attention.kind"));
}

}  // namespace
}  // namespace attend::train
