// Tests of options of the command line that models of labels take otherwise than other models.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "end_to_end/failure.h"
#include "end_to_end/models.h"
#include "end_to_end/program.h"
#include "testing.h"

namespace attend::end_to_end {
namespace {

using testing::read_file;
using testing::TemporaryFolder;
using testing::write_file;

std::string pairs() {
  std::string text;
  for (int i = 0; i < 150; ++i) {
    text += "aa bb cc " + std::to_string(i) + "\tvery good\n";
    text += "xx yy " + std::to_string(i) + "\tbad\n";
  }
  return text;
}

// One model of two labels for all tests.
class LabelOptions : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryFolder>();
    write_file(*folder_ / "pairs.tsv", pairs());
    std::vector<std::string> arguments{"train", file("pairs.tsv"), "-m", file("model")};
    for (const std::string& option : tiny_options(150)) arguments.push_back(option);
    for (const char* setting :
         {"target.unit=whole", "target.end_token=false", "target.fixed_length=1",
          "decoder.cell=none", "decoder.initial_state=zero", "decoder.feedback=none"}) {
      arguments.insert(arguments.end(), {"--set", setting});
    }
    trained_ = attend(arguments);
  }
  static void TearDownTestSuite() { folder_.reset(); }
  void SetUp() override { ASSERT_EQ(trained_.exit_code, 0) << trained_.error; }

  static std::string file(const std::string& name) { return (*folder_ / name).string(); }
  static RunResult run_on(const std::string& input, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin() + 1, {"-m", file("model")});
    RunOptions options;
    options.standard_input = input;
    return attend(arguments, options);
  }

  static inline std::unique_ptr<TemporaryFolder> folder_;
  static inline RunResult trained_;
};

bool says(const RunResult& result, const std::string& part) {
  return result.error.find(part) != std::string::npos;
}

// The calibration is that of the probabilities of all labels, so nothing may leave labels out.
TEST_F(LabelOptions, OfASearchAreRefusedByEvaluate) {
  for (const std::vector<std::string>& option : {std::vector<std::string>{"--forbid", "bad"},
                                                 {"--forbid", "unheard"},
                                                 {"--prefix", "bad"},
                                                 {"--require", "bad"},
                                                 {"--minimum-length", "1"},
                                                 {"--minimum-ratio", "1"},
                                                 {"--coverage", "1", "-b", "2"},
                                                 {"--no-repeat-ngrams", "1"},
                                                 {"--forbid-unknown"},
                                                 {"--replace-unknown"},
                                                 {"--sample"},
                                                 {"--sample", "--temperature", "2"},
                                                 {"--sample", "--top-k", "1"}}) {
    std::vector<std::string> arguments{"evaluate", "-"};
    arguments.insert(arguments.end(), option.begin(), option.end());
    EXPECT_TRUE(refused(run_on("xx yy 9\tbad\n", arguments), kUsage,
                        {option.front() + ": ", "the probabilities of all labels"}))
        << option.back();
  }
  const std::string folder = copy_model(file("model"), file("shortlisted")).string();
  const RunResult learned = attend({"shortlist", "-m", folder, file("pairs.tsv")});
  ASSERT_EQ(learned.exit_code, 0) << learned.error;
  EXPECT_TRUE(refused(attend({"evaluate", "-m", folder, file("pairs.tsv"), "--shortlist"}), kUsage,
                      {"--shortlist: ", "the probabilities of all labels"}));
  const RunResult predicted = run_on("xx yy 9\n", {"predict", "--forbid", "bad"});
  EXPECT_EQ(predicted.out.rfind("very good\t", 0), 0u) << predicted.out << predicted.error;
}

TEST_F(LabelOptions, OfSamplingDrawOneLabel) {
  EXPECT_TRUE(refused(run_on("xx yy 9\n", {"predict", "--top", "2", "--sample"}), kUsage,
                      {"--top and --sample: ", "--n-best N draws N labels"}));
  const RunResult drawn = run_on("xx yy 9\n", {"predict", "--sample", "--n-best", "3"});
  EXPECT_EQ(drawn.exit_code, 0) << drawn.error;
  const RunResult shown = run_on("", {"show", "xx yy 9", "--sample", "--temperature", "0.001"});
  EXPECT_EQ(shown.exit_code, 0) << shown.error;
  EXPECT_EQ(shown.out.rfind("bad  ", 0), 0u) << shown.out;
  EXPECT_EQ(shown.out.find("very good"), std::string::npos) << shown.out;
}

// `attend predict` writes probabilities behind labels, which are no predictions.
TEST_F(LabelOptions, OfPredictMakeAFileOfHypotheses) {
  write_file(file("references"), "bad\nvery good\n");
  const auto evaluate = [&](std::vector<std::string> more) {
    more.insert(more.begin(), "predict");
    write_file(file("predicted"), run_on("xx yy 9\naa bb cc 7\n", more).out);
    return attend({"evaluate", "--hypotheses", file("predicted"), file("references"), "--metrics",
                   "accuracy", "--value"});
  };
  EXPECT_TRUE(
      refused(evaluate({}), kData,
              {"predicted:1: found a TAB", "attend predict --n-best 1 writes labels alone"}));
  EXPECT_EQ(evaluate({"--n-best", "1"}).out, "100.00\n");
}

TEST_F(LabelOptions, OfAFileMayNameLabelsThatNoModelKnows) {
  const RunResult one = run_on("xx yy 9\tbad\nxx yy 8\tvery odd\n", {"evaluate", "-"});
  EXPECT_TRUE(says(one,
                   "attend evaluate: 1 label that the model does not know in 1 of 2 references: "
                   "'very odd' (1)\n"))
      << one.error;
  const RunResult more = run_on("xx yy 9\todd\nxx yy 8\tvery odd\n", {"evaluate", "-"});
  EXPECT_TRUE(says(more, ": 2 labels that the model does not know in 2 of 2 references: "))
      << more.error;
}

// Writes a copy of a model's configuration as if its temperatures had been fitted.
void write_fitted(const std::string& model, const std::string& file) {
  std::string config = read_file(model + "/config.yml");
  for (const char* name : {"\n  temperature: ", "\n  line_temperature: "}) {
    const std::size_t begin = config.find(name) + std::string_view(name).size();
    config.replace(begin, config.find('\n', begin) - begin, "3");
  }
  write_file(file, config);
}

TEST_F(LabelOptions, OfSeveralModelsNameNoTemperature) {
  const std::string second = copy_model(file("model"), file("second")).string();
  write_fitted(second, second + "/config.yml");
  RunOptions input;
  input.standard_input = "xx yy 9\tbad\naa bb cc 7\tvery good\n";
  const auto evaluate = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"evaluate", "-m", file("model"), "-m", second, "-"});
    const RunResult result = attend(more, input);
    EXPECT_EQ(result.exit_code, 0) << result.error;
    return result.out;
  };
  const std::string table = evaluate({"--reliability", file("several.svg")});
  EXPECT_NE(table.find("\nexpected calibration error "), std::string::npos) << table;
  EXPECT_EQ(table.find("temperature"), std::string::npos) << table;
  EXPECT_EQ(read_file(file("several.svg")).find("temperature"), std::string::npos);
  const nlohmann::json json = nlohmann::json::parse(evaluate({"--json"}));
  EXPECT_TRUE(json["calibration"].contains("temperature"));
  EXPECT_TRUE(json["calibration"]["temperature"].is_null());
}

TEST_F(LabelOptions, OfAnotherFolderBringNoTemperatures) {
  write_fitted(file("model"), file("fitted.yml"));
  std::vector<std::string> arguments{
      "train",    file("pairs.tsv"), "-m",        file("new"), "-c",    file("fitted.yml"),
      "--epochs", "100000",          "--updates", "0",         "--set", "training.patience=0"};
  RunOptions options;
  options.signal = TimedSignal{SIGINT, std::chrono::microseconds(0),
                               [] { return std::filesystem::exists(file("new/metrics.jsonl")); }};
  const RunResult interrupted = attend(arguments, options);
  ASSERT_EQ(interrupted.exit_code, 130) << interrupted.error;
  for (const char* name : {"temperature", "line_temperature"}) {
    EXPECT_TRUE(says(interrupted, file("fitted.yml") + ": decoder." + name +
                                      " 3 belongs to other weights and is not taken\n"))
        << interrupted.error;
  }
  const std::string stored = read_file(file("new/config.yml"));
  EXPECT_NE(stored.find("\n  temperature: 1\n"), std::string::npos) << stored;
  EXPECT_NE(stored.find("\n  line_temperature: 1\n"), std::string::npos) << stored;
}

TEST_F(LabelOptions, OfAnotherFolderGoWithAMixture) {
  write_fitted(models().strings.string(), file("strings.yml"));
  write_file(file("strings.tsv"), to_tsv(string_pairs(60, 3)));
  const auto train = [&](const std::string& model, std::vector<std::string> more) {
    more.insert(more.begin(), {"train", file("strings.tsv"), "-m", file(model), "-c",
                               file("strings.yml"), "--updates", "1"});
    return attend(more);
  };
  const RunResult copying = train("copying", {"--set", "decoder.copy=pointer"});
  EXPECT_EQ(copying.exit_code, 0) << copying.error;
  const RunResult hard =
      train("hard", {"--set", "attention.kind=hard", "--set", "decoder.order=update-look-generate",
                     "--set", "attention.score=general"});
  EXPECT_EQ(hard.exit_code, 0) << hard.error;
  const RunResult asked = train("asked", {"--set", "decoder.line_temperature=2"});
  EXPECT_EQ(asked.exit_code, 0) << asked.error;
  EXPECT_NE(read_file(file("asked/config.yml")).find("\n  line_temperature: 2\n"),
            std::string::npos);
}

}  // namespace
}  // namespace attend::end_to_end
