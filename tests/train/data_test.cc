// Tests how files of pairs become token ids: pairs left out, sizes lowered, and messages.
#include "train/data.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base.h"
#include "testing.h"

namespace attend::train {
namespace {

using attend::testing::TemporaryFolder;
using attend::testing::write_file;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class PreparedData : public ::testing::Test {
 protected:
  PreparedData() {
    options.pairs.tsv = files / "pairs.tsv";
    for (model::SideConfig* side : {&options.configuration.source, &options.configuration.target}) {
      side->unit = model::UnitChoice::kCharacters;
    }
  }

  Dataset prepare(const std::string& pairs) {
    write_file(options.pairs.tsv, pairs);
    return prepare();
  }
  Dataset prepare() const { return prepare_data(options, std::nullopt); }

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

std::string good_pairs(int count) {
  std::string pairs;
  for (int i = 0; i < count; ++i) pairs += fmt::format("s{}\tt{}\n", i, i % 7);
  return pairs;
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

// ------------------------------------------------------------------------- pairs left out ---

const std::vector<std::string>& bad_lines() {
  static const std::vector<std::string> lines = {
      "one field", "a\tb\tc",  "",         "\tt",  "s\t",
      "s\t ",      "s\xff\tt", "s\tt\xc3", ",\tt", std::string("s\tt\0u", 5)};
  return lines;
}

TEST_F(PreparedData, SkippingEqualsAFileWithoutTheBadPairs) {
  options.configuration.source.remove = ",";
  const Dataset clean = prepare(good_pairs(60));
  options.on_error = OnError::kSkip;
  std::string pairs = "bad\n";
  for (int i = 0; i < 60; ++i) {
    pairs += fmt::format("s{}\tt{}\n", i, i % 7);
    if (i % 5 == 0) pairs += std::string("s\t\n") + ",,\tt\n" + "\xff\tt\n" + "a\tb\tc\n";
  }
  const Dataset skipped = prepare(pairs);
  EXPECT_EQ(tokens_of(skipped), tokens_of(clean));
  EXPECT_EQ(skipped.fingerprint, clean.fingerprint);
  EXPECT_TRUE(skipped.text.source.vocabulary == clean.text.source.vocabulary);
  EXPECT_THAT(skipped.messages, Contains("49 pairs left out"));
}

TEST_F(PreparedData, TheFirstTenAreNamedInTheOrderOfTheFile) {
  options.configuration.source.remove = ",";
  options.on_error = OnError::kSkip;
  std::string pairs = good_pairs(20);
  for (int i = 0; i < 6; ++i) pairs += ",\tx\nx\n";  // lines 21, 23, …: blank after preparation
  const Dataset data = prepare(pairs);
  std::vector<std::string> named;
  for (const std::string& message : data.messages) {
    if (message.starts_with("left out: ")) named.push_back(message);
  }
  ASSERT_EQ(named.size(), 10U);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_THAT(named[i], HasSubstr(fmt::format("pairs.tsv:{}: ", 21 + i)));
    EXPECT_THAT(named[i], HasSubstr(i % 2 == 0 ? "nothing is left of the source" : "one field"));
  }
  EXPECT_THAT(data.messages, Contains("12 pairs left out"));
  EXPECT_EQ(data.training.size() + data.validation.size(), 20U);
}

TEST_F(PreparedData, EachBadLineStopsOrIsSkipped) {
  options.configuration.source.remove = ",";
  for (const std::string& bad : bad_lines()) {
    const std::string pairs = good_pairs(5) + bad + "\n" + good_pairs(5);
    options.on_error = OnError::kStop;
    EXPECT_THAT(error_of(pairs), HasSubstr("pairs.tsv:6: ")) << bad;
    EXPECT_EQ(code, ExitCode::kData) << bad;
    options.on_error = OnError::kSkip;
    EXPECT_THAT(prepare(pairs).messages,
                AllOf(Contains("1 pair left out"), Contains(HasSubstr("pairs.tsv:6: "))))
        << bad;
  }
}

TEST_F(PreparedData, ParallelFilesStayInStepAndNameTheirOwnLines) {
  options.pairs = {{}, files / "s", files / "t"};
  write_file(files / "s", "a\n\nc\nd\xff\ne\n");
  write_file(files / "t", "A\nB\n \nD\nE\n");
  try {
    prepare();
    ADD_FAILURE() << "no error";
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("s:2: an empty source"));
  }
  options.on_error = OnError::kSkip;
  const Dataset data = prepare();
  EXPECT_EQ(data.training.size() + data.validation.size(), 2U);
  EXPECT_THAT(data.messages, AllOf(Contains(HasSubstr("s:2: ")), Contains(HasSubstr("t:3: ")),
                                   Contains(HasSubstr("s:4: ")), Contains("3 pairs left out")));
}

TEST_F(PreparedData, ValidationPairsAreLeftOutToo) {
  options.validation = text::CorpusFiles{files / "valid.tsv", {}, {}};
  write_file(files / "valid.tsv", "s1\tt1\nbad\n");
  EXPECT_THAT(error_of(good_pairs(9)), HasSubstr("valid.tsv:2: one field"));
  options.on_error = OnError::kSkip;
  const Dataset data = prepare("x\n" + good_pairs(9));
  EXPECT_EQ(data.validation.size(), 1U);
  EXPECT_THAT(data.messages,
              AllOf(Contains("2 pairs left out"), Contains(HasSubstr("valid.tsv:2: "))));
  write_file(files / "valid.tsv", "bad\nworse\n");
  EXPECT_THAT(error_of(good_pairs(9)),
              AllOf(HasSubstr("valid.tsv: no pair remains for validation"), HasSubstr("2 pairs"),
                    HasSubstr("valid.tsv:1: one field")));
  EXPECT_EQ(code, ExitCode::kData);
}

TEST_F(PreparedData, AllPairsLeftOutAreAnError) {
  options.on_error = OnError::kSkip;
  for (const auto unit : {model::UnitChoice::kAuto, model::UnitChoice::kCharacters}) {
    options.configuration.source.unit = unit;
    EXPECT_THAT(error_of("bad\nbad too\n"),
                AllOf(HasSubstr("pairs.tsv: no pair remains for training; 2 pairs were left out"),
                      HasSubstr("pairs.tsv:1: one field")));
    EXPECT_EQ(code, ExitCode::kData);
  }
}

// An error that makes the whole file unreadable cannot be skipped.
TEST_F(PreparedData, AFileThatIsNoTextStopsAnyway) {
  options.on_error = OnError::kSkip;
  EXPECT_THAT(error_of("\xff\xfe" + good_pairs(5)), HasSubstr("UTF-16"));
  EXPECT_THAT(error_of(""), HasSubstr("an empty file"));
}

TEST_F(PreparedData, AWordThatIsTooLongForSubwordsIsNamed) {
  std::string pairs;
  for (int i = 0; i < 40; ++i) pairs += fmt::format("the cat {}\tdie Katze {}\n", i, i);
  pairs += "the cat\t" + std::string(70'000, 'x') + "\n" + std::string(70'000, 'y') + "\tx\n";
  for (model::SideConfig* side : {&options.configuration.source, &options.configuration.target}) {
    side->unit = model::UnitChoice::kSubwords;
    side->subword_size = 20;
  }
  EXPECT_THAT(error_of(pairs), AllOf(HasSubstr("pairs.tsv:41: the target has a word of more than"),
                                     HasSubstr("target.unit")));
  EXPECT_EQ(code, ExitCode::kData);
  options.on_error = OnError::kSkip;
  const Dataset data = prepare(pairs);
  EXPECT_THAT(data.messages,
              AllOf(Contains("2 pairs left out"), Contains(HasSubstr("the source has a word"))));
  EXPECT_EQ(data.training.size() + data.validation.size(), 40U);
}

// The vocabulary must not count the units of pairs that are left out.
TEST_F(PreparedData, TargetsOfTheWrongLengthLeaveNoTrace) {
  options.configuration.target.fixed_length = 3;
  options.configuration.target.end_token = false;
  const std::string pairs = "a\tabc\nb\tbca\nc\tcab\n";
  const Dataset clean = prepare(pairs);
  EXPECT_THAT(error_of(pairs + "d\tabXY\n"),
              HasSubstr("pairs.tsv:4: the target has 4 units, target.fixed_length is 3"));
  options.on_error = OnError::kSkip;
  const Dataset data = prepare(pairs + "d\tabXY\ne\tZ\n");
  EXPECT_EQ(data.text.target.vocabulary.units(), clean.text.target.vocabulary.units());
  EXPECT_THAT(data.messages, Contains("2 pairs left out"));
  EXPECT_EQ(tokens_of(data), tokens_of(clean));
}

TEST_F(PreparedData, AnEmptyTargetIsLeftOutOnlyWhereItIsNotAllowed) {
  options.on_error = OnError::kSkip;
  const std::string pairs = good_pairs(10) + "x\t\ny\t \n";
  EXPECT_THAT(prepare(pairs).messages, Contains("2 pairs left out"));
  options.configuration.training.allow_empty_targets = true;
  options.configuration.target.remove = ";";
  const Dataset data = prepare(pairs + "z\t;;\n\tt\n");
  EXPECT_THAT(data.messages, AllOf(Contains("1 pair left out"), Contains(HasSubstr(":14: "))));
  std::size_t empty = 0;
  for (const auto* examples : {&data.training, &data.validation}) {
    for (const model::Example& example : *examples) {
      if (example.target.size() > 1) continue;
      ++empty;
      EXPECT_EQ(example.target.at(0), data.text.target.vocabulary.end().value());
    }
  }
  EXPECT_EQ(empty, 3U);
}

// --------------------------------------------------------------------------- unknown units ---

TEST_F(PreparedData, SharesOfUnknownUnitsAreSaid) {
  options.validation = text::CorpusFiles{files / "valid.tsv", {}, {}};
  for (model::SideConfig* side : {&options.configuration.source, &options.configuration.target}) {
    side->unit = model::UnitChoice::kWords;
  }
  std::string pairs;
  for (int i = 0; i < 100; ++i) pairs += "a b\tc d\n";
  write_file(files / "valid.tsv", pairs + "a b q\tc\n");
  const Dataset data = prepare(pairs);
  EXPECT_THAT(data.messages, Contains("0.5 % of the source units of the validation pairs are "
                                      "unknown"));
  EXPECT_THAT(data.messages, Not(Contains(HasSubstr("target units of the"))));
  EXPECT_THAT(data.messages, Not(Contains(HasSubstr("training pairs are unknown"))));
  EXPECT_THAT(data.messages, Not(Contains(HasSubstr("warning"))));
}

TEST_F(PreparedData, ManyUnknownUnitsAreWarnedOfWithARemedy) {
  options.configuration.target.minimum_count = 100000;
  EXPECT_THAT(prepare(good_pairs(50)).messages,
              AllOf(Contains("warning: 100.0 % of the target units of the training pairs are "
                             "unknown: lower target.minimum_count (now 100000)"),
                    Contains(HasSubstr("warning: 100.0 % of the target units of the validation"))));
  options.configuration.target.minimum_count = 1;
  options.configuration.source.maximum_size = 3;
  EXPECT_THAT(prepare(good_pairs(50)).messages,
              Contains(AllOf(HasSubstr("of the source units of the training pairs are unknown"),
                             HasSubstr("raise source.maximum_size (now 3)"))));
}

TEST_F(PreparedData, UnknownCharactersHaveTheRemedyThatHelps) {
  options.validation = text::CorpusFiles{files / "valid.tsv", {}, {}};
  write_file(files / "valid.tsv", "\u0915\u0940\tx\n");
  const std::string fact =
      "warning: 100.0 % of the source units of the validation pairs are unknown";
  EXPECT_THAT(prepare("\u0915\u093E \u0916\u0940\tx\n").messages,
              Contains(fact + ": choose source.unit=code-points"));
  EXPECT_THAT(prepare("a\tx\n").messages,
              Contains(fact + ": pairs that hold these units are missing in training"));
}

TEST_F(PreparedData, RareUnknownUnitsAreNotRoundedToNothing) {
  std::string pairs;
  for (int i = 0; i < 4000; ++i) pairs += "a\tb\n";
  options.validation = text::CorpusFiles{files / "valid.tsv", {}, {}};
  write_file(files / "valid.tsv", pairs + "a\tx\n");
  EXPECT_THAT(prepare(pairs).messages, Contains("less than 0.1 % of the target units of the "
                                                "validation pairs are unknown"));
}

// ---------------------------------------------------------------------------------- labels ---

class Labels : public PreparedData {
 protected:
  Labels() {
    options.configuration.target.unit = model::UnitChoice::kWhole;
    options.configuration.target.end_token = false;
    options.configuration.target.fixed_length = 1;
    options.validation = text::CorpusFiles{files / "valid.tsv", {}, {}};
    write_file(files / "valid.tsv", "a\tvery good\n");
  }
};

TEST_F(Labels, OfValidationPairsOnlyAreNamed) {
  const std::string pairs = "a\tvery good\nb\tbad\n";
  EXPECT_THAT(prepare(pairs).messages, Not(Contains(HasSubstr("warning"))));
  write_file(files / "valid.tsv", "a\tworst\nb\tbad\n");
  EXPECT_THAT(prepare(pairs).messages,
              Contains("warning: 1 label occurs in validation pairs only, so that no pair of the "
                       "training teaches it: 'worst'"));
  write_file(files / "valid.tsv", "a\tworst\nb\tbest\nc\tworst\n");
  const Dataset data = prepare(pairs);
  EXPECT_THAT(data.messages,
              Contains("warning: 2 labels occur in validation pairs only, so that no pair of the "
                       "training teaches them: 'best', 'worst'"));
  EXPECT_EQ(data.text.target.vocabulary.units(),
            (std::vector<std::string>{"bad", "best", "very good", "worst"}));
}

TEST_F(Labels, AreKeptWhateverTheLimitsOfTheVocabularyAre) {
  const std::string pairs = "a\tvery good\nb\tbad\nc\tvery good\n";
  options.configuration.target.minimum_count = 2;
  options.configuration.target.maximum_size = 1;
  const Dataset data = prepare(pairs);
  EXPECT_EQ(data.text.target.vocabulary.size(), 2U);
  EXPECT_THAT(data.messages,
              AllOf(Contains("warning: target.minimum_count (now 2) leaves no unit out: a target "
                             "without </s> has no <unk>, so that all 2 units are kept"),
                    Contains(HasSubstr("warning: target.maximum_size (now 1) leaves no unit"))));
  options.configuration.target.maximum_size = 2;
  EXPECT_THAT(prepare(pairs + "d\tbad\n").messages, Not(Contains(HasSubstr("warning"))));
}

TEST_F(Labels, OfAReservedSpellingAreRefused) {
  EXPECT_THAT(error_of("a\tvery good\nb\t<unk>\n"),
              HasSubstr("pairs.tsv:2: target: '<unk>' is a reserved spelling"));
  EXPECT_EQ(code, ExitCode::kData);
  options.on_error = OnError::kSkip;
  EXPECT_THAT(prepare("a\tvery good\nb\t</s>\n").messages, Contains("1 pair left out"));
}

// --------------------------------------------------------------------------- subword sizes ---

class Subwords : public PreparedData {
 protected:
  Subwords() {
    options.configuration.source.unit = model::UnitChoice::kSubwords;
    options.configuration.target.unit = model::UnitChoice::kSubwords;
  }
};

TEST_F(Subwords, ASizeThatIsTooLargeIsLowered) {
  const Dataset data = prepare(good_pairs(60));
  const model::Configuration& c = data.text.configuration;
  EXPECT_LT(c.source.subword_size, 100);
  EXPECT_GE(c.source.subword_size, 2);
  EXPECT_LT(c.target.subword_size, c.source.subword_size);
  EXPECT_EQ(data.text.source.config.subword_size, c.source.subword_size);
  EXPECT_THAT(data.messages,
              AllOf(Contains(fmt::format("source.subword_size lowered from 8000 to {}: the text "
                                         "gives no more subwords",
                                         c.source.subword_size)),
                    Contains(HasSubstr("target.subword_size lowered from 8000 to "))));
  options.configuration.source.subword_size = c.source.subword_size;
  EXPECT_THAT(prepare(good_pairs(60)).messages,
              Not(Contains(HasSubstr("source.subword_size lowered"))));
}

TEST_F(Subwords, FewerThanSixteenMayFit) {
  const Dataset data = prepare("a\tx\nb\tx\na b\tx x\n");
  EXPECT_LT(data.text.configuration.target.subword_size, 16);
  const std::string yaml = model::write_yaml(data.text.configuration);
  model::Configuration copy;
  EXPECT_NO_THROW(model::read_yaml(copy, yaml, "config.yml"));
  EXPECT_EQ(copy.target.subword_size, data.text.configuration.target.subword_size);
}

TEST_F(Subwords, OfASharedVocabularyAreLoweredTogether) {
  options.configuration.shared_vocabulary = true;
  const model::Configuration c = prepare(good_pairs(60)).text.configuration;
  EXPECT_LT(c.source.subword_size, 100);
  EXPECT_EQ(c.source.subword_size, c.target.subword_size);
}

TEST_F(Subwords, ASizeThatIsTooSmallNamesItsOption) {
  options.configuration.target.subword_size = 4;
  EXPECT_THAT(error_of(good_pairs(60)),
              AllOf(HasSubstr("target.subword_size=4"), HasSubstr("at least"),
                    HasSubstr("target.unit"), Not(HasSubstr("source"))));
  EXPECT_EQ(code, ExitCode::kUsage);
}

TEST_F(Subwords, OfNoTextNameTheirSide) {
  options.configuration.training.allow_empty_targets = true;
  EXPECT_THAT(error_of("a b c d e f\t\nb c d\t \nc d e a\t\n"),
              AllOf(HasSubstr("target.unit=subwords"), HasSubstr("no text")));
  EXPECT_EQ(code, ExitCode::kUsage);
}

TEST_F(PreparedData, AVocabularyWithoutRoomNamesItsSide) {
  options.configuration.target.maximum_size = 2;
  EXPECT_THAT(error_of(good_pairs(9)), HasSubstr("target.maximum_size"));
  EXPECT_EQ(code, ExitCode::kUsage);
}

TEST_F(PreparedData, ExamplesShareTheNgramsOfTheirWords) {
  options.configuration.source.unit = model::UnitChoice::kWords;
  options.configuration.encoder.ngrams = 100;
  std::string pairs;
  for (int i = 0; i < 40; ++i) pairs += fmt::format("word{0} other{0} word{0}\tt\n", i);
  const Dataset data = prepare(pairs);
  const auto list = data.training.at(0).source.ngrams.list;
  ASSERT_NE(list, nullptr);
  EXPECT_EQ(list->words(), 80U);  // with those of validation, which the vocabulary lacks
  for (const auto* examples : {&data.training, &data.validation}) {
    for (const model::Example& example : *examples) {
      const std::vector<std::int32_t>& words = example.source.ngrams.words;
      EXPECT_EQ(example.source.ngrams.list, list);
      ASSERT_EQ(words.size(), 3U);
      EXPECT_EQ(example.source.tokens.size(), 4U);  // </s> has none
      EXPECT_EQ(words[0], words[2]);
      EXPECT_NE(words[0], words[1]);
    }
  }
}

TEST_F(PreparedData, ExamplesKnowWhereTheirEntitiesAre) {
  options.configuration.source.unit = model::UnitChoice::kWords;
  options.configuration.encoder.position_units = 2;
  std::string pairs;
  for (int i = 0; i < 40; ++i) pairs += fmt::format("a{} <e1> b </e1> <e2> c </e2>\tt\n", i);
  for (const model::Example& example : prepare(pairs).training) {
    EXPECT_THAT(example.source.entities, ::testing::ElementsAre(1, 4));
  }
}

}  // namespace
}  // namespace attend::train
