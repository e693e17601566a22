// Metrics of alignments for validation, and the gold alignments that they read.
#include "train/alignment_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/base.h"
#include "predictor/predictor.h"
#include "testing.h"
#include "train/session.h"
#include "train/validation.h"

namespace attend::train {
namespace {

using attend::testing::TemporaryFolder;
using attend::testing::write_file;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;

class AlignmentMetrics : public ::testing::Test {
 protected:
  AlignmentMetrics() {
    write_file(files / "pairs.tsv", "a b c\tx y z\nb b a\ty y x\nc a\tz x\nabc\txyz\n");
    write_file(files / "valid.tsv", "a  b c\tx yy z\nc bb\tzx y\nb a\ty x\n");
    write_file(files / "gold", "0-0 1-1 2?1\n\n0-1\n");
    options.folder = files / "model";
    options.pairs.tsv = files / "pairs.tsv";
    options.validation.emplace();
    options.validation->tsv = files / "valid.tsv";
    options.validation_links = files / "gold";
    model::Configuration& c = options.configuration;
    c.source.unit = c.target.unit = model::UnitChoice::kCharacters;
    c.encoder.embedding = c.decoder.embedding = 5;
    c.encoder.units = c.decoder.units = c.attention.units = c.decoder.readout_units = 6;
    c.training.metric = "alignment_error_rate";
  }

  /// Returns random weights, which have an alignment that no pair explains.
  static model::Weights random_weights(const Dataset& data) {
    const auto table = model::parameter_table(data.text.configuration, data.text.sizes());
    auto values = std::make_shared<std::vector<float>>(
        static_cast<std::size_t>(model::parameter_count(table)));
    Random random(5);
    for (float& value : *values) value = static_cast<float>(2 * random.normal());
    std::map<std::string, model::TensorView> tensors;
    std::size_t start = 0;
    for (const model::TensorSpec& spec : table) {
      const auto count = static_cast<std::size_t>(spec.count());
      tensors[spec.name] = {spec.shape, std::span<const float>(*values).subspan(start, count)};
      start += count;
    }
    return model::Weights(std::move(tensors), values);
  }

  TemporaryFolder files;
  TrainOptions options;
};

TEST_F(AlignmentMetrics, ReadGoldAlignmentsOfTheValidationPairs) {
  const Dataset data = prepare_data(options, std::nullopt);
  ASSERT_THAT(data.validation_gold, SizeIs(3));
  EXPECT_THAT(data.validation_gold[0].sure, ElementsAre(metrics::Link{0, 0}, metrics::Link{1, 1}));
  EXPECT_THAT(data.validation_gold[0].possible, ElementsAre(metrics::Link{2, 1}));
  EXPECT_THAT(data.validation_gold[1].sure, IsEmpty());
  EXPECT_THAT(data.validation_gold[2].sure, ElementsAre(metrics::Link{0, 1}));
  options.validation_links.clear();
  const Dataset without = prepare_data(options, std::nullopt);
  EXPECT_THAT(without.validation_gold, IsEmpty());
  EXPECT_NE(without.fingerprint, data.fingerprint);
}

TEST_F(AlignmentMetrics, LeaveGoldOutWithItsPair) {
  write_file(files / "valid.tsv", "a b c\tx yy z\nno pair\nb a\ty x\n");
  write_file(files / "gold", "0-0\n9-9\n1-1\n");
  options.on_error = OnError::kSkip;
  const Dataset data = prepare_data(options, std::nullopt);
  ASSERT_THAT(data.validation_gold, SizeIs(2));
  EXPECT_THAT(data.validation_gold[1].sure, ElementsAre(metrics::Link{1, 1}));
  options.on_error = OnError::kStop;
  write_file(files / "valid.tsv", "a b c\tx yy z\nb\tx\nb a\ty x\n");
  EXPECT_THAT([&] { prepare_data(options, std::nullopt); },
              ThrowsMessage<DataError>(HasSubstr("gold:2: link '9-9' points beyond")));
}

TEST_F(AlignmentMetrics, LeaveOutAPairWhoseGoldIsBad) {
  options.on_error = OnError::kSkip;
  const std::vector<std::pair<std::string, std::string>> golds{
      {"0-0\n9-9\n1-1\n", "left out: " + (files / "gold").string() + ":2: link '9-9' points"},
      {"0-0\nx\n1-1\n", "left out: " + (files / "gold").string() + ":2: 'x' is not a link"},
      {"0-0\n\xff\n1-1\n", "left out: " + (files / "gold").string() + ":2: "},
      {"1 1 1\n2 9 9\n3 2 2\n", "left out: " + (files / "gold").string() + ":2: link '2 9 9'"}};
  for (const auto& [gold, message] : golds) {
    write_file(files / "gold", gold);
    const Dataset data = prepare_data(options, std::nullopt);
    EXPECT_THAT(data.messages, ::testing::Contains(::testing::StartsWith(message)));
    ASSERT_THAT(data.validation_gold, SizeIs(2)) << gold;
    EXPECT_THAT(data.validation_gold[0].sure, ElementsAre(metrics::Link{0, 0}));
    EXPECT_THAT(data.validation_gold[1].sure, ElementsAre(metrics::Link{1, 1}));
  }
  write_file(files / "gold", "0-0\n");
  EXPECT_THAT([&] { prepare_data(options, std::nullopt); },
              ThrowsMessage<DataError>(HasSubstr("gold: ends after 1 line")));
}

TEST_F(AlignmentMetrics, EqualThoseOfTheAlignmentsThatThePredictorGives) {
  const Dataset data = prepare_data(options, std::nullopt);
  Dataset same = prepare_data(options, std::nullopt);
  const predictor::Predictor predictor(model::Model{std::move(same.text), random_weights(data)});
  std::vector<std::string> sources, targets;
  for (const text::Pair& pair : data.validation_pairs) {
    sources.push_back(pair.source);
    targets.push_back(pair.target);
  }
  const auto answers = predictor.score(sources, targets, {});
  std::vector<std::vector<metrics::Link>> links;
  alignment::MeanEntropy entropy;
  for (const predictor::Answer& answer : answers) {
    const predictor::Prediction& target = answer.predictions.front();
    std::vector<text::ByteSpan> units;
    for (const text::Unit& unit : answer.source.units) units.push_back(unit.span);
    links.push_back(alignment::best_links(
        alignment::word_weights(predictor::unit_weights(answer.source, target),
                                alignment::group(units, text::find_words(answer.source.text)),
                                alignment::group(target.spans, text::find_words(target.text)))));
    entropy.add(target.alignment, answer.source.columns.size());
  }
  const double error = metrics::alignment_error(links, data.validation_gold).error_rate;
  for (const int threads : {1, 3}) {
    Workers workers(threads);
    EXPECT_NEAR(decode_metric(data, random_weights(data), "alignment_error_rate", 1, workers),
                100 * error, 1e-9);
    EXPECT_NEAR(decode_metric(data, random_weights(data), "alignment_entropy", 1, workers),
                entropy.value(), 1e-5);
  }
  EXPECT_GT(entropy.value(), 0.01);
  EXPECT_GT(error, 0);
}

TEST_F(AlignmentMetrics, AreBetterWhenTheyAreLower) {
  for (const char* name : {"alignment_error_rate", "alignment_entropy"}) {
    check_metric(name);
    EXPECT_TRUE(is_better(name, 1, 2));
    EXPECT_FALSE(is_better(name, 2, 1));
  }
  EXPECT_THAT([] { check_metric("alignment"); },
              ThrowsMessage<UsageError>(HasSubstr("or loss, alignment_error_rate")));
}

TEST_F(AlignmentMetrics, AreNoDescriptionsOfPredictions) {
  for (const char* name : {"distinct", "mean-length"}) {
    EXPECT_THAT([&] { check_metric(name); },
                ThrowsMessage<UsageError>(
                    HasSubstr("training.metric: " + std::string(name) + " describes predictions")));
  }
  for (const char* name : {"bleu-4", "rouge-l", "cider-d"}) {
    check_metric(name);
    EXPECT_TRUE(is_better(name, 2, 1));
  }
}

TEST_F(AlignmentMetrics, OpenASession) {
  for (const char* name : {"alignment_error_rate", "alignment_entropy"}) {
    options.folder = files / name;
    options.configuration.training.metric = name;
    EXPECT_NO_THROW(open_session(options)) << name;
  }
}

TEST_F(AlignmentMetrics, NeedGoldAlignmentsAndAnAlignment) {
  const auto refusal = [&](const std::string& part) {
    EXPECT_THAT([&] { open_session(options); }, ThrowsMessage<UsageError>(HasSubstr(part)));
  };
  options.validation_links.clear();
  refusal("alignment_error_rate needs gold alignments");
  options.configuration.training.metric = "alignment_entropy";
  options.configuration.attention.kind = model::AttentionKind::kFixed;
  refusal("alignment_entropy needs an attention.kind that looks at positions");
  options.configuration.attention.kind = model::AttentionKind::kSoft;
  options.configuration.training.metric = "loss";
  options.validation.reset();
  options.validation_links = files / "gold";
  refusal("need a file of validation pairs");
}

}  // namespace
}  // namespace attend::train
