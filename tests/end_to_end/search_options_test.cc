// Tests what predict, evaluate, score and show do with prefixes, phrases, drawn targets and several
// models. The models are those that tests/pins keeps.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "end_to_end/failure.h"
#include "end_to_end/program.h"
#include "testing.h"

namespace attend::end_to_end {
namespace {

using Json = nlohmann::json;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;
using testing::TemporaryFolder;

using Arguments = std::vector<std::string>;

std::string kept(const std::string& name) {
  return (testing::source_folder() / "tests" / "pins" / "models" / name).string();
}

RunResult run_command(Arguments arguments, const Arguments& more, const std::string& input) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  RunOptions options;
  options.standard_input = input;
  return attend(arguments, options);
}

RunResult predict(const Arguments& more, const std::string& input = "30-12-1985\n2051, julio 5\n") {
  return run_command({"predict", "-m", kept("gru")}, more, input);
}

Arguments predicted(const Arguments& more, const std::string& input = "30-12-1985\n5 July 2051\n") {
  const RunResult result = predict(more, input);
  EXPECT_EQ(result.exit_code, 0) << result.error;
  return lines_of(result.out);
}

TEST(SearchOptions, TargetsHaveWhatIsAskedOfThem) {
  EXPECT_THAT(predicted({"--prefix", "203"}), Each(StartsWith("203")));
  EXPECT_THAT(predicted({"--require", "77", "--require", "3-1", "-b", "3"}), Each(HasSubstr("77")));
  EXPECT_THAT(predicted({"--require", "77", "--require", "3-1", "-b", "3"}),
              Each(HasSubstr("3-1")));
  EXPECT_THAT(predicted({"--forbid", "19", "--forbid", "20"}), Each(Not(HasSubstr("19"))));
  for (const std::string& line : predicted({"--minimum-length", "14"})) EXPECT_GE(line.size(), 14U);
  for (const std::string& line : predicted({"--minimum-ratio", "2"})) EXPECT_GE(line.size(), 20U);
  for (const std::string& line : predicted({"--no-repeat-ngrams", "1"})) {
    EXPECT_EQ(std::set<char>(line.begin(), line.end()).size(), line.size());
  }
  EXPECT_NE(predicted({"-b", "5", "--coverage", "5"}), predicted({"-b", "5"}));
}

TEST(SearchOptions, EveryLineMayAskForItsOwn) {
  const std::string lines = "30-12-1985\t19\n5 July 2051\t\n\n1.2.2003\t20\t77\t-0\n";
  const Arguments found = predicted({"--prefix-column", "2", "--require-column", "3-"}, lines);
  ASSERT_THAT(found, SizeIs(4));
  EXPECT_THAT(found[0], StartsWith("19"));
  EXPECT_EQ(found[1], predicted({}, "5 July 2051\n")[0]);
  EXPECT_EQ(found[2], "");
  EXPECT_THAT(found[3], StartsWith("20"));
  EXPECT_THAT(found[3], HasSubstr("77"));
  EXPECT_THAT(found[3], HasSubstr("-0"));
}

TEST(SearchOptions, WhatIsImpossibleIsSaid) {
  const Arguments impossible{"--require", "2222", "--maximum-length", "3"};
  const RunResult result = predict(impossible);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, "\n\n");
  EXPECT_THAT(result.error,
              HasSubstr("standard input:2: found no target with all required phrases"));
  Arguments strict = impossible;
  strict.emplace_back("--strict");
  EXPECT_TRUE(failed(predict(strict), kData, {"standard input:1", "required phrases"}));
  const RunResult lines = predict({"--prefix-column", "2"}, "1\tx\n1\t1\n");
  EXPECT_EQ(lines.exit_code, 0);
  EXPECT_THAT(lines.error, HasSubstr("standard input:1: prefix 'x': the model cannot write 'x'"));
}

TEST(SearchOptions, MisuseIsRefused) {
  const std::vector<std::pair<Arguments, std::string>> list{
      {{"--prefix", "xyz"}, "--prefix 'xyz': the model cannot write 'x'"},
      {{"--prefix", "\xff"}, "--prefix: byte 1"},
      {{"--prefix", std::string(21, '1'), "--maximum-length", "20"}, "--prefix: found 21 units"},
      {{"--require", "8x"}, "--require '8x': the model cannot write 'x'"},
      {{"--forbid", "x"}, "--forbid 'x': the model cannot write 'x'"},
      {{"--forbid", ""}, "--forbid '': found no unit"},
      {{"--require", ""}, "--require '': found no unit"},
      {{"--minimum-ratio", "4", "--maximum-ratio", "1"}, "--minimum-ratio 4 is larger"},
      {{"--sample", "-b", "2"}, "--beam and --sample"},
      {{"--sample", "--require", "1"}, "--require and --sample"},
      {{"--sample", "--coverage", "1"}, "--coverage and --sample"},
      {{"--sample", "--shortlist"}, "--shortlist"},
      {{"--top-p", "0.5"}, "--sample"},
      {{"--sample", "--top-p", "0"}, "--top-p"},
      {{"--sample", "--temperature", "0"}, "--temperature"},
      {{"--sample", "--seed", "-1"}, "--seed"},
      {{"--coverage", "-1"}, "--coverage"},
      {{"--coverage", "0.2"}, "--coverage: with --beam 1"},
      {{"--confidence", "--format", "moses"}, "--confidence"},
      {{"--ensemble", "probabilities"}, "--ensemble: one model has nothing to average"},
      {{"--no-repeat-ngrams", "-1"}, "--no-repeat-ngrams"},
      {{"--dictionary", "d"}, "--replace-unknown"},
      {{"--replace-unknown", "--forbid-unknown"}, "--forbid-unknown"},
      {{"--minimum-length", "9", "--maximum-length", "5"}, "--minimum-length 9"},
      {{"--prefix-column", "1"}, "share a column"},
      {{"--require-column", "0"}, "--require-column"},
      {{"--ensemble", "sum"}, "--ensemble"},
      {{"-m", kept("one-hot")}, "model 2 does not fit the first one"}};
  for (const auto& [arguments, what] : list) {
    EXPECT_TRUE(refused(predict(arguments), kUsage, {what})) << arguments.front();
  }
  // What does not depend on a line is said before one is read.
  for (const auto& [arguments, what] : list) {
    if (what == "share a column") continue;
    EXPECT_TRUE(refused(predict(arguments, ""), kUsage, {what})) << arguments.front();
  }
  const Arguments average{"--ensemble", "probabilities"};
  for (const Arguments& command :
       std::vector<Arguments>{{"score", "-m", kept("gru"), kept("pairs.tsv")},
                              {"evaluate", "-m", kept("gru"), kept("pairs.tsv")},
                              {"show", "-m", kept("gru"), "30-12-1985"}}) {
    EXPECT_TRUE(refused(run_command(command, average, ""), kUsage, {"--ensemble: one model"}));
  }
  EXPECT_TRUE(refused(
      run_command({"show", "-m", kept("gru"), "1", "--explain", "--replace-unknown"}, {}, ""),
      kUsage, {"--explain and --replace-unknown"}));
  Arguments nine;
  for (int i = 0; i < 9; ++i) nine.insert(nine.end(), {"--require", "1"});
  EXPECT_TRUE(refused(predict(nine), kUsage, {"--require: found 9 phrases, expected at most 8"}));
}

TEST(SearchOptions, ADeadEndIsNoAnswerToBeSureOf) {
  const Arguments stuck{"--no-repeat-ngrams", "1", "--minimum-length", "20"};
  const auto with = [&](Arguments more) {
    more.insert(more.end(), stuck.begin(), stuck.end());
    return predict(more);
  };
  const RunResult json = with({"--format", "json"});
  EXPECT_EQ(json.exit_code, 0);
  const Json prediction = Json::parse(lines_of(json.out)[0])["predictions"][0];
  EXPECT_EQ(prediction["finished"], false);
  EXPECT_EQ(prediction["unfinished"], "no unit may follow");
  EXPECT_TRUE(prediction["confidence"].is_null());
  EXPECT_THAT(json.error, HasSubstr("2 of 2 predictions are not complete: no unit may follow"));
  EXPECT_THAT(json.error, Not(HasSubstr("longest length")));
  for (const std::string& line : lines_of(with({"--confidence"}).out)) EXPECT_EQ(line.back(), '\t');
  EXPECT_THAT(with({"--line-buffered"}).error, HasSubstr("standard input:1: the prediction is not "
                                                         "complete: no unit may follow"));

  Arguments nothing{"--minimum-length", "2", "--forbid-unknown"};
  for (const char digit : std::string("0123456789-")) {
    nothing.insert(nothing.end(), {"--forbid", std::string(1, digit)});
  }
  for (const char* sample : {"--threads=1", "--sample"}) {
    Arguments all = nothing;
    all.emplace_back(sample);
    const RunResult empty = predict(all);
    EXPECT_EQ(empty.out, "\n\n");
    EXPECT_THAT(empty.error, HasSubstr("no unit may follow"));
    EXPECT_THAT(empty.error, Not(HasSubstr("learned too little")));
    EXPECT_THAT(empty.error, Not(HasSubstr("longest length")));
  }

  const RunResult cut = predict({"--maximum-length", "3", "--format", "json"});
  const Json shorter = Json::parse(lines_of(cut.out)[0])["predictions"][0];
  EXPECT_EQ(shorter["unfinished"], "longest length");
  EXPECT_TRUE(shorter["confidence"].is_null());
  EXPECT_THAT(cut.error, HasSubstr("cut at the longest length"));
  const Json whole = Json::parse(lines_of(predict({"--format", "json"}).out)[0])["predictions"][0];
  EXPECT_FALSE(whole.contains("unfinished"));
}

TEST(Sampling, OfShowIsThatOfPredict) {
  const Arguments sources{"30-12-1985", "5 July 2051", "30-12-1985"};
  std::string lines;
  for (const std::string& source : sources) lines += source + "\n";
  const Arguments expected = predicted({"--sample"}, lines);
  for (const Arguments& more : std::vector<Arguments>{{}, {"--explain"}}) {
    Arguments command{"show", "-m", kept("gru"), "--sample"};
    command.insert(command.end(), more.begin(), more.end());
    const std::string shown = run_command(command, sources, "").out;
    for (std::size_t i = 0; i < sources.size(); ++i) {
      EXPECT_THAT(shown, HasSubstr(sources[i] + " → " + expected[i]));
    }
  }
}

TEST(Sampling, DependsOnTheSeedAndTheLineAlone) {
  std::string lines;
  for (int i = 0; i < 30; ++i) lines += "30-12-1985\n";
  const Arguments first = predicted({"--sample", "--n-best", "2"}, lines);
  EXPECT_EQ(predicted({"--sample", "--n-best", "2", "--threads", "3", "--batch-size", "4"}, lines),
            first);
  EXPECT_NE(predicted({"--sample", "--n-best", "2", "--seed", "9"}, lines), first);
  EXPECT_GT(std::set<std::string>(first.begin(), first.end()).size(), 20U) << "lines differ";
  EXPECT_EQ(predicted({"--sample", "--top-k", "1"}, lines), predicted({}, lines));
}

TEST(Unknown, IsReplacedByWhatTheDictionaryHas) {
  // Nothing but <unk> and </s> may be written.
  Arguments only_unknown{"--maximum-length", "2", "--minimum-length", "2"};
  for (const char digit : std::string("0123456789-")) {
    only_unknown.insert(only_unknown.end(), {"--forbid", std::string(1, digit)});
  }
  ASSERT_THAT(predicted(only_unknown, "77\n"), Each(HasSubstr("<unk>")));
  const TemporaryFolder folder;
  const std::string dictionary = (folder / "d.tsv").string();
  testing::write_file(dictionary, "7\tseven \n");
  Arguments replaced = only_unknown;
  replaced.emplace_back("--replace-unknown");
  EXPECT_EQ(predicted(replaced, "77\n"), Arguments{"77"});
  replaced.insert(replaced.end(), {"--dictionary", dictionary});
  EXPECT_EQ(predicted(replaced, "77\n"), Arguments{"seven seven "});
  testing::write_file(dictionary, "7\n");
  EXPECT_TRUE(failed(predict(replaced, "77\n"), kData, {"d.tsv:1: found 1 field"}));
  testing::write_file(dictionary, "7\ta\n \tb\n");
  EXPECT_TRUE(failed(predict(replaced, "77\n"), kData, {"d.tsv:2: found no source word"}));
}

TEST(Ensemble, OfAModelWithItselfIsTheModel) {
  const std::string pairs = kept("pairs.tsv");
  for (const char* average : {"probabilities", "log-probabilities"}) {
    const Arguments twice{"-m", kept("gru"), "--ensemble", average};
    EXPECT_EQ(predicted(twice), predicted({}));
    for (const Arguments& command : std::vector<Arguments>{
             {"score", "-m", kept("gru"), pairs},
             {"evaluate", "-m", kept("gru"), pairs, "--metrics", "exact_match,bleu"},
             {"show", "-m", kept("gru"), "30-12-1985"}}) {
      const RunResult one = run_command(command, {}, "");
      EXPECT_EQ(one.exit_code, 0) << one.error;
      EXPECT_EQ(run_command(command, twice, "").out, one.out) << command.front();
    }
  }
}

TEST(Ensemble, ScoresAreMeansOfProbabilities) {
  const std::string pair = "30-12-1985\t1985-12-30\n";
  const auto units = [&](const Arguments& models) {
    const Json json =
        Json::parse(run_command({"score", "--json", "-"}, models, pair).out)["predictions"][0];
    std::vector<double> scores;
    for (const Json& unit : json["units"]) scores.push_back(unit["log_probability"]);
    scores.push_back(json["end_log_probability"]);
    return scores;
  };
  const auto one = units({"-m", kept("gru")}), two = units({"-m", kept("lstm")});
  const auto both = units({"-m", kept("gru"), "-m", kept("lstm")});
  ASSERT_THAT(both, SizeIs(11));
  for (std::size_t i = 0; i < both.size(); ++i) {
    EXPECT_NEAR(both[i], std::log((std::exp(one[i]) + std::exp(two[i])) / 2), 1e-5);
  }
}

TEST(Confidence, IsFittedStoredAndPrinted) {
  const TemporaryFolder folder;
  const std::filesystem::path model = folder / "model";
  std::filesystem::copy(kept("gru"), model, std::filesystem::copy_options::recursive);
  const Arguments fit{"evaluate", "-m", model.string(), kept("pairs.tsv"), "--fit-temperature"};
  Arguments json = fit;
  json.emplace_back("--json");
  const Json first = Json::parse(run_command(json, {}, "").out)["confidence"];
  EXPECT_EQ(first["temperature"], 1.0);
  EXPECT_LT(first["fitted"]["negative_log_likelihood"], first["negative_log_likelihood"]);
  EXPECT_LT(first["fitted"]["expected_calibration_error"], first["expected_calibration_error"]);
  const double temperature = first["fitted"]["temperature"];
  EXPECT_NE(temperature, 1);
  const Json second = Json::parse(run_command(json, {}, "").out)["confidence"];
  EXPECT_EQ(second["temperature"], temperature);
  EXPECT_EQ(second["fitted"]["temperature"], temperature);
  EXPECT_EQ(second["expected_calibration_error"], first["fitted"]["expected_calibration_error"]);
  EXPECT_THAT(run_command(fit, {}, "").out, HasSubstr("expected calibration error"));

  const auto answer = [&](const Arguments& more) {
    const RunResult result = run_command({"predict", "-m", model.string()}, more, "30-12-1985\n");
    return result.out;
  };
  const Json prediction = Json::parse(answer({"--format", "json"}))["predictions"][0];
  const double expected = std::exp(prediction["log_probability"].get<double>() / temperature);
  EXPECT_NEAR(prediction["confidence"].get<double>(), expected, 1e-9);
  const std::string text = answer({"--confidence"});
  EXPECT_EQ(text.substr(0, text.find('\t')), prediction["text"]);
  EXPECT_NEAR(std::stod(text.substr(text.find('\t') + 1)), expected, 5e-5);
  EXPECT_TRUE(refused(run_command(fit, {"-m", kept("lstm")}, ""), kUsage, {"--fit-temperature"}));
  const std::string config = testing::read_file(model / "config.yml");
  for (const Arguments& more : std::vector<Arguments>{
           {"--sample"}, {"--prefix", "1"}, {"--require", "1"}, {"--forbid", "1"}}) {
    EXPECT_TRUE(
        refused(run_command(fit, more, ""), kUsage, {"--fit-temperature and " + more.front()}));
  }
  EXPECT_EQ(testing::read_file(model / "config.yml"), config);
}

}  // namespace
}  // namespace attend::end_to_end
