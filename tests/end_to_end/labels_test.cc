// Tests of models that answer with labels, as docs/labels.md describes them.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "end_to_end/failure.h"
#include "end_to_end/models.h"
#include "end_to_end/program.h"
#include "testing.h"

namespace attend::end_to_end {
namespace {

using testing::TemporaryFolder;
using testing::write_file;

constexpr const char* kOptions =
    "target:\n  unit: whole\n  end_token: false\n  fixed_length: 1\n"
    "decoder:\n  cell: none\n  initial_state: zero\n  feedback: none\n"
    "training:\n  metric: accuracy\n";

std::string pairs() {
  std::string text;
  for (int i = 0; i < 150; ++i) {
    text += "aa bb cc " + std::to_string(i) + "\tvery good\n";
    text += "xx yy " + std::to_string(i) + "\tbad\n";
  }
  return text;
}

// One model for all tests.
class Labels : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryFolder>();
    write_file(*folder_ / "pairs.tsv", pairs());
    write_file(*folder_ / "labels.yml", kOptions);
    std::vector<std::string> arguments{"train", file("pairs.tsv"), "-m", file("model"),
                                       "-c",    file("labels.yml")};
    for (const std::string& option : tiny_options(150)) arguments.push_back(option);
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

TEST_F(Labels, ArePredictedByTheirProbability) {
  const RunResult best = run_on("aa bb cc 7\nxx yy 9\n", {"predict"});
  const std::vector<std::string> lines = lines_of(best.out);
  ASSERT_EQ(lines.size(), 2u) << best.error;
  EXPECT_EQ(lines[0].rfind("very good\t", 0), 0u) << best.out;
  EXPECT_EQ(lines[1].rfind("bad\t", 0), 0u) << best.out;
  EXPECT_GT(std::stod(lines[1].substr(4)), 0.5);
  EXPECT_EQ(lines[1].size(), std::string("bad\t0.1234").size());
  const RunResult alone = run_on("xx yy 9\n", {"predict", "--n-best", "1"});
  EXPECT_EQ(alone.out, "bad\n") << alone.error;
  const RunResult both = run_on("xx yy 9\n", {"predict", "-b", "2", "--n-best", "2"});
  EXPECT_EQ(both.out, "bad\tvery good\n") << both.error;
}

TEST_F(Labels, OfTheTopHaveProbabilitiesThatSumToOne) {
  const RunResult top = run_on("xx yy 9\n\n", {"predict", "--top", "2"});
  EXPECT_EQ(top.exit_code, 0) << top.error;
  std::istringstream stream(top.out);
  std::string first, p, second, q;
  std::getline(stream, first, '\t');
  std::getline(stream, p, '\t');
  std::getline(stream, second, '\t');
  std::getline(stream, q);
  EXPECT_EQ(first, "bad");
  EXPECT_EQ(second, "very good");
  EXPECT_GE(std::stod(p), std::stod(q));
  EXPECT_NEAR(std::stod(p) + std::stod(q), 1, 2e-4);
  std::string blank = "?";
  std::getline(stream, blank);
  EXPECT_EQ(blank, "") << "a blank line has an empty answer";
  EXPECT_EQ(run_on("xx yy 9\n\n", {"predict", "--top", "1000"}).out, top.out);
}

TEST_F(Labels, AreTheOnlyAnswersWithATop) {
  EXPECT_TRUE(refused(attend({"predict", "-m", models().strings.string(), "--top", "2"}), kUsage,
                      {"--top", "does not answer with labels"}));
  EXPECT_TRUE(refused(run_on("xx\n", {"predict", "--top", "2", "--n-best", "2", "-b", "2"}), kUsage,
                      {"--top"}));
  EXPECT_TRUE(refused(run_on("xx\n", {"predict", "--top", "0"}), kUsage, {"--top"}));
}

TEST_F(Labels, HaveTheirWordsAndWeightsInJson) {
  const RunResult result = run_on("xx  yy 9\n\n", {"predict", "--top", "2", "--format", "json"});
  const std::vector<std::string> lines = lines_of(result.out);
  ASSERT_EQ(lines.size(), 2u) << result.error;
  const nlohmann::json json = nlohmann::json::parse(lines[0]);
  ASSERT_EQ(json["labels"].size(), 2u);
  EXPECT_EQ(json["labels"][0]["label"], "bad");
  EXPECT_NEAR(json["labels"][0]["probability"].get<double>(),
              std::exp(json["predictions"][0]["log_probability"].get<double>()), 1e-9);
  EXPECT_FALSE(json.contains("sentences"));  // the encoder has one level
  ASSERT_EQ(json["words"].size(), json["source_units"].size());
  for (std::size_t j = 0; j < json["words"].size(); ++j) {
    const nlohmann::json& word = json["words"][j];
    EXPECT_EQ(word["text"], json["source_units"][j]["text"]);
    EXPECT_EQ(word["begin"], json["source_units"][j]["bytes"][0]);
    EXPECT_EQ(word["end"], json["source_units"][j]["bytes"][1]);
    EXPECT_EQ(word["weight"], json["predictions"][0]["alignment"][0][j]);
  }
  const nlohmann::json blank = nlohmann::json::parse(lines[1]);
  EXPECT_TRUE(blank["labels"].empty());
  EXPECT_FALSE(blank.contains("words"));
}

TEST_F(Labels, AreMeasuredByAccuracyUnlessOtherMetricsAreNamed) {
  const std::string test =
      "aa bb cc 7\tvery good\nxx yy 9\tbad\nxx yy 8\tbad\nxx yy 5\tvery good\n";
  const auto measured = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"evaluate", "-", "--json"});
    const RunResult result = run_on(test, more);
    EXPECT_EQ(result.exit_code, 0) << result.error;
    return nlohmann::json::parse(result.out);
  };
  const nlohmann::json usual = measured({});
  EXPECT_EQ(usual["accuracy"], 75.0);
  EXPECT_TRUE(usual.contains("macro_f1"));
  EXPECT_FALSE(usual.contains("bleu"));
  const nlohmann::json named = measured({"--metrics", "exact_match"});
  EXPECT_EQ(named["exact_match"], 75.0);
  EXPECT_FALSE(named.contains("accuracy"));
}

// Three pairs are right and one is wrong.
constexpr const char* kTest =
    "aa bb cc 7\tvery good\nxx yy 9\tbad\nxx yy 8\tbad\nxx yy 5\tvery good\n";

TEST_F(Labels, HaveATablePerClass) {
  const RunResult result = run_on(kTest, {"evaluate", "-"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  // The table by length stays above it.
  EXPECT_EQ(result.out.rfind("length ", 0), 0U) << result.out;
  for (const char* line : {
           "\nlabel           precision    recall        F1   support\n",
           "\nbad                 66.67    100.00     80.00         2\n",
           "\nvery good          100.00     50.00     66.67         2\n",
           "\nmacro average       83.33     75.00     73.33         4\n",
           "\nmicro average       75.00     75.00     75.00         4\n",
           "\nexpected calibration error ",
           "\nnegative log-likelihood ",
           "\ntemperature ",
       }) {
    EXPECT_NE(result.out.find(line), std::string::npos) << line << result.out;
  }
  const RunResult value = run_on(kTest, {"evaluate", "-", "--metrics", "micro_f1", "--value"});
  EXPECT_EQ(value.out, "75.00\n") << value.error;
}

TEST_F(Labels, HaveScoresConfusionsAndCalibrationInJson) {
  const RunResult result = run_on(kTest, {"evaluate", "-", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  const nlohmann::json json = nlohmann::json::parse(result.out);
  ASSERT_EQ(json["labels"].size(), 2U);
  EXPECT_EQ(json["labels"][0]["label"], "bad");
  EXPECT_EQ(json["labels"][0]["support"], 2);
  EXPECT_EQ(json["labels"][0]["predicted"], 3);
  EXPECT_EQ(json["labels"][0]["correct"], 2);
  EXPECT_EQ(json["labels"][0]["recall"], 100.0);
  EXPECT_EQ(json["micro"]["f1"], 75.0);
  EXPECT_NEAR(json["macro"]["f1"].get<double>(), 73.33, 0.01);
  EXPECT_EQ(json["confusion"]["labels"], (std::vector<std::string>{"bad", "very good"}));
  EXPECT_EQ(json["confusion"]["counts"], (std::vector<std::vector<int>>{{2, 0}, {1, 1}}));
  const nlohmann::json& calibration = json["calibration"];
  EXPECT_EQ(calibration["examples"], 4);
  EXPECT_EQ(calibration["unknown"], 0);
  EXPECT_EQ(calibration["accuracy"], 75.0);
  EXPECT_EQ(calibration["bins"].size(), 15U);
  std::size_t examples = 0;
  for (const auto& bin : calibration["bins"]) examples += bin["examples"].get<std::size_t>();
  EXPECT_EQ(examples, 4U);
  EXPECT_FALSE(json.contains("fitted"));
}

TEST_F(Labels, CanBeIgnoredInAverages) {
  const RunResult result = run_on(kTest, {"evaluate", "-", "--json", "--ignore-label", "bad"});
  const nlohmann::json json = nlohmann::json::parse(result.out);
  EXPECT_NEAR(json["macro"]["f1"].get<double>(), 66.67, 0.01);
  EXPECT_NEAR(json["macro_f1"].get<double>(), 66.67, 0.01);
  EXPECT_EQ(json["accuracy"], 75.0);
  EXPECT_TRUE(refused(run_on(kTest, {"evaluate", "-", "--ignore-label", "goood"}), kUsage,
                      {"--ignore-label", "'goood'"}));
  EXPECT_TRUE(refused(
      run_on(kTest, {"evaluate", "-", "--ignore-label", "bad", "--ignore-label", "very good"}),
      kUsage, {"all are ignored"}));
}

TEST_F(Labels, HaveTheirConfusionsAndReliabilityInFiles) {
  const RunResult result = run_on(kTest, {"evaluate", "-", "--confusion", file("confusion.tsv"),
                                          "--reliability", file("reliability.svg")});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(testing::read_file(file("confusion.tsv")),
            "expected\tbad\tvery good\nbad\t2\t0\nvery good\t1\t1\n");
  EXPECT_NE(testing::read_file(file("reliability.svg")).find("expected calibration error"),
            std::string::npos);
  EXPECT_EQ(run_on(kTest, {"evaluate", "-", "--confusion", file("confusion.svg")}).exit_code, 0);
  const std::string svg = testing::read_file(file("confusion.svg"));
  EXPECT_NE(svg.find("expected “\u2068very good\u2069”, predicted “\u2068bad\u2069”: 1 of 2"),
            std::string::npos)
      << svg;
  EXPECT_TRUE(refused(run_on(kTest, {"evaluate", "-", "--confusion", file("confusion.gif")}),
                      kUsage, {"--confusion", ".tsv, .svg or .png"}));
  EXPECT_TRUE(refused(run_on(kTest, {"evaluate", "-", "--reliability", file("r.png")}), kUsage,
                      {"--reliability", ".svg"}));
  EXPECT_TRUE(refused(run_on(kTest, {"evaluate", "-", "--confusion", file("same.svg"),
                                     "--reliability", file("same.svg")}),
                      kUsage, {"--confusion and --reliability"}));
}

TEST_F(Labels, GetATemperatureThatIsStored) {
  const std::string folder = copy_model(file("model"), file("fitted")).string();
  RunOptions input;
  input.standard_input = kTest;
  const RunResult fitted = attend(
      {"evaluate", "-m", folder, "-", "--fit-temperature", "--json", "--metrics", "accuracy"},
      input);
  EXPECT_EQ(fitted.exit_code, 0) << fitted.error;
  const nlohmann::json first = nlohmann::json::parse(fitted.out);
  const double temperature = first["fitted"]["temperature"].get<double>();
  EXPECT_LE(first["fitted"]["negative_log_likelihood"].get<double>(),
            first["calibration"]["negative_log_likelihood"].get<double>() + 1e-9);
  // The folder is loaded with it, and says what was promised.
  const RunResult again = attend({"evaluate", "-m", folder, "-", "--json"}, input);
  EXPECT_EQ(again.exit_code, 0) << again.error;
  const nlohmann::json second = nlohmann::json::parse(again.out);
  EXPECT_EQ(second["calibration"]["temperature"].get<double>(), temperature);
  EXPECT_NEAR(second["calibration"]["negative_log_likelihood"].get<double>(),
              first["fitted"]["negative_log_likelihood"].get<double>(), 1e-4);
  EXPECT_NEAR(second["calibration"]["expected_calibration_error"].get<double>(),
              first["fitted"]["expected_calibration_error"].get<double>(), 1e-2);
  EXPECT_EQ(second["accuracy"], first["accuracy"]);
  // Fitted once more on the same pairs, it stays.
  const RunResult third =
      attend({"evaluate", "-m", folder, "-", "--fit-temperature", "--json"}, input);
  EXPECT_NEAR(nlohmann::json::parse(third.out)["fitted"]["temperature"].get<double>(), temperature,
              1e-3 * temperature);
  const RunResult table = attend({"evaluate", "-m", folder, "-", "--fit-temperature"}, input);
  EXPECT_NE(table.out.find("before       after\n"), std::string::npos) << table.out;
}

TEST_F(Labels, FitATemperatureAtTheEndOfItsRangeWithANotice) {
  const std::string folder = copy_model(file("model"), file("at-the-end")).string();
  RunOptions input;
  input.standard_input = "aa bb cc 7\tbad\nxx yy 9\tvery good\n";  // both are wrong
  const RunResult fitted = attend({"evaluate", "-m", folder, "-", "--fit-temperature"}, input);
  EXPECT_EQ(fitted.exit_code, 0) << fitted.error;
  EXPECT_NE(fitted.error.find(" the largest "), std::string::npos) << fitted.error;
  input.standard_input = kTest;
  const RunResult usual = attend({"evaluate", "-m", folder, "-", "--fit-temperature"}, input);
  EXPECT_EQ(usual.error.find(" the largest "), std::string::npos) << usual.error;
}

// With lower temperatures the probability of the best label comes as near to 1 as one likes, and
// its logarithm as near to 0.
TEST_F(Labels, HaveLogProbabilitiesWithoutAMinusOfZero) {
  const std::string folder = copy_model(file("model"), file("sharp")).string();
  const std::string config = testing::read_file(folder + "/config.yml");
  const std::size_t begin = config.find("\n  temperature: ") + 1;
  const std::size_t end = config.find('\n', begin);
  RunOptions input;
  input.standard_input = "xx yy 9\tbad\n";
  std::string shown;
  for (const char* temperature : {"1", "0.6", "0.36", "0.21", "0.13", "0.08", "0.05"}) {
    write_file(folder + "/config.yml",
               config.substr(0, begin) + "  temperature: " + temperature + config.substr(end));
    shown += attend({"show", "-m", folder, "xx yy 9", "--explain"}).out;
    shown += attend({"score", "-m", folder, "-"}, input).out;
  }
  EXPECT_NE(shown.find("(log-probability 0.0000)"), std::string::npos) << shown;
  EXPECT_EQ(shown.find("(log-probability -0.0000)"), std::string::npos) << shown;
  EXPECT_EQ(shown.find("-0.000000\n"), std::string::npos) << shown;
}

TEST_F(Labels, ThatNoModelKnowsAreCountedAndFitNothing) {
  const RunResult result = run_on("aa bb 1\tunheard\n", {"evaluate", "-", "--json"});
  const nlohmann::json json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json["calibration"]["unknown"], 1);
  EXPECT_EQ(json["calibration"]["accuracy"], 0.0);
  EXPECT_TRUE(json["calibration"]["negative_log_likelihood"].is_null()) << result.out;
  EXPECT_TRUE(json["calibration"]["bins"][0]["accuracy"].is_null()) << result.out;
  EXPECT_EQ(json["accuracy"], 0.0);
  const RunResult table = run_on("aa bb 1\tunheard\n", {"evaluate", "-"});
  EXPECT_NE(table.out.find("\nnegative log-likelihood                –\n"), std::string::npos)
      << table.out;
  EXPECT_TRUE(failed(run_on("aa bb 1\tunheard\n", {"evaluate", "-", "--fit-temperature"}), kData,
                     {"--fit-temperature"}));
}

TEST_F(Labels, AreWhatSomeOptionsNeed) {
  RunOptions input;
  input.standard_input = "ab\tba\n";
  const std::string strings = models().strings.string();
  for (const std::vector<std::string>& option :
       {std::vector<std::string>{"--confusion", file("c.tsv")},
        {"--reliability", file("r.svg")},
        {"--ignore-label", "ba"}}) {
    std::vector<std::string> arguments{"evaluate", "-m", strings, "-"};
    arguments.insert(arguments.end(), option.begin(), option.end());
    EXPECT_TRUE(refused(attend(arguments, input), kUsage, {option.front(), "no labels"}))
        << option.front();
  }
  EXPECT_TRUE(refused(
      run_on(kTest, {"evaluate", "-", "--fit-temperature", "--metrics", "accuracy", "--value"}),
      kUsage, {"--fit-temperature"}));
  EXPECT_TRUE(refused(run_on(kTest, {"evaluate", "-", "--metrics", "semeval2010"}), kUsage,
                      {"semeval2010", "Cause-Effect(e1,e2)"}));
}

TEST_F(Labels, OfPartsAreNoLabel) {
  EXPECT_TRUE(refused(run_on("aa bb cc 7\n", {"predict", "--long-sources", "split"}), kUsage,
                      {"--long-sources split", "choose cut or skip"}));
  EXPECT_TRUE(refused(run_on("aa\tbad\n", {"evaluate", "-", "--long-sources", "split"}), kUsage,
                      {"--long-sources split"}));
  const RunResult cut = run_on("xx yy 9\n", {"predict", "--maximum-source-length", "2"});
  EXPECT_EQ(cut.out.rfind("bad\t", 0), 0u) << cut.error;
}

TEST_F(Labels, AreShownAboveTheShadedText) {
  const RunResult shown = run_on("", {"show", "xx yy 9"});
  EXPECT_EQ(shown.exit_code, 0) << shown.error;
  EXPECT_EQ(shown.out.rfind("bad        ", 0), 0u) << shown.out;
  EXPECT_NE(shown.out.find("\nvery good  0."), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("of the largest weight of a word"), std::string::npos) << shown.out;
  for (const std::string name : {"shown.svg", "shown.png", "shown.html"}) {
    const RunResult drawn = run_on("", {"show", "xx yy <b>", "-o", file(name)});
    EXPECT_EQ(drawn.exit_code, 0) << drawn.error;
    const std::string picture = testing::read_file(file(name));
    if (name != "shown.png") {
      EXPECT_NE(picture.find("bad"), std::string::npos) << name;
    }
    EXPECT_EQ(picture.find("<b>"), std::string::npos) << name;
  }
  const RunResult two = run_on("", {"show", "xx yy", "aa bb", "-o", file("two.html")});
  EXPECT_EQ(two.exit_code, 0) << two.error;
  EXPECT_TRUE(refused(run_on("", {"show", " "}), kData, {"text:1: "}));
}

TEST_F(Labels, AreExplainedWithBlanks) {
  const RunResult explained = run_on("", {"show", "--explain", "xx yy 9"});
  EXPECT_EQ(explained.exit_code, 0) << explained.error;
  EXPECT_NE(explained.out.find("'very good' 0."), std::string::npos) << explained.out;
  EXPECT_EQ(explained.out.find("very\u2423good"), std::string::npos) << explained.out;
}

// Trains a model of labels with the settings beside those of all tests.
RunResult train_labels(const std::string& pairs, const std::string& model,
                       const std::string& options, const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"train", pairs, "-m", model, "-c", options};
  for (const std::string& option : tiny_options(3)) arguments.push_back(option);
  arguments.insert(arguments.end(), more.begin(), more.end());
  return attend(arguments);
}

TEST_F(Labels, OfAModelThatLooksNowhereHaveProbabilities) {
  const RunResult trained = train_labels(file("pairs.tsv"), file("mean"), file("labels.yml"),
                                         {"--set", "attention.kind=mean"});
  ASSERT_EQ(trained.exit_code, 0) << trained.error;
  const RunResult shown = attend({"show", "-m", file("mean"), "xx yy 9"});
  EXPECT_EQ(shown.exit_code, 0) << shown.error;
  EXPECT_EQ(shown.out.find("→"), std::string::npos) << shown.out;
  for (const char* part : {"bad        0.", "very good  0.", "xx␣yy␣9", "no alignment"}) {
    EXPECT_NE(shown.out.find(part), std::string::npos) << part << shown.out;
  }
  EXPECT_TRUE(refused(attend({"show", "-m", file("mean"), "xx yy 9", "-o", file("mean.svg")}),
                      kUsage, {"--output", "no alignment"}));
}

TEST_F(Labels, OfOtherTasksEndATrainingForSemEval2010BeforeItBegins) {
  EXPECT_TRUE(refused(train_labels(file("pairs.tsv"), file("relations"), file("labels.yml"),
                                   {"--metric", "semeval2010"}),
                      kUsage, {"training.metric: semeval2010: found the label '"}));
  EXPECT_FALSE(std::filesystem::exists(file("relations")));
}

TEST_F(Labels, AreOneToken) {
  const RunResult info = run_on("", {"info"});
  EXPECT_NE(info.out.find("target      2 labels, always 1 token\n"), std::string::npos) << info.out;
  EXPECT_NE(info.out.find("20 source tokens and 1 target token: "), std::string::npos) << info.out;
}

TEST_F(Labels, OfAReservedSpellingAreBadData) {
  write_file(*folder_ / "reserved.tsv", pairs() + "zz\t<unk>\n");
  EXPECT_TRUE(refused(attend({"train", file("reserved.tsv"), "-m", file("new"), "-c",
                              file("labels.yml"), "--updates", "1"}),
                      kData, {"reserved.tsv:301: target: '<unk>' is a reserved spelling"}));
}

}  // namespace
}  // namespace attend::end_to_end
