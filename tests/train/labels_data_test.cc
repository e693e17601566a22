// Tests how files of texts with labels become training data: the order of columns, fastText, cut
// texts and their borders.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/base.h"
#include "testing.h"
#include "train/data.h"

namespace attend::train {
namespace {

using attend::testing::TemporaryFolder;
using attend::testing::write_file;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class LabelData : public ::testing::Test {
 protected:
  LabelData() {
    options.pairs.tsv = files / "pairs.tsv";
    model::Configuration& c = options.configuration;
    c.source.unit = model::UnitChoice::kTokens;
    c.source.end_token = false;
    c.target.unit = model::UnitChoice::kWhole;
    c.target.end_token = false;
    c.target.fixed_length = 1;
    c.training.validation_share = 0.2;
  }

  Dataset prepare(const std::string& pairs) {
    write_file(options.pairs.tsv, pairs);
    return prepare_data(options, std::nullopt);
  }

  // Returns the message of the error that the pairs cause.
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

constexpr int kPairs = 40;

std::string label_of(int i) { return i % 2 == 0 ? "very good" : "bad"; }
std::string film(int i) { return fmt::format("film {} .", i); }

// Lines of label and text in some form.
template <typename Form>
std::string lines_in(Form&& form) {
  std::string lines;
  for (int i = 0; i < kPairs; ++i) lines += form(label_of(i), film(i)) + "\n";
  return lines;
}

std::string text_first() {
  return lines_in([](const auto& label, const auto& text) { return text + "\t" + label; });
}
std::string label_first() {
  return lines_in([](const auto& label, const auto& text) { return label + "\t" + text; });
}

std::vector<std::vector<text::TokenId>> tokens_of(const Dataset& data) {
  std::vector<std::vector<text::TokenId>> tokens;
  for (const auto* examples : {&data.training, &data.validation}) {
    for (const model::Example& example : *examples) {
      tokens.push_back(example.source.tokens);
      tokens.push_back(example.target);
    }
  }
  return tokens;
}

TEST_F(LabelData, BothOrdersGiveTheSameData) {
  const Dataset second = prepare(text_first()), first = prepare(label_first());
  EXPECT_EQ(tokens_of(first), tokens_of(second));
  EXPECT_EQ(first.fingerprint, second.fingerprint);
  EXPECT_THAT(second.text.target.vocabulary.units(), ElementsAre("bad", "very good"));
  EXPECT_EQ(first.messages.front(),
            "labels: column 1 (2 different ones in the first 40 lines), texts: column 2 (40 "
            "different ones); --label-column and --text-column say otherwise");
  EXPECT_THAT(second.messages.front(), HasSubstr("labels: column 2"));
}

TEST_F(LabelData, ColumnsSayWhereTheyAre) {
  const Dataset expected = prepare(text_first());
  options.pairs.columns.target = text::Columns::parse("2");
  options.pairs.columns.source = text::Columns::parse("4-");
  const Dataset found = prepare(lines_in(
      [](const auto& label, const auto& text) { return "id\t" + label + "\t7\t" + text; }));
  EXPECT_EQ(tokens_of(found), tokens_of(expected));
  EXPECT_THAT(found.messages, Each(Not(HasSubstr("--label-column"))));
}

TEST_F(LabelData, LinesOfFastTextAreRecognised) {
  const auto form = [](const auto& label, const auto& text) {
    return "__label__" + label.substr(label.size() - 3) + " " + text;
  };
  const Dataset data = prepare(lines_in(form));
  EXPECT_THAT(data.text.target.vocabulary.units(), ElementsAre("bad", "ood"));
  EXPECT_EQ(data.training.front().source.tokens.size(), 3u);
  EXPECT_THAT(data.messages.front(), HasSubstr("as in files of fastText"));
  EXPECT_THAT(error_of(lines_in(form) + "__label__bad __label__new both\n"),
              AllOf(HasSubstr("pairs.tsv:41: "), HasSubstr("2 labels, expected one")));
  EXPECT_EQ(code, ExitCode::kData);
  options.pairs.format = text::PairFormat::kTsv;
  EXPECT_THAT(error_of(lines_in(form)), HasSubstr("pairs.tsv:1: one field"));
}

TEST_F(LabelData, ThatAreNotClearAskForAColumn) {
  std::string pairs;
  for (int i = 0; i < 100; ++i) pairs += fmt::format("a{}\tb{}\n", i % 60, i % 90);
  EXPECT_THAT(error_of(pairs), AllOf(HasSubstr("pairs.tsv: either column may hold the labels"),
                                     HasSubstr("--label-column")));
  EXPECT_EQ(code, ExitCode::kUsage);
  options.pairs.columns.target = text::Columns::parse("1");
  EXPECT_NO_THROW(prepare(pairs));
}

TEST_F(LabelData, OrdersOfTrainingAreThoseOfValidation) {
  options.validation = text::CorpusFiles{files / "valid.tsv", {}, {}};
  write_file(files / "valid.tsv", "bad\tfilm 1 .\n");
  const Dataset data = prepare(label_first());
  ASSERT_EQ(data.validation.size(), 1u);
  EXPECT_EQ(data.validation.front().source.tokens.size(), 3u);
  EXPECT_EQ(data.validation_pairs.front().target, "bad");
  EXPECT_EQ(data.text.target.vocabulary.size(), 2u);
}

TEST_F(LabelData, TextsWithoutLabelsKeepTheirOrder) {
  options.configuration.target = {};
  options.configuration.target.unit = model::UnitChoice::kWords;
  const Dataset data = prepare(label_first());
  EXPECT_TRUE(data.text.source.vocabulary.contains("good"));
  EXPECT_TRUE(data.text.target.vocabulary.contains("film"));
}

// -------------------------------------------------------------------------------- long texts ---

TEST_F(LabelData, LongTextsAreCutAndCounted) {
  options.configuration.training.maximum_source_length = 3;
  const std::string pairs =
      lines_in([](const auto& label, const auto& text) { return "a b " + text + "\t" + label; });
  const Dataset data = prepare(pairs);
  EXPECT_EQ(data.training.size() + data.validation.size(), static_cast<std::size_t>(kPairs));
  for (const model::Example& example : data.training) EXPECT_EQ(example.source.tokens.size(), 3u);
  EXPECT_THAT(data.messages,
              Contains("40 sources cut to the first 3 tokens (training.maximum_source_length)"));

  options.configuration.source.end_token = true;
  const Dataset ended = prepare(pairs);
  const auto end = ended.text.source.vocabulary.end();
  for (const model::Example& example : ended.training) {
    EXPECT_EQ(example.source.tokens.size(), 3u);
    EXPECT_EQ(example.source.tokens.back(), end);
  }
}

TEST_F(LabelData, LongSourcesOfOtherTargetsAreStillLeftOut) {
  options.configuration.target = {};
  options.configuration.target.unit = model::UnitChoice::kWords;
  options.configuration.training.maximum_source_length = 3;
  std::string pairs = text_first();
  pairs += "a b c d e f\tbad\n";
  EXPECT_THAT(prepare(pairs).messages, Contains(HasSubstr("1 pairs left out: longer than 3")));
}

// ----------------------------------------------------------------------------------- borders ---

TEST_F(LabelData, ExamplesHaveTheBordersOfTheirTexts) {
  options.configuration.encoder.levels = 2;
  options.configuration.training.guidance.guided_weight = 0;
  options.pairs.columns.target = text::Columns::parse("1");
  options.pairs.columns.source = text::Columns::parse("2-");
  const auto form = [](const auto& label, const auto& text) {
    return label + "\tOne . Two\t" + text + "\t\tlast";
  };
  const Dataset data = prepare(lines_in(form));
  for (const model::Example& example : data.training) {
    EXPECT_EQ(example.source.tokens.size(), 7u);
    EXPECT_THAT(example.source.sentences, ElementsAre(0, 3, 6));
    EXPECT_THAT(example.source.paragraphs, IsEmpty());
  }
  options.configuration.training.maximum_source_length = 6;
  for (const model::Example& example : prepare(lines_in(form)).training) {
    EXPECT_EQ(example.source.tokens.size(), 6u);
    EXPECT_THAT(example.source.sentences, ElementsAre(0, 3));
  }
  options.configuration.training.maximum_source_length = 200;
  options.configuration.encoder.levels = 3;
  for (const model::Example& example : prepare(lines_in(form)).training) {
    EXPECT_THAT(example.source.sentences, ElementsAre(0, 2, 3, 6));
    EXPECT_THAT(example.source.paragraphs, ElementsAre(0, 2, 3));
  }
}

TEST_F(LabelData, MarkersAreUnitsOfTheVocabulary) {
  options.configuration.source.markers = true;
  const Dataset data = prepare(lines_in([](const auto& label, const auto& text) {
    return "<e1>a</e1>b<e2>" + text + "</e2>\t" + label;
  }));
  for (const char* marker : {"<e1>", "</e1>", "<e2>", "</e2>"}) {
    EXPECT_TRUE(data.text.source.vocabulary.contains(marker)) << marker;
  }
  EXPECT_EQ(data.training.front().source.tokens.size(), 9u);
  EXPECT_THAT(data.messages, Not(Contains(HasSubstr("entit"))));
}

TEST_F(LabelData, EntitiesThatAreNotMarkedOrNotReadAreWarnedOf) {
  const std::string plain = text_first();
  const std::string marked = lines_in([](const auto& label, const auto& text) {
    return "<e1>a</e1> <e2>" + text + "</e2>\t" + label;
  });
  EXPECT_THAT(prepare(plain).messages, Not(Contains(HasSubstr("entit"))));
  EXPECT_THAT(prepare(marked).messages, Contains(HasSubstr("choose source.entities=markers")));
  options.configuration.encoder.position_units = 2;
  EXPECT_THAT(prepare(plain).messages, Contains(HasSubstr("encoder.position_units has no effect")));
  options.configuration.source.markers = true;
  EXPECT_THAT(prepare(plain).messages, Contains(HasSubstr("source.entities has no effect")));
}

}  // namespace
}  // namespace attend::train
