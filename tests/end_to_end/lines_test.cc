// Tests of commands that read lines one by one. No line is lost and none moves. A line that cannot
// be answered gets an empty answer and is named.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <zlib.h>

#include <nlohmann/json.hpp>

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

// --------------------------------------------------------------------------- blank lines ---

TEST(BlankLines, GetEmptyAnswersInTheirPlaces) {
  const std::string ab = predict("ab\n"), abc = predict("abc\n");
  for (const std::string& blank :
       {std::string(), std::string("  \t "), std::string("\u00a0\u3000"), std::string("\r")}) {
    SCOPED_TRACE("blank '" + blank + "'");
    const std::string input = blank + "\nab\n" + blank + "\n" + blank + "\nabc\n" + blank;
    const bool ends_in_a_line = !blank.empty();
    const std::string expected = "\n" + ab + "\n\n" + abc + (ends_in_a_line ? "\n" : "");
    for (const auto& options : std::vector<std::vector<std::string>>{
             {}, {"--line-buffered"}, {"--strict"}, {"--batch-size", "1", "--threads", "2"}}) {
      const auto result = predict(input, options);
      EXPECT_EQ(result, expected);
    }
  }
}

TEST(BlankLines, AreSaidNothingOf) {
  const RunResult result = run_on("\n \nab\n", {"predict", "-m", strings()});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.error, "");
}

TEST(BlankLines, AloneAreAnsweredToo) { EXPECT_EQ(predict("\n\n"), "\n\n"); }

TEST(BlankLines, AreEmptyInEveryFormat) {
  const TemporaryFolder folder;
  const auto json = lines_of(predict("\nab\n", {"--format", "json"}));
  ASSERT_EQ(json.size(), 2U);
  const Json blank = Json::parse(json[0]);
  EXPECT_EQ(blank["source"], "");
  EXPECT_EQ(blank["predictions"], Json::array());
  EXPECT_FALSE(blank.contains("problem"));
  EXPECT_EQ(Json::parse(json[1])["predictions"].size(), 1U);

  const auto moses = lines_of(predict("ab\n\nab\n", {"--format", "moses"}));
  ASSERT_EQ(moses.size(), 3U);
  EXPECT_EQ(moses[1], "1 |||  ||| logprob= 0.000000 ||| 0.000000");
  EXPECT_TRUE(moses[2].starts_with("2 ||| "));

  for (const char* format : {"pharaoh", "matrix"}) {
    const std::string file = (folder / format).string();
    predict("\nab\n", {"--alignments", file, "--alignment-format", format});
    const std::string alone = (folder / "alone").string();
    predict("ab\n", {"--alignments", alone, "--alignment-format", format});
    EXPECT_EQ(read_file(file), "\n" + read_file(alone));
  }
}

// A line whose text preparation removes entirely is a blank line too.
TEST(BlankLines, AreThoseOfWhichPreparationLeavesNothing) {
  const RunResult result =
      run_on(",\nmay 5 2018\n", {"predict", "-m", models().dates.string(), "--strict"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  const auto lines = lines_of(result.out);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], "");
  EXPECT_NE(lines[1], "");
}

TEST(BlankSides, GetEmptyLinksAndScores) {
  for (const char* command : {"score", "align"}) {
    SCOPED_TRACE(command);
    const RunResult result =
        run_on("ab\tba\n\tba\nab\t\n\n\t\nab\tba\n", {command, "-m", strings(), "-"});
    EXPECT_EQ(result.exit_code, 0);
    EXPECT_EQ(result.error, "");
    const auto lines = lines_of(result.out);
    ASSERT_EQ(lines.size(), 6U);
    for (const std::size_t i : {1U, 2U, 3U, 4U}) EXPECT_EQ(lines[i], "");
    EXPECT_EQ(lines[5], lines[0]);
    EXPECT_NE(lines[0], "");
  }
}

TEST(BlankSides, AreEvaluatedAndSaidSo) {
  // A blank reference is an expectation like any other. Here the model does not meet it.
  const RunResult result =
      run_on("\tba\nab\t\n\nno pair\n", {"evaluate", "-m", strings(), "-", "--json"});
  EXPECT_EQ(result.exit_code, 0);
  const Json json = Json::parse(result.out);
  EXPECT_EQ(json["examples"], 2);
  EXPECT_EQ(json["exact_match"], 0.0);
  EXPECT_THAT(result.error, HasSubstr("attend evaluate: 1 of 2 references is empty\n"));
  EXPECT_THAT(result.error, HasSubstr("attend evaluate: 1 blank line was left out\n"));
}

// ------------------------------------------------------------------------------ bad lines ---

struct BadLine {
  const char* name;
  std::string line;
  const char* what;
};

std::vector<BadLine> bad_lines() {
  return {{"Latin1", "caf\xe9", "byte 4 of the line (0xe9) is not UTF-8"},
          {"Truncated", "a\xe6\x97", "is not UTF-8"},
          {"Nul", std::string("a\0b", 3), "byte 2 of the line is NUL"},
          {"TooLong", std::string(1'048'577, 'a'), "a line of more than 1048576 bytes"}};
}

TEST(BadLines, GetAnEmptyAnswerAndAreNamed) {
  const std::string ab = predict("ab\n");
  for (const BadLine& bad : bad_lines()) {
    SCOPED_TRACE(bad.name);
    const std::string input = "ab\n" + bad.line + "\n\nab\n" + bad.line;
    for (const char* option : {"--beam=1", "--line-buffered", "--threads=2"}) {
      const RunResult result = run_on(input, {"predict", "-m", strings(), option});
      EXPECT_EQ(result.exit_code, 0);
      EXPECT_EQ(result.out, ab + "\n\n" + ab + "\n");
      const auto named = lines_of(result.error);
      ASSERT_EQ(named.size(), 2U) << result.error;
      EXPECT_THAT(named[0], HasSubstr("attend predict: standard input:2: "));
      EXPECT_THAT(named[0], HasSubstr(bad.what));
      EXPECT_THAT(named[1], HasSubstr("attend predict: standard input:5: "));
    }
  }
}

TEST(BadLines, SayWhyInJson) {
  const RunResult result = run_on("a\xff\nab\n", {"predict", "-m", strings(), "--format", "json"});
  const auto lines = lines_of(result.out);
  ASSERT_EQ(lines.size(), 2U);
  const Json json = Json::parse(lines[0]);
  EXPECT_EQ(json["predictions"], Json::array());
  EXPECT_THAT(json["problem"].get<std::string>(), HasSubstr("is not UTF-8"));
}

TEST(BadLines, OfPairsGetAnEmptyAnswerAndAreNamed) {
  for (const char* command : {"score", "align"}) {
    const RunResult result =
        run_on("ab\tba\nab\na\tb\tc\na\xff\tb\nab\tba\n", {command, "-m", strings(), "-"});
    EXPECT_EQ(result.exit_code, 0);
    const auto lines = lines_of(result.out);
    ASSERT_EQ(lines.size(), 5U);
    for (const std::size_t i : {1U, 2U, 3U}) EXPECT_EQ(lines[i], "");
    EXPECT_EQ(lines[4], lines[0]);
    const auto named = lines_of(result.error);
    ASSERT_EQ(named.size(), 3U) << result.error;
    EXPECT_THAT(named[0], HasSubstr("standard input:2: one field"));
    EXPECT_THAT(named[1], HasSubstr("standard input:3: 3 fields"));
    EXPECT_THAT(named[2], HasSubstr("standard input:4: byte 2 of the line (0xff) is not UTF-8"));
  }
}

TEST(BadLines, OfParallelFilesNameTheFileThatHasThem) {
  const TemporaryFolder folder;
  const std::string source = (folder / "s").string(), target = (folder / "t").string();
  write_file(source, "ab\nab\nb\n");
  write_file(target, "ba\n\xff\nb\n");
  const RunResult result =
      attend({"score", "-m", strings(), "--source", source, "--target", target});
  EXPECT_EQ(result.exit_code, 0);
  const auto lines = lines_of(result.out);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[1], "");
  EXPECT_NE(lines[2], "");
  EXPECT_THAT(result.error, HasSubstr(target + ":2: byte 1 of the line (0xff) is not UTF-8"));
}

TEST(BadLines, OfFilesWhoseNameIsNotUtf8SayWhyInJson) {
  const TemporaryFolder folder;
  const std::string source = (folder / "s").string(), target = (folder / "t\xff").string();
  write_file(source, "ab\nab\n");
  write_file(target, "ba\n\xff\n");
  for (const char* command : {"score", "align"}) {
    const RunResult result =
        attend({command, "-m", strings(), "--source", source, "--target", target, "--json"});
    EXPECT_EQ(result.exit_code, 0) << result.error;
    const auto lines = lines_of(result.out);
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_THAT(Json::parse(lines[1])["problem"].get<std::string>(), HasSubstr("t\ufffd:2: "));
  }
}

TEST(BadLines, AreLeftOutOfMetrics) {
  const auto evaluate = [](const std::string& pairs) {
    return run_on(pairs, {"evaluate", "-m", strings(), "-", "--json"});
  };
  const std::string good = to_tsv(string_pairs(30, 5));
  const RunResult expected = evaluate(good), result = evaluate("one\n" + good + "a\xff\tb\n");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, expected.out);
  EXPECT_THAT(result.error, HasSubstr("standard input:1: one field"));
  EXPECT_THAT(result.error, HasSubstr("standard input:32: "));
}

// One target has a unit that the model cannot write, as targets of dates have no <unk>; another has
// the wrong length.
TEST(BadLines, AreTargetsThatTheModelCannotHave) {
  const RunResult result = run_on(
      "may 5 2018\t2018-05-05\nmay 5 2018\t2018-05-0x\nmay 5 2018\t2018\nmay 5 2018\t2018-05-05\n",
      {"score", "-m", models().dates.string(), "-"});
  EXPECT_EQ(result.exit_code, 0);
  const auto lines = lines_of(result.out);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[1], "");
  EXPECT_EQ(lines[2], "");
  EXPECT_EQ(lines[3], lines[0]);
  EXPECT_THAT(result.error, HasSubstr("standard input:2: 'x' is not in the vocabulary"));
  EXPECT_THAT(result.error, HasSubstr("standard input:3: the target has 4 units, expected 10"));
}

TEST(BadLines, AreWordsThatAreTooLongForSubwords) {
  const RunResult result = run_on("the cat\n" + std::string(70'000, 'x') + "\nthe cat\n",
                                  {"predict", "-m", models().subwords.string()});
  EXPECT_EQ(result.exit_code, 0);
  const auto lines = lines_of(result.out);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[1], "");
  EXPECT_EQ(lines[2], lines[0]);
  EXPECT_THAT(result.error, HasSubstr("standard input:2: a word of more than 65536 bytes"));
}

TEST(BadLines, AreReferencesThatAreTooLongForSubwords) {
  const std::string model = models().subwords.string(),
                    bad = "the cat\t" + std::string(70'000, 'x');
  const std::string good = "the cat\tdie Katze\nthe dog\tdie Hündin\n";
  const RunResult expected = run_on(good, {"evaluate", "-m", model, "-", "--json"});
  const RunResult result = run_on(bad + "\n" + good, {"evaluate", "-m", model, "-", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(result.out, expected.out);
  EXPECT_THAT(result.error, HasSubstr("standard input:1: a word of more than 65536 bytes"));
  EXPECT_THAT(result.error, HasSubstr("attend evaluate: 1 pair was left out\n"));
  EXPECT_TRUE(refused(run_on(good + bad, {"evaluate", "-m", model, "-", "--json", "--strict"}),
                      kData, {"standard input:3: a word of more than 65536 bytes"}));

  const TemporaryFolder folder;
  write_file(folder / "dev.tsv", bad + "\n" + good);
  const RunResult quantized = attend({"quantize", "-m", model, "-o", (folder / "small").string(),
                                      "--dev", (folder / "dev.tsv").string()});
  EXPECT_EQ(quantized.exit_code, 0) << quantized.error;
  EXPECT_THAT(quantized.out, HasSubstr("exact_match"));
}

// Memory that runs out while one line is prepared is that line's problem.
TEST(BadLines, AreThoseThatNeedMoreMemoryThanThereIs) {
  const std::string large(900'000, 'a');
  RunOptions options;
  options.environment = {
      {"LD_PRELOAD", (testing::binary_folder() / "attend_fault_shim.so").string()},
      {"ATTEND_FAIL_BYTES", "8000000"}};
  const std::string ab = predict("ab\n");
  options.standard_input = "ab\n" + large + "\nab\n";
  const RunResult result = attend({"predict", "-m", strings()}, options);
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(result.out, ab + "\n" + ab);
  EXPECT_THAT(result.error, HasSubstr("standard input:2: not enough memory for this line"));

  for (const std::string& pair : {"ab\t" + large, large + "\tab"}) {
    options.standard_input = "ab\tba\n" + pair + "\nab\tba\n";
    const RunResult scored = attend({"score", "-m", strings(), "-"}, options);
    EXPECT_EQ(scored.exit_code, 0) << scored.error;
    const auto lines = lines_of(scored.out);
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(lines[1], "");
    EXPECT_EQ(lines[2], lines[0]);
    EXPECT_THAT(scored.error, HasSubstr("standard input:2: not enough memory for this line"));
  }
}

// Alignments of a source in parts are one matrix, most of it zeros.
TEST(BadLines, AreSourcesInPartsWhoseAlignmentIsTooLarge) {
  std::string large;
  for (int i = 0; i < 7000; ++i) large += "abc"[i % 3];
  const std::string ab = predict("ab\n"), input = "ab\n" + large + "\nab\n";
  const TemporaryFolder folder;
  const std::string links = (folder / "links").string();
  const std::vector<std::string> split{
      "predict", "-m", strings(), "--long-sources", "split", "--maximum-source-length", "6"};
  std::vector<std::string> aligned = split;
  aligned.insert(aligned.end(), {"--alignments", links});
  const RunResult result = run_on(input, aligned);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.out, ab + "\n" + ab);
  EXPECT_EQ(lines_of(read_file(links)).size(), 3U);
  EXPECT_THAT(result.error, HasSubstr("standard input:2: an alignment of "));
  const RunResult without = run_on(input, split);
  EXPECT_GT(lines_of(without.out).at(1).size(), 3000U) << "it has an answer without alignments";
}

TEST(Notices, TellOnceOfColumnsThatNoOptionNames) {
  const auto error_of = [](std::vector<std::string> more) {
    more.insert(more.begin(), {"predict", "-m", strings()});
    return run_on("ab\nab\tba\nab\tba\tc\n", more).error;
  };
  const std::string error = error_of({});
  EXPECT_THAT(error, HasSubstr("standard input:2: the whole line is taken as the source, though it "
                               "has 2 columns; --source-column 1 takes the first\n"));
  EXPECT_THAT(error, Not(HasSubstr("standard input:3: the whole line")));
  EXPECT_THAT(error_of({"--source-column", "1"}), Not(HasSubstr("columns")));
}

TEST(Strict, StopsAtTheFirstBadLineBehindTheAnswersBefore) {
  const TemporaryFolder folder;
  const std::string out = (folder / "out").string();
  std::string many;
  for (int i = 0; i < 3000; ++i) many += "ab\n";
  for (const char* option : {"--beam=1", "--line-buffered"}) {
    const RunResult result =
        run_on(many + "a\xff\nab\n", {"predict", "-m", strings(), "--strict", "-o", out, option});
    EXPECT_TRUE(refused(result, kData, {"standard input:3001: ", "is not UTF-8"}));
    EXPECT_EQ(lines_of(read_file(out)).size(), 3000U);
  }
  for (const char* command : {"score", "align"}) {
    const RunResult result =
        run_on("ab\tba\nab\nab\tba\n", {command, "-m", strings(), "-", "--strict", "-o", out});
    EXPECT_TRUE(refused(result, kData, {"standard input:2: one field"}));
    EXPECT_EQ(lines_of(read_file(out)).size(), 1U);
  }
  EXPECT_TRUE(refused(run_on("ab\tba\nab\n", {"evaluate", "-m", strings(), "-", "--strict"}), kData,
                      {"standard input:2: one field"}));
}

TEST(Strict, LeavesAnOlderOutputWhereNothingWasAnswered) {
  const TemporaryFolder folder;
  const std::string out = (folder / "out").string();
  write_file(out, "older\n");
  run_on("a\xff\n", {"predict", "-m", strings(), "--strict", "-o", out});
  EXPECT_EQ(read_file(out), "older\n");
}

// A service may never come to an end that would tell the counts.
TEST(Notices, OfAServiceNameTheFirstTenLinesOfEachKind) {
  struct Kind {
    std::string model, input;
    std::vector<std::string> options;
    const char* notice;
  };
  std::string many, long_dates;
  for (int i = 0; i < 12; ++i) {
    many += "abc\n";
    long_dates += "may 5 2018" + std::string(50, '5') + "\n";
  }
  for (const Kind& kind : std::vector<Kind>{
           {strings(), many, {"--minimum-probability", "1"}, ": the answer was left empty: "},
           {strings(), many, {"--maximum-length", "1"}, ": the prediction was cut at the longest"},
           {models().dates.string(), long_dates, {}, ": the line was cut to the model's fixed"}}) {
    SCOPED_TRACE(kind.notice);
    std::vector<std::string> arguments{"predict", "-m", kind.model, "--line-buffered"};
    arguments.insert(arguments.end(), kind.options.begin(), kind.options.end());
    const RunResult result = run_on(kind.input, arguments);
    EXPECT_EQ(result.exit_code, 0);
    std::size_t named = 0;
    for (const std::string& line : lines_of(result.error)) {
      if (line.find(kind.notice) == std::string::npos) continue;
      ++named;
      EXPECT_TRUE(line.starts_with("attend predict: standard input:" + std::to_string(named)))
          << line;
    }
    EXPECT_EQ(named, 10U) << result.error;
  }
}

TEST(Notices, BehindAThousandAreCountedAndThatIsSaid) {
  std::string bad;
  for (int i = 0; i < 1500; ++i) bad += "\xff\n";
  for (const char* option : {"--beam=1", "--line-buffered"}) {
    SCOPED_TRACE(option);
    const RunResult result = run_on(bad, {"predict", "-m", strings(), option});
    EXPECT_EQ(result.exit_code, 0);
    const auto lines = lines_of(result.error);
    ASSERT_EQ(lines.size(), 1002U);
    EXPECT_THAT(lines[999], HasSubstr("standard input:1000: "));
    EXPECT_EQ(lines[1000], "attend predict: further lines without an answer are only counted");
    EXPECT_EQ(lines[1001], "attend predict: 1500 lines got an empty answer in all");
  }
}

// --------------------------------------------------------------------------------- chunks ---

// Whether so many answers come while the program waits for more lines.
bool answers_while_it_waits(const std::string& input, std::size_t count,
                            const std::vector<std::string>& more) {
  const TemporaryFolder folder;
  std::vector<std::string> arguments{"predict", "-m", strings(), "--alignments",
                                     (folder / "links").string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  RunOptions options;
  options.standard_input = input;
  options.keep_input_open = true;
  options.standard_output = folder / "answers";
  options.timeout = std::chrono::seconds(30);
  const auto answered = [&] {
    return std::filesystem::exists(options.standard_output) &&
           lines_of(read_file(options.standard_output)).size() >= count;
  };
  options.signal = TimedSignal{SIGTERM, {}, answered, {}};
  return !attend(arguments, options).timed_out;
}

TEST(Chunks, HoldTheAlignmentsThatTheLongestTargetsMayHave) {
  EXPECT_TRUE(
      answers_while_it_waits(std::string(5'600, 'a') + "\n", 1, {"--maximum-length", "3000"}));
}

TEST(Chunks, HoldFewerLinesOfManyPredictions) {
  std::string lines;
  for (int i = 0; i < 300; ++i) lines += "ab\n";
  EXPECT_TRUE(answers_while_it_waits(lines, 256, {"--beam", "8", "--n-best", "8"}));
}

TEST(DamagedFiles, KeepTheAnswersBefore) {
  const TemporaryFolder folder;
  const std::string file = (folder / "a.gz").string(), out = (folder / "out").string();
  gzFile gz = gzopen(file.c_str(), "wb");
  std::string lines;
  for (const auto& [source, target] : string_pairs(30'000, 4)) lines += source + "\n";
  gzwrite(gz, lines.data(), static_cast<unsigned>(lines.size()));
  gzclose(gz);
  std::string bytes = read_file(file);
  bytes.resize(bytes.size() / 2);
  write_file(file, bytes);
  const RunResult result = attend({"predict", "-m", strings(), "-i", file, "-o", out});
  EXPECT_TRUE(refused(result, kData, {file, "gzip data ends too early"}));
  EXPECT_GT(lines_of(read_file(out)).size(), 1000U);
}

}  // namespace
}  // namespace attend::end_to_end
