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
#include "train/validation.h"

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

// -------------------------------------------------------------------------- validation pairs ---

TEST_F(LabelData, ValidationMayHaveTheOtherOrder) {
  options.validation = text::CorpusFiles{files / "valid.tsv", {}, {}};
  const std::string other = (files / "valid.tsv").string() + ": labels: column ";
  for (const bool first : {false, true}) {
    write_file(files / "valid.tsv", first ? text_first() : label_first());
    const Dataset data = prepare(first ? label_first() : text_first());
    EXPECT_THAT(data.text.target.vocabulary.units(), ElementsAre("bad", "very good"));
    EXPECT_EQ(data.validation_pairs.front().source, "film 0 .");
    EXPECT_THAT(data.messages, Contains(HasSubstr(other + (first ? "2" : "1"))));
    EXPECT_THAT(data.messages, Not(Contains(HasSubstr("in validation pairs only"))));
  }
}

TEST_F(LabelData, ValidationWithExchangedColumnsIsRefused) {
  const std::string expected =
      "valid.tsv: found labels of the training pairs in the place of 40 of 40 texts and nowhere "
      "else, expected text and label in the places that they have in the training pairs";
  options.validation = text::CorpusFiles{files / "valid.tsv", {}, {}};
  write_file(files / "valid.tsv", label_first());
  for (auto* pairs : {&options.pairs, &*options.validation}) {
    pairs->columns.target = text::Columns::parse("2");
  }
  EXPECT_THAT(error_of(text_first()), HasSubstr(expected));
  EXPECT_EQ(code, ExitCode::kData);
  write_file(files / "valid.tsv", text_first());
  EXPECT_NO_THROW(prepare(text_first()));
}

TEST_F(LabelData, ValidationWithExchangedFilesIsRefused) {
  std::string labels, texts;
  for (int i = 0; i < kPairs; ++i) {
    labels += label_of(i) + "\n";
    texts += film(i) + "\n";
  }
  write_file(files / "labels", labels);
  write_file(files / "texts", texts);
  options.validation = text::CorpusFiles{{}, files / "labels", files / "texts"};
  EXPECT_THAT(error_of(text_first()), HasSubstr("texts: found labels of the training pairs"));
  options.validation = text::CorpusFiles{{}, files / "texts", files / "labels"};
  EXPECT_NO_THROW(prepare(text_first()));
}

TEST_F(LabelData, ValidationMayHaveNewLabelsAlone) {
  options.validation = text::CorpusFiles{files / "valid.tsv", {}, {}};
  write_file(files / "valid.tsv", "new\tfilm 1 .\n");
  EXPECT_THAT(prepare(label_first()).messages,
              Contains(HasSubstr("1 label occurs in validation pairs only")));
}

// --------------------------------------------------------------------------- hints and checks ---

TEST_F(LabelData, OfOneClassIsWarnedOf) {
  const auto one = [](const auto&, const auto& text) { return text + "\tvery good"; };
  EXPECT_THAT(prepare(lines_in(one)).messages,
              Contains(HasSubstr("warning: all pairs for training have the label 'very good'")));
  EXPECT_THAT(prepare(text_first()).messages, Not(Contains(HasSubstr("have the label"))));
}

TEST_F(LabelData, WithoutALabelPresetNamesPresets) {
  const std::string hint =
      "look like labels (2 different ones in 40 pairs): for a model that "
      "answers with labels choose --preset flat-attention";
  EXPECT_THAT(prepare(text_first()).messages, Not(Contains(HasSubstr("look like labels"))));
  options.configuration.target = {};
  options.configuration.target.unit = model::UnitChoice::kWords;
  EXPECT_THAT(prepare(label_first()).messages,
              Contains("the sources " + hint + ", han or att-blstm"));
  EXPECT_THAT(prepare(text_first()).messages, Contains(HasSubstr("the targets " + hint)));
  std::string numbers, few;
  for (int i = 0; i < kPairs; ++i) {
    numbers += fmt::format("text {}\tlabel {}\n", i, i % 20);
    few += fmt::format("text {}\tlabel {}\n", i % 4, i % 2);
  }
  EXPECT_THAT(prepare(numbers).messages, Not(Contains(HasSubstr("look like labels"))));
  EXPECT_THAT(prepare(few).messages, Not(Contains(HasSubstr("look like labels"))));
}

TEST_F(LabelData, SayWhichColumnIsTheText) {
  options.pairs.columns.target = text::Columns::parse("2");
  const auto form = [](const auto& label, const auto& text) {
    return text + "\t" + label + "\t7\t8";
  };
  EXPECT_EQ(prepare(lines_in(form)).messages.front().rfind("the source is column 1 of 4", 0), 0u);
  options.pairs.columns.source = text::Columns::parse("1");
  EXPECT_THAT(prepare(lines_in(form)).messages, Not(Contains(HasSubstr("the source is column"))));
}

TEST_F(LabelData, OfOtherTasksAreRefusedForSemEval2010) {
  const auto error = [&](const std::string& pairs) -> std::string {
    try {
      check_metric(prepare(pairs));
    } catch (const UsageError& problem) {
      return problem.what();
    }
    return "no error";
  };
  EXPECT_EQ(error(text_first()), "no error");
  options.configuration.training.metric = "semeval2010";
  EXPECT_THAT(error(text_first()),
              AllOf(HasSubstr("training.metric: semeval2010: found the label '"),
                    HasSubstr("expected Other or one of the nine relations")));
  std::string relations;
  for (int i = 0; i < kPairs; ++i) {
    relations += film(i) + (i % 2 == 0 ? "\tOther\n" : "\tCause-Effect(e2,e1)\n");
  }
  EXPECT_EQ(error(relations), "no error");
  // A label that training pairs alone have may be an answer too.
  options.validation = text::CorpusFiles{files / "valid.tsv", {}, {}};
  write_file(files / "valid.tsv", relations);
  EXPECT_EQ(error(relations), "no error");
  EXPECT_THAT(error(relations + "film\tCause\n"), HasSubstr("found the label 'Cause'"));
  options.configuration.target = {};
  options.configuration.target.unit = model::UnitChoice::kWords;
  EXPECT_THAT(error(relations), HasSubstr("the answers of this model are no labels"));
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
  options.configuration.source.entities = model::EntityChoice::kMarkers;
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
  const std::string warning = "mark an entity, <e1>…</e1>, but <e1> is no unit of them: choose ";
  for (const auto& [unit, remedy] :
       {std::pair(model::UnitChoice::kAuto, "source.entities=markers"),
        {model::UnitChoice::kTokens, "source.entities=markers"},
        {model::UnitChoice::kWords, "source.entities=markers"},
        {model::UnitChoice::kCharacters, "source.entities=markers and source.unit=tokens"}}) {
    options.configuration.source.unit = unit;
    EXPECT_THAT(prepare(marked).messages, Contains(HasSubstr(warning + remedy)));
  }
  options.configuration.source.unit = model::UnitChoice::kWords;
  const std::string apart = lines_in([](const auto& label, const auto& text) {
    return "<e1> a </e1> <e2> " + text + " </e2>\t" + label;
  });
  EXPECT_THAT(prepare(apart).messages, Not(Contains(HasSubstr("entit"))));
  options.configuration.encoder.position_units = 2;
  EXPECT_THAT(prepare(apart).messages, Not(Contains(HasSubstr("entit"))));
  EXPECT_THAT(prepare(marked).messages,
              Contains(HasSubstr("is no unit of them, and encoder.position_units has no effect")));
  EXPECT_THAT(prepare(plain).messages, Contains(HasSubstr("encoder.position_units has no effect")));
  options.configuration.source.entities = model::EntityChoice::kMarkers;
  EXPECT_THAT(prepare(plain).messages, Contains(HasSubstr("source.entities has no effect")));
  EXPECT_THAT(prepare(marked).messages, Not(Contains(HasSubstr("an entity"))));
}

TEST_F(LabelData, EntitiesOfTextsThatMarkThemAreUnits) {
  options.configuration.source.entities = model::EntityChoice::kAuto;
  const Dataset marked = prepare(lines_in([](const auto& label, const auto& text) {
    return "<e1>a</e1> <e2>" + text + "</e2>\t" + label;
  }));
  EXPECT_EQ(marked.text.configuration.source.entities, model::EntityChoice::kMarkers);
  EXPECT_TRUE(marked.text.source.vocabulary.contains("<e1>"));
  EXPECT_THAT(marked.messages, Contains(HasSubstr("(beside entity markers)")));
  EXPECT_THAT(marked.messages, Not(Contains(HasSubstr("an entity"))));
  const Dataset plain = prepare(text_first());
  EXPECT_EQ(plain.text.configuration.source.entities, model::EntityChoice::kNone);
  EXPECT_THAT(plain.messages, Not(Contains(HasSubstr("entit"))));
}

}  // namespace
}  // namespace attend::train
