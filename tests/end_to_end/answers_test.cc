// Tests of answers, and of what is left out of them: long sources and targets, improbable answers,
// given targets, formats, notices of a service.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <thread>

#include "end_to_end/failure.h"
#include "end_to_end/models.h"
#include "testing.h"

namespace attend::end_to_end {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::read_file;
using testing::TemporaryFolder;
using testing::write_file;

RunResult run_on(const std::string& input, std::vector<std::string> arguments) {
  RunOptions options;
  options.standard_input = input;
  return attend(arguments, options);
}

std::string strings() { return models().strings.string(); }

std::string predict(const std::string& input, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"predict", "-m", strings()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const RunResult result = run_on(input, arguments);
  EXPECT_EQ(result.exit_code, 0) << result.error;
  return result.out;
}

// ---------------------------------------------------------------------------- long sources ---

std::string long_source(std::size_t sentences) {
  std::string text;
  for (std::size_t i = 0; i < sentences; ++i) text += "abc ab! ";
  return text;
}

TEST(LongSources, AreCutSkippedOrSplit) {
  const std::string input = "ab\n" + long_source(20) + "\nab\n";  // 159 units
  const auto run = [&](const char* choice) {
    return run_on(input, {"predict", "-m", strings(), "--maximum-source-length", "20",
                          "--long-sources", choice, "--format", "json"});
  };
  const RunResult cut = run("cut"), skipped = run("skip"), split = run("split");
  for (const RunResult* result : {&cut, &skipped, &split}) {
    EXPECT_EQ(result->exit_code, 0);
    EXPECT_EQ(lines_of(result->out).size(), 3U);
    EXPECT_THAT(result->error,
                HasSubstr("attend predict: standard input:2: a source of 159 units"));
  }
  EXPECT_THAT(cut.error, HasSubstr("was cut to its first 20 (--maximum-source-length)"));
  EXPECT_EQ(Json::parse(lines_of(cut.out)[1])["source_units"].size(), 20U);
  EXPECT_EQ(Json::parse(lines_of(skipped.out)[1])["predictions"], Json::array());
  EXPECT_THAT(split.error, HasSubstr("was answered in 10 parts"));
  const Json answer = Json::parse(lines_of(split.out)[1]);
  EXPECT_EQ(answer["source_units"].size(), 159U);
  EXPECT_EQ(answer["columns"].size(), 159U - 9 + 10) << "no blank between parts, each with </s>";
}

TEST(LongSources, AreBoundedByDefault) {
  const RunResult result =
      run_on(std::string(50'000, 'a') + "\nab\n", {"predict", "-m", strings()});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(lines_of(result.out).size(), 2U);
  EXPECT_EQ(lines_of(result.out)[1] + "\n", predict("ab\n"));
  EXPECT_THAT(result.error, HasSubstr("standard input:1: a source of 50000 units was cut"));
}

TEST(LongTargets, AreBounded) {
  const RunResult result =
      run_on(std::string(900, 'a') + "\n", {"predict", "-m", strings(), "--maximum-length", "7"});
  EXPECT_LE(lines_of(result.out)[0].size(), 7U * 4);
  const RunResult score =
      run_on("ab\tabababab\nab\tba\n", {"score", "-m", strings(), "-", "--maximum-length", "7"});
  EXPECT_EQ(lines_of(score.out)[0], "");
  EXPECT_NE(lines_of(score.out)[1], "");
  EXPECT_THAT(score.error, HasSubstr("standard input:1: a target of 8 units, expected at most 7"));
}

// ------------------------------------------------------------------------ minimum probability ---

TEST(MinimumProbability, LeavesAnswersEmptyAndSaysSo) {
  const std::string input = "ab\nzzzzzz\nabc\n";
  const std::vector<std::string> all{"predict", "-m", strings(), "--format", "json"};
  std::vector<double> probabilities;
  for (const std::string& line : lines_of(run_on(input, all).out)) {
    const double log_probability = Json::parse(line)["predictions"][0]["log_probability"];
    probabilities.push_back(std::exp(log_probability));
  }
  const double lowest = *std::min_element(probabilities.begin(), probabilities.end());
  const double highest = *std::max_element(probabilities.begin(), probabilities.end());
  const double border = (lowest + highest) / 2;
  auto arguments = all;
  arguments.insert(arguments.end(), {"--minimum-probability", std::to_string(border)});
  const RunResult result = run_on(input, arguments);
  EXPECT_EQ(result.exit_code, 0);
  std::size_t empty = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const Json json = Json::parse(lines_of(result.out)[i]);
    EXPECT_EQ(json["predictions"].empty(), probabilities[i] < border);
    EXPECT_EQ(json.contains("withheld_probability"), probabilities[i] < border);
    empty += json["predictions"].empty() ? 1 : 0;
  }
  ASSERT_GT(empty, 0U);
  EXPECT_THAT(result.error, HasSubstr("less probable than --minimum-probability"));
  for (const char* bad : {"-0.1", "1.5", "nan"}) {
    EXPECT_TRUE(refused(run_on("ab\n", {"predict", "-m", strings(), "--minimum-probability", bad}),
                        kUsage, {bad}));
  }
}

// --------------------------------------------------------------------------- given targets ---

TEST(GivenTargets, AreShownAsTheyWereGiven) {
  // The target has a decomposed é, two blanks and a word that the model does not know.
  const std::string target = "the e\u0301  QQQ cat";
  for (const char* command : {"align", "score"}) {
    const RunResult result = run_on("the cat\t" + target + "\n",
                                    {command, "-m", models().words.string(), "--json", "-"});
    EXPECT_EQ(result.exit_code, 0);
    const Json prediction = Json::parse(result.out)["predictions"][0];
    EXPECT_EQ(prediction["text"], target);
    std::vector<std::string> raw;
    for (const Json& unit : prediction["units"]) {
      const std::size_t begin = unit["bytes"][0], end = unit["bytes"][1];
      raw.push_back(target.substr(begin, end - begin));
    }
    EXPECT_EQ(raw, (std::vector<std::string>{"the", "e\u0301", "QQQ", "cat"}));
    EXPECT_EQ(prediction["units"][2]["text"], "QQQ");
    EXPECT_THAT(prediction["unknown"].get<std::vector<std::string>>(), ::testing::Contains("QQQ"));
    for (const Json& link : prediction["links"]) {
      EXPECT_EQ(link["target_bytes"], prediction["units"][link["target"].get<int>()]["bytes"]);
    }
    EXPECT_THAT(result.error, HasSubstr(std::string("attend ") + command));
    EXPECT_THAT(result.error, HasSubstr("of 1 targets"));
    EXPECT_THAT(result.error, HasSubstr("'QQQ'"));
  }
}

TEST(GivenTargets, UnknownUnitsOfReferencesAreReported) {
  const RunResult result =
      run_on("the cat\tthe QQQ\n", {"evaluate", "-m", models().words.string(), "-"});
  EXPECT_THAT(result.error,
              ::testing::AllOf(HasSubstr("in 1 of 1 references: "), HasSubstr("'QQQ' (1)")));
}

// ------------------------------------------------------------------------------- formats ---

// Trains a model that has learnt these pairs by heart.
std::filesystem::path train_on(const TemporaryFolder& folder, const std::string& pairs) {
  write_file(folder / "pairs.tsv", pairs);
  const std::string model = (folder / "model").string();
  const RunResult result = attend({"train",     (folder / "pairs.tsv").string(),
                                   "--valid",   (folder / "pairs.tsv").string(),
                                   "-m",        model,
                                   "--set",     "source.unit=words",
                                   "--set",     "target.unit=words",
                                   "--set",     "encoder.units=16",
                                   "--set",     "decoder.units=16",
                                   "--set",     "training.learning_rate=0.05",
                                   "--updates", "150",
                                   "--threads", "1"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  return model;
}

TEST(Formats, EscapeWhatSeparates) {
  const TemporaryFolder folder;
  const std::string model =
      train_on(folder, "one\tein ||| weiss\ntwo\tzwei a||||b\nthree\tdrei\n").string();
  const RunResult moses = run_on("one\ntwo\n", {"predict", "-m", model, "--format", "moses"});
  const auto lines = lines_of(moses.out);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_THAT(lines[0], HasSubstr("0 ||| ein &#124;&#124;&#124; weiss ||| logprob= "));
  EXPECT_THAT(lines[1], HasSubstr("1 ||| zwei a&#124;&#124;&#124;|b ||| logprob= "));
  const RunResult text = run_on("one\n", {"predict", "-m", model});
  EXPECT_EQ(text.out, "ein ||| weiss\n");
}

TEST(Formats, JsonHasNoCharacterThatEndsALine) {
  const std::string out = predict("a\u2028b\u2029c\u0085d\n", {"--format", "json"});
  for (const char* end : {"\u2028", "\u2029", "\u0085"}) EXPECT_THAT(out, Not(HasSubstr(end)));
  EXPECT_EQ(Json::parse(out)["source"], "a\u2028b\u2029c\u0085d");
}

TEST(Formats, KeepTheColumnOfAnEmptyBestPrediction) {
  // After few updates on targets that all differ, the end is the most probable token.
  const TemporaryFolder folder;
  std::string pairs;
  for (int i = 1; i <= 60; ++i) pairs += "s" + std::to_string(i) + "\tt" + std::to_string(i) + "\n";
  write_file(folder / "p.tsv", pairs);
  const std::string model = (folder / "model").string();
  attend({"train", (folder / "p.tsv").string(), "-m", model, "--set", "source.unit=words", "--set",
          "target.unit=words", "--set", "encoder.units=16", "--set", "decoder.units=16",
          "--updates", "40", "--threads", "1"});
  const std::vector<std::string> more{"-b", "3", "--n-best", "3"};
  std::vector<std::string> json{"predict", "-m", model, "--format", "json"},
      text{"predict", "-m", model};
  json.insert(json.end(), more.begin(), more.end());
  text.insert(text.end(), more.begin(), more.end());
  std::string expected;
  const Json answer = Json::parse(run_on("s1\n", json).out);
  bool some_empty = false;
  for (std::size_t k = 0; k < answer["predictions"].size(); ++k) {
    const std::string one = answer["predictions"][k]["text"];
    expected += (k > 0 ? "\t" : "") + one;
    some_empty = some_empty || (k == 0 && one.empty());
  }
  ASSERT_TRUE(some_empty) << "this model does not prefer the empty target: " << answer;
  EXPECT_EQ(run_on("s1\n", text).out, expected + "\n");
}

// -------------------------------------------------------------------------------- services ---

TEST(Services, AreToldOfUnknownUnitsWhileTheyRun) {
  const TemporaryFolder folder;
  const std::string messages = (folder / "messages").string();
  write_file(messages, "");
  const std::string command = "'" + (testing::binary_folder() / "attend").string() +
                              "' predict -m '" + strings() + "' --line-buffered > /dev/null 2> '" +
                              messages + "'";
  FILE* program = popen(command.c_str(), "w");
  ASSERT_NE(program, nullptr);
  std::fputs("ab\nazb\n", program);
  std::fflush(program);
  const std::string expected = "attend predict: standard input:2: 1 unknown unit: 'z'\n";
  for (int i = 0; i < 1000 && read_file(messages) != expected; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(read_file(messages), expected);
  pclose(program);
}

}  // namespace
}  // namespace attend::end_to_end
