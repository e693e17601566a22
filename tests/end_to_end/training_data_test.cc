// Tests of what `attend train` takes from its files of pairs, and of its messages about them.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "end_to_end/failure.h"
#include "end_to_end/models.h"
#include "testing.h"

namespace attend::end_to_end {
namespace {

namespace fs = std::filesystem;
using testing::read_file;
using testing::TemporaryFolder;
using testing::write_file;

class TrainingData : public ::testing::Test {
 protected:
  RunResult train(std::vector<std::string> arguments, std::size_t updates = 3) const {
    arguments.insert(arguments.begin(), "train");
    arguments.insert(arguments.end(), {"-m", model()});
    for (const std::string& option : tiny_options(updates)) arguments.push_back(option);
    return attend(arguments);
  }

  std::string file(const std::string& name, const std::string& contents) const {
    write_file(folder_ / name, contents);
    return (folder_ / name).string();
  }
  std::string model() const { return (folder_ / "model").string(); }

  TemporaryFolder folder_;
};

// A classifier: whole lines as labels, one token, and a decoder that looks with a learned query.
TEST_F(TrainingData, ADecoderWithoutACellLearnsLabels) {
  std::string pairs;
  for (int i = 0; i < 150; ++i) {
    pairs += "aa bb cc " + std::to_string(i) + "\tvery good\n";
    pairs += "xx yy " + std::to_string(i) + "\tbad\n";
  }
  const RunResult trained = train(
      {file("pairs.tsv", pairs), "--set", "target.unit=whole", "--set", "target.end_token=false",
       "--set", "target.fixed_length=1", "--set", "decoder.cell=none", "--set",
       "decoder.initial_state=zero", "--set", "decoder.feedback=none"},
      150);
  ASSERT_EQ(trained.exit_code, 0) << trained.error;
  RunOptions options;
  options.standard_input = "aa bb cc 7\nxx yy 9\n";
  const RunResult predicted = attend({"predict", "-m", model(), "--n-best", "1"}, options);
  EXPECT_EQ(predicted.exit_code, 0) << predicted.error;
  EXPECT_EQ(predicted.out, "very good\nbad\n");
}

TEST_F(TrainingData, NamesSettingsWithoutEffect) {
  const std::string pairs = file("pairs.tsv", to_tsv(string_pairs(60, 3)));
  const RunResult usual = train({pairs});
  ASSERT_EQ(usual.exit_code, 0) << usual.error;
  EXPECT_EQ(usual.error.find("no effect"), std::string::npos) << usual.error;
  std::filesystem::remove_all(model());
  const RunResult trained = train({pairs, "--set", "attention.key_units=5"});
  ASSERT_EQ(trained.exit_code, 0) << trained.error;
  const std::string line = "attention.key_units has no effect with attention.keys: annotations\n";
  EXPECT_NE(trained.error.find(line), std::string::npos) << trained.error;
  EXPECT_EQ(trained.error.find(line), trained.error.rfind(line)) << trained.error;
}

// ----------------------------------------------------------------------------- word vectors ---

TEST_F(TrainingData, EmbeddingsStartWithWordVectors) {
  std::string pairs;
  for (int i = 0; i < 60; ++i) pairs += "aa Bb " + std::to_string(i) + "\txx yy\n";
  const std::string data = file("pairs.tsv", pairs);
  const std::string ten = " 1 2 3 4 5 6 7 8 9 10";  // the embeddings of tiny_options() have 12
  const std::string vectors = file("vectors.txt", "aa 0 0" + ten + "\nbb 1 1" + ten + "\n");
  const std::string broken = file("broken.txt", "aa 0 0" + ten + "\nbb 1" + ten + "\n");
  const std::string narrow = file("narrow.txt", "aa" + ten + "\n");
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {data, "--set", "source.unit=words", "--set", "target.unit=words"});
    return train(more);
  };
  EXPECT_TRUE(refused(with({"--source-vectors", narrow}), kUsage,
                      {narrow + " have 10 values, but encoder.embedding is 12"}));
  const std::vector<std::string> fits{"--set", "training.freeze=source-embedding",
                                      "--source-vectors"};
  const auto fitting = [&](const std::string& name, std::vector<std::string> more = {}) {
    more.insert(more.begin(), name);
    more.insert(more.begin(), fits.begin(), fits.end());
    return with(more);
  };
  EXPECT_TRUE(refused(fitting(broken), kData,
                      {"broken.txt:2: found 12 fields, expected a word and 12 numbers"}));
  EXPECT_TRUE(refused(fitting("-", {"--target-vectors", "-"}), kUsage, {"standard input"}));
  EXPECT_FALSE(fs::exists(model()));
  const RunResult trained = fitting(vectors);
  ASSERT_EQ(trained.exit_code, 0) << trained.error;
  EXPECT_NE(trained.error.find("start with vectors of " + vectors + ", 1 of them"),
            std::string::npos)
      << trained.error;
  fs::remove(vectors);
  const RunResult again = fitting(vectors);
  EXPECT_EQ(again.exit_code, 0) << again.error;
  EXPECT_NE(again.error.find("word vectors are not read again"), std::string::npos) << again.error;
}

// ---------------------------------------------------------------------------- empty targets ---

// Returns pairs whose target is the word of the source, or empty if the word contains an x.
std::string refusing_pairs(std::size_t count) {
  std::string pairs;
  for (std::size_t i = 0; i < count; ++i) {
    const char letter = static_cast<char>('a' + i % 5);
    const std::string word = std::string(1 + i % 3, letter);
    pairs += i % 2 == 0 ? word + "\t" + word + "\n" : word + "x\t" + (i % 4 == 1 ? "" : " ") + "\n";
  }
  return pairs;
}

TEST_F(TrainingData, AModelLearnsToAnswerNothing) {
  const RunResult trained =
      train({file("pairs.tsv", refusing_pairs(300)), "--allow-empty-targets", "--metric",
             "exact_match", "--plot", (folder_ / "curves.svg").string()},
            250);
  ASSERT_EQ(trained.exit_code, 0) << trained.error;
  RunOptions options;
  options.standard_input = "a\nax\nbb\nbbx\ncccx\nccc\n";
  for (const char* beam : {"1", "3"}) {
    const RunResult predicted = attend({"predict", "-m", model(), "--beam", beam}, options);
    EXPECT_EQ(predicted.exit_code, 0) << predicted.error;
    EXPECT_EQ(predicted.out, "a\n\nbb\n\n\nccc\n");
  }
  std::string configuration = read_file(folder_ / "model" / "config.yml");
  const std::string option = "allow_empty_targets: true";
  const std::size_t place = configuration.find(option);
  ASSERT_NE(place, std::string::npos);
  // Nothing but empty answers is worth a notice, unless the model has learned to give them.
  options.standard_input = "ax\nbbx\n";
  const auto notices = [&] { return attend({"predict", "-m", model()}, options).error; };
  EXPECT_EQ(notices().find("answers are empty"), std::string::npos);
  configuration.replace(place, option.size(), "allow_empty_targets: false");
  write_file(folder_ / "model" / "config.yml", configuration);
  EXPECT_NE(notices().find("all 2 answers are empty"), std::string::npos) << notices();
  options.standard_input = "ax\na\n";
  EXPECT_EQ(notices().find("empty"), std::string::npos) << notices();
}

TEST_F(TrainingData, AllTargetsMayBeEmpty) {
  const std::string pairs = file("pairs.tsv", "a\t\nb\t\nc\t \nd\t\u00A0\ne\t\n");
  const std::vector<std::vector<std::string>> kinds = {
      {"--set", "target.unit=words"},
      {"--set", "target.unit=characters", "--metric", "bleu"},
      {"--preset", "luong", "--set", "decoder.initial_state=zero"}};
  for (const auto& kind : kinds) {
    SCOPED_TRACE(kind[1]);
    fs::remove_all(model());
    std::vector<std::string> arguments{pairs, "--allow-empty-targets"};
    arguments.insert(arguments.end(), kind.begin(), kind.end());
    const RunResult trained = train(arguments);
    ASSERT_EQ(trained.exit_code, 0) << trained.error;
    RunOptions options;
    options.standard_input = "a\n";
    const RunResult predicted = attend({"predict", "-m", model()}, options);
    EXPECT_EQ(predicted.exit_code, 0) << predicted.error;
    EXPECT_EQ(lines_of(predicted.out).size(), 1U);
  }
}

TEST_F(TrainingData, EmptyTargetsOfParallelFilesAndOfValidation) {
  const RunResult trained =
      train({"--source", file("s", "a\nb\nc\nd\n"), "--target", file("t", "A\n\nC\n \n"), "--valid",
             file("v", "b\t\na\tA\n"), "--allow-empty-targets", "--metric", "unit_error_rate"});
  ASSERT_EQ(trained.exit_code, 0) << trained.error;
  EXPECT_NE(trained.error.find("4 pairs for training, 2 for validation"), std::string::npos)
      << trained.error;
}

TEST_F(TrainingData, EmptyTargetsAreRefusedWhereNobodyAllowedThem) {
  const std::string pairs = file("pairs.tsv", "a\tA\nb\t\nc\tC\n");
  EXPECT_TRUE(refused(train({pairs}), kData, {"pairs.tsv:2", "an empty target"}));
  EXPECT_FALSE(fs::exists(model()));
}

TEST_F(TrainingData, EmptyTargetsNeedAnEndToken) {
  const std::string pairs = file("pairs.tsv", refusing_pairs(20));
  EXPECT_TRUE(refused(train({pairs, "--allow-empty-targets", "--set", "target.end_token=false",
                             "--set", "target.fixed_length=3"}),
                      kUsage, {"allow_empty_targets", "target.end_token", "target.fixed_length"}));
}

TEST_F(TrainingData, AFolderThatBeganWithoutEmptyTargetsGoesOnWithoutThem) {
  const std::string pairs = file("pairs.tsv", to_tsv(string_pairs(20, 3)));
  ASSERT_EQ(train({pairs}).exit_code, 0);
  EXPECT_TRUE(
      refused(train({pairs, "--allow-empty-targets"}), kUsage, {"training.allow_empty_targets"}));
}

// ------------------------------------------------------------------------- pairs left out ---

TEST_F(TrainingData, BadPairsAreSkippedCountedAndNamed) {
  std::string pairs = to_tsv(string_pairs(30, 4));
  for (int i = 0; i < 12; ++i) pairs += "no tab\n";
  const std::string bad = file("bad.tsv", pairs);
  EXPECT_TRUE(refused(train({bad}), kData, {"bad.tsv:31: one field"}));
  EXPECT_TRUE(refused(train({bad, "--on-error", "stop"}), kData, {"bad.tsv:31: one field"}));
  const RunResult skipped = train({bad, "--on-error", "skip"});
  EXPECT_EQ(skipped.exit_code, 0) << skipped.error;
  EXPECT_NE(skipped.error.find("bad.tsv:40: one field"), std::string::npos) << skipped.error;
  EXPECT_EQ(skipped.error.find("bad.tsv:41: "), std::string::npos) << skipped.error;
  EXPECT_NE(skipped.error.find("\n12 pairs left out\n"), std::string::npos) << skipped.error;
  // A clean file with these pairs is the same training, so it continues, with or without skipping.
  write_file(bad, to_tsv(string_pairs(30, 4)));
  const RunResult resumed = train({bad}, 6);
  EXPECT_EQ(resumed.exit_code, 0) << resumed.error;
  EXPECT_NE(resumed.error.find("going on after update 3"), std::string::npos) << resumed.error;
  write_file(bad, to_tsv(string_pairs(29, 4)));
  EXPECT_TRUE(refused(train({bad, "--on-error", "skip"}, 9), kUsage, {"the pairs are not those"}));
}

TEST_F(TrainingData, SkippingNeedsAPairThatRemains) {
  const std::string bad = file("bad.tsv", "a\nb\n");
  EXPECT_TRUE(refused(train({bad, "--on-error", "skip"}), kData,
                      {"bad.tsv: no pair remains for training", "bad.tsv:1: one field"}));
  EXPECT_FALSE(fs::exists(model()));
  EXPECT_TRUE(refused(train({bad, "--on-error", "ignore"}), kUsage, {"--on-error"}));
}

TEST_F(TrainingData, AWordThatSubwordsCannotCutNamesItsLine) {
  std::string pairs = to_tsv(string_pairs(30, 4)) + "a\t" + std::string(70'000, 'x') + "\n";
  EXPECT_TRUE(refused(train({file("long.tsv", pairs), "--set", "source.unit=subwords", "--set",
                             "target.unit=subwords"}),
                      kData, {"long.tsv:31: ", "target", "65536"}));
}

// --------------------------------------------------------------------------- subword sizes ---

TEST_F(TrainingData, ALoweredSubwordSizeIsRecordedAndGoesOn) {
  std::string pairs;
  for (int i = 1; i <= 60; ++i) {
    pairs += "s" + std::to_string(i) + "\tt" + std::to_string(i) + "\n";
  }
  const std::string data = file("p.tsv", pairs);
  const std::vector<std::string> command{data, "--set", "source.unit=subwords"};
  const RunResult first = train(command);
  ASSERT_EQ(first.exit_code, 0) << first.error;
  EXPECT_NE(first.error.find("source.subword_size lowered from 8000 to "), std::string::npos)
      << first.error;
  const std::string config = read_file(folder_ / "model" / "config.yml");
  EXPECT_NE(config.find("subword_size: 14"), std::string::npos) << config;
  const RunResult second = train(command, 6);
  EXPECT_EQ(second.exit_code, 0) << second.error;
  EXPECT_NE(second.error.find("going on after update 3"), std::string::npos) << second.error;
  EXPECT_EQ(read_file(folder_ / "model" / "config.yml").find("subword_size: 14"),
            config.find("subword_size: 14"));
  EXPECT_EQ(train({data, "--set", "source.unit=subwords", "--set", "source.subword_size=14"}, 9)
                .exit_code,
            0);
  EXPECT_TRUE(refused(
      train({data, "--set", "source.unit=subwords", "--set", "source.subword_size=100"}, 12),
      kUsage, {"source.subword_size is '100'", "began with '14'"}));
  RunOptions options;
  options.standard_input = "s7\n";
  EXPECT_EQ(attend({"predict", "-m", model()}, options).exit_code, 0);
}

// --------------------------------------------------------------------------- unknown units ---

TEST_F(TrainingData, AVocabularyThatCoversNothingIsWarnedOf) {
  const RunResult result = train(
      {file("pairs.tsv", to_tsv(string_pairs(40, 5))), "--set", "target.minimum_count=100000"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_NE(result.error.find("warning: 100.0 % of the target units of the training pairs are "
                              "unknown: lower target.minimum_count (now 100000)"),
            std::string::npos)
      << result.error;
}

// --------------------------------------------------------------------------- metrics.jsonl ---

TEST_F(TrainingData, RecordsThatFallAreNamedNotDrawn) {
  const std::vector<std::string> command{file("pairs.tsv", to_tsv(string_pairs(40, 5))), "--plot",
                                         (folder_ / "curves.svg").string(), "--set",
                                         "training.validate_every=1"};
  ASSERT_EQ(train(command, 3).exit_code, 0);
  const fs::path metrics = folder_ / "model" / "metrics.jsonl";
  const auto lines = lines_of(read_file(metrics));
  ASSERT_EQ(lines.size(), 3U);
  write_file(metrics, lines[1] + "\n" + lines[0] + "\n" + lines[2] + "\n");
  EXPECT_TRUE(failed(train(command, 6), kModel, {"metrics.jsonl:2: ", "update 1 stands behind"}));
  std::string huge = lines[0];
  huge.replace(huge.find(":1,"), 3, ":1e300,");
  write_file(metrics, huge + "\n");
  EXPECT_TRUE(failed(train(command, 6), kModel, {"metrics.jsonl:1: 'update' is 1e+300"}));
  fs::remove(metrics);
  EXPECT_EQ(train(command, 6).exit_code, 0);
}

// --------------------------------------------------------------------------------- metrics ---

class PreparedReferences : public TrainingData {
 protected:
  /// Returns all metrics of a model against its own predictions, rewritten.
  template <typename Rewrite>
  nlohmann::json evaluate(const std::string& folder, const std::vector<std::string>& sources,
                          Rewrite rewrite) const {
    RunOptions options;
    for (const std::string& source : sources) options.standard_input += source + "\n";
    const auto answers = lines_of(attend({"predict", "-m", folder}, options).out);
    EXPECT_EQ(answers.size(), sources.size());
    std::string pairs;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      pairs += sources[i] + "\t" + rewrite(answers[i]) + "\n";
    }
    write_file(folder_ / "test.tsv", pairs);
    const RunResult result =
        attend({"evaluate", "-m", folder, (folder_ / "test.tsv").string(), "--json", "--metrics",
                "exact_match,unit_error_rate,sequence_error_rate,bleu,chrf,chrf++,accuracy"});
    EXPECT_EQ(result.exit_code, 0) << result.error;
    return nlohmann::json::parse(result.out);
  }

  static void expect_best(const nlohmann::json& values) {
    for (const char* name : {"exact_match", "bleu", "chrf", "chrf++", "accuracy"}) {
      EXPECT_NEAR(values[name].get<double>(), 100, 1e-9) << name << values.dump();
    }
    EXPECT_EQ(values["unit_error_rate"], 0) << values.dump();
    EXPECT_EQ(values["sequence_error_rate"], 0) << values.dump();
  }
};

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

TEST_F(PreparedReferences, OfOtherFormsAreRight) {
  std::vector<std::string> sources;
  const std::vector<std::string> words{"the", "cat", "dog", "sees", "and", "brown", "na\u00EFve"};
  for (std::size_t i = 0; i < 20; ++i) {
    sources.push_back(words[i % 7] + " " + words[(i + 2) % 7] + " brown " + words[(3 * i) % 7] +
                      " dog");
  }
  expect_best(evaluate(models().words.string(), sources, [](const std::string& answer) {
    return " " + replaced(replaced(replaced(answer, " ", "\u00A0 "), "\u00FC", "u\u0308"), "\u00F6",
                          "o\u0308");
  }));
}

TEST_F(PreparedReferences, InCapitalsAreRightForAModelOfSmallLetters) {
  std::string pairs;
  for (int i = 0; i < 40; ++i) pairs += "a b c d e " + std::to_string(i) + "\tThe Cat, is ON it\n";
  ASSERT_EQ(
      train({file("pairs.tsv", pairs), "--set", "target.lowercase=true", "--set", "target.remove=,",
             "--set", "source.unit=words", "--set", "target.unit=words", "--metric", "exact_match"},
            40)
          .exit_code,
      0);
  const auto values = evaluate(model(), {"a b c d e 1", "a b c d e 2"}, [](std::string answer) {
    EXPECT_EQ(answer, "the cat is on it");
    return "The CAT, is oN it";
  });
  expect_best(values);
  const std::string history = read_file(folder_ / "model" / "metrics.jsonl");
  EXPECT_NE(history.find("\"metric\":100.0"), std::string::npos) << history;
}

// -------------------------------------------------------------------------------- pictures ---

TEST_F(TrainingData, APictureOfAnEmptyAnswerSaysSo) {
  ASSERT_EQ(train({file("pairs.tsv", refusing_pairs(300)), "--allow-empty-targets"}, 250).exit_code,
            0);
  const RunResult shown = attend({"show", "-m", model(), "ax", "bb"});
  EXPECT_EQ(shown.exit_code, 0) << shown.error;
  EXPECT_NE(shown.out.find("(empty)"), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("bb → bb"), std::string::npos) << shown.out;
  for (const char* name : {"one.svg", "one.png", "one.html"}) {
    const std::string picture = (folder_ / name).string();
    EXPECT_EQ(attend({"show", "-m", model(), "ax", "-o", picture}).exit_code, 0) << name;
    EXPECT_GT(fs::file_size(picture), 300U) << name;
  }
  EXPECT_NE(read_file(folder_ / "one.svg").find("(empty)"), std::string::npos);
  const std::string page = (folder_ / "all.html").string();
  EXPECT_EQ(attend({"show", "-m", model(), "ax", "bb", "cccx", "-o", page}).exit_code, 0);
  EXPECT_NE(read_file(page).find("(empty)"), std::string::npos);
  EXPECT_EQ(attend({"show", "-m", model(), "ax", "bbx"}).exit_code, 0);
  EXPECT_EQ(attend({"show", "-m", model(), "ax", "--explain"}).exit_code, 0);
}

}  // namespace
}  // namespace attend::end_to_end
