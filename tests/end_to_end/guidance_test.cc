// Guided attention on the command line: where attention may look, and training with links.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "end_to_end/failure.h"
#include "end_to_end/models.h"
#include "testing.h"

namespace attend::end_to_end {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;
using testing::read_file;
using testing::TemporaryFolder;
using testing::write_file;

std::string strings() { return models().strings.string(); }
std::string words() { return models().words.string(); }

RunResult run_on(const std::string& input, const std::vector<std::string>& arguments) {
  RunOptions options;
  options.standard_input = input;
  return attend(arguments, options);
}

// Returns the sums of the columns of the best alignment in an answer as JSON.
std::vector<double> column_sums(const Json& answer) {
  std::vector<double> sums(answer["columns"].size(), 0.0);
  for (const Json& row : answer["predictions"].at(0)["alignment"]) {
    for (std::size_t j = 0; j < sums.size(); ++j) sums[j] += row.at(j).get<double>();
  }
  return sums;
}

// Expects that attention looks at the columns [first, end) alone.
void expect_looks_at(const Json& answer, std::size_t first, std::size_t end) {
  const std::vector<double> sums = column_sums(answer);
  for (std::size_t j = 0; j < sums.size(); ++j) {
    if (first <= j && j < end) continue;
    EXPECT_EQ(sums[j], 0.0) << j << " of " << answer["source"];
  }
}

TEST(AllowedColumn, LimitsWherePredictLooks) {
  const RunResult result =
      run_on("the cat sees\t1\n\nthe cat sees\t0-2\n",
             {"predict", "-m", words(), "--format", "json", "--allowed-column", "2"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const auto lines = lines_of(result.out);
  ASSERT_EQ(lines.size(), 3U);
  const Json answer = Json::parse(lines[0]);
  EXPECT_EQ(answer["source"], "the cat sees");
  expect_looks_at(answer, 1, 2);
  EXPECT_EQ(Json::parse(lines[1])["predictions"], Json::array());
  expect_looks_at(Json::parse(lines[2]), 0, 3);
}

TEST(SpanMarkup, LimitsWherePredictLooks) {
  const RunResult result = run_on(
      "a<span>bc</span>\n", {"predict", "-m", strings(), "--format", "json", "--span-markup"});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  const Json answer = Json::parse(lines_of(result.out).at(0));
  EXPECT_EQ(answer["source"], "abc");
  EXPECT_EQ(answer["source_units"].at(1)["bytes"], Json({1, 2}));
  expect_looks_at(answer, 1, 3);
}

TEST(AllowedColumn, OfALineThatIsWrongLeavesItsAnswerEmpty) {
  const std::vector<std::string> command{"predict", "-m", words(), "--allowed-column", "2"};
  const std::string input = "the cat\t0\nthe cat\nthe cat\t2\nthe cat\tx\nthe cat\t0\n";
  const RunResult result = run_on(input, command);
  EXPECT_EQ(result.exit_code, 0);
  const auto lines = lines_of(result.out);
  ASSERT_EQ(lines.size(), 5U);
  for (const std::size_t i : {1U, 2U, 3U}) EXPECT_EQ(lines[i], "");
  EXPECT_EQ(lines[4], lines[0]);
  for (const char* part : {"standard input:2: 1 field", "standard input:3: '2' points beyond",
                           "standard input:4: 'x' is no range"}) {
    EXPECT_THAT(result.error, HasSubstr(part));
  }
  std::vector<std::string> strict = command;
  strict.emplace_back("--strict");
  EXPECT_TRUE(failed(run_on(input, strict), kData, {"standard input:2: 1 field"}));
}

TEST(AllowedColumn, LimitsWhereScoreAlignAndEvaluateLook) {
  const std::string pairs = "the cat sees\tdie Katze sieht\t2\n";
  const std::vector<std::string> column{"-m", words(), "-", "--allowed-column", "3"};
  const auto run_command = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), column.begin(), column.end());
    const RunResult result = run_on(pairs, arguments);
    EXPECT_EQ(result.exit_code, 0) << result.error;
    return result.out;
  };
  expect_looks_at(Json::parse(run_command({"score", "--json"})), 2, 3);
  EXPECT_EQ(run_command({"align"}), "2-0 2-1 2-2\n");
  const std::string open =
      run_on("the cat sees\tdie Katze sieht\n", {"score", "-m", words(), "-"}).out;
  EXPECT_NE(run_command({"score"}), open);
  EXPECT_EQ(Json::parse(run_command({"evaluate", "--json"}))["examples"], 1);
}

TEST(SpanMarkup, LimitsWhereShowLooks) {
  const RunResult shown =
      attend({"show", "-m", strings(), "--span-markup", "ab<span>c</span>", "abc"});
  EXPECT_EQ(shown.exit_code, 0) << shown.error;
  EXPECT_THAT(shown.out, HasSubstr("abc → "));
  EXPECT_THAT(shown.error, HasSubstr("text:2: no <span> with text"));
  const RunResult explained =
      attend({"show", "-m", strings(), "--explain", "--allowed-column", "2", "ab\t0", "b\t7"});
  EXPECT_EQ(explained.exit_code, 0) << explained.error;
  EXPECT_THAT(explained.out, HasSubstr("ab → "));
  EXPECT_THAT(explained.out, HasSubstr("-inf"));  // the energy of </s>
  EXPECT_THAT(explained.error, HasSubstr("text:2: '7' points beyond"));
  EXPECT_TRUE(refused(attend({"show", "-m", strings(), "--span-markup", "abc"}), kData,
                      {"text:1: no <span>"}));
}

// ------------------------------------------------------------------------------------- train ---

class GuidedTraining : public ::testing::Test {
 protected:
  RunResult train(std::vector<std::string> arguments, std::size_t updates = 3) const {
    arguments.insert(arguments.begin(), "train");
    arguments.insert(arguments.end(), {"-m", (folder_ / "model").string()});
    for (const std::string& option : tiny_options(updates)) arguments.push_back(option);
    return attend(arguments);
  }

  std::string file(const std::string& name, const std::string& contents) const {
    write_file(folder_ / name, contents);
    return (folder_ / name).string();
  }

  TemporaryFolder folder_;
};

TEST_F(GuidedTraining, TakesLinksAndPositions) {
  const RunResult trained = train({file("pairs.tsv", "a b\tx y\t0\nc d\ty z\t0-1\ne f\tx z\t1\n"),
                                   "--links", file("links", "0-0 1-1\n0-0\n\n"), "--allowed-column",
                                   "3", "--set", "source.unit=words", "--set", "target.unit=words",
                                   "--set", "training.diagonal_weight=0.5"});
  ASSERT_EQ(trained.exit_code, 0) << trained.error;
  EXPECT_THAT(trained.error, HasSubstr(" training pairs have links"));
  EXPECT_THAT(read_file(folder_ / "model" / "config.yml"), HasSubstr("diagonal_weight: 0.5"));
}

TEST_F(GuidedTraining, NamesFileAndLineOfBadGuidance) {
  const std::string pairs = file("pairs.tsv", "a b\tx\nc d\ty\n");
  EXPECT_TRUE(refused(train({pairs, "--links", file("links", "0-0\n5-0\n")}), kData,
                      {"links:2", "'5-0'", "2 source words"}));
  EXPECT_TRUE(refused(train({pairs, "--links", file("links", "0-0\n")}), kData,
                      {"links: ends after 1 line", "pairs.tsv"}));
  EXPECT_TRUE(refused(train({pairs, "--allowed-column", "3"}), kData, {"pairs.tsv:1: 2 fields"}));
  EXPECT_TRUE(refused(train({pairs, "--span-markup"}), kData, {"pairs.tsv:1: no <span>"}));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "model"));
}

TEST_F(GuidedTraining, LeavesBadGuidanceOutIfAskedTo) {
  const RunResult trained = train({file("pairs.tsv", "a b\tx\nc d\ty\ne f\tz\n"), "--links",
                                   file("links", "0-0\n5-0\n1-0\n"), "--on-error", "skip"});
  ASSERT_EQ(trained.exit_code, 0) << trained.error;
  EXPECT_THAT(trained.error, HasSubstr("links:2: link '5-0'"));
  EXPECT_THAT(trained.error, HasSubstr("1 pair left out"));
}

TEST_F(GuidedTraining, IsValidatedByItsAlignments) {
  const std::vector<std::string> files{file("pairs.tsv", "a b\tx y\nc d\ty z\ne f\tx z\n"),
                                       "--valid", file("valid.tsv", "a d\tx z\nc b\ty y\n"),
                                       "--valid-links", file("gold", "0-0 1-1\n0-0\n")};
  for (const std::string metric : {"alignment_error_rate", "alignment_entropy"}) {
    std::vector<std::string> arguments = files;
    arguments.insert(arguments.end(), {"--set", "training.metric=" + metric});
    const RunResult trained = train(arguments);
    ASSERT_EQ(trained.exit_code, 0) << trained.error;
    EXPECT_THAT(trained.error, HasSubstr(metric));
    std::filesystem::remove_all(folder_ / "model");
  }
}

}  // namespace
}  // namespace attend::end_to_end
