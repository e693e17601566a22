// A model that learns to copy words which it does not know (docs/models.md §13.4).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>

#include "end_to_end/failure.h"
#include "end_to_end/models.h"
#include "testing.h"

namespace attend::end_to_end {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;
using testing::TemporaryFolder;
using testing::write_file;

// A name that no other line has: every name occurs once on each side, and is unknown.
std::string name_of(std::size_t number) { return "name" + std::to_string(number); }

// "my name is N today" becomes "hello N"; the place of the name changes.
std::string pairs() {
  const std::vector<std::string> before{"", "my ", "so my ", "well so my "};
  std::mt19937_64 random(3);
  std::vector<std::pair<std::string, std::string>> lines;
  for (std::size_t i = 0; i < 320; ++i) {
    const std::string& begin = before[random() % before.size()];
    lines.emplace_back(begin + "name is " + name_of(i) + (random() % 2 == 0 ? " today" : ""),
                       "hello " + name_of(i));
  }
  return to_tsv(lines);
}

// One model for all tests.
class Copying : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryFolder>();
    write_file(*folder_ / "pairs.tsv", pairs());
    std::vector<std::string> arguments{"train",    file("pairs.tsv"),
                                       "-m",       file("model"),
                                       "--preset", "copy",
                                       "--set",    "training.metric=exact_match"};
    for (const std::string& option : tiny_options(300)) arguments.push_back(option);
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

TEST_F(Copying, WritesWordsThatNoPairHad) {
  const RunResult found = run_on("my name is Zanzibar today\nname is Ωμέγα\n", {"predict"});
  EXPECT_EQ(found.out, "hello Zanzibar\nhello Ωμέγα\n") << found.error;
  const RunResult beam = run_on("so my name is Zanzibar\n", {"predict", "-b", "4"});
  EXPECT_EQ(beam.out, "hello Zanzibar\n") << beam.error;
}

TEST_F(Copying, ShowsCopiedWordsWithTheirLinksInJson) {
  const RunResult found = run_on("my name is Zanzibar today\n", {"predict", "--format", "json"});
  const Json answer = Json::parse(lines_of(found.out).at(0));
  EXPECT_EQ(answer["unknown"], Json({"Zanzibar"}));
  const Json& prediction = answer["predictions"].at(0);
  EXPECT_EQ(prediction["text"], "hello Zanzibar");
  EXPECT_EQ(prediction["units"].at(1)["text"], "Zanzibar");
  const Json& links = prediction["links"];
  EXPECT_TRUE(std::any_of(links.begin(), links.end(), [](const Json& link) {
    return link["source"] == 3 && link["target"] == 1;
  })) << links;
}

TEST_F(Copying, ScoresCopiedWordsAboveOthers) {
  const RunResult scored =
      run_on("my name is Zanzibar\thello Zanzibar\nmy name is Zanzibar\thello Sansibar\n",
             {"score", "-", "--json"});
  ASSERT_EQ(scored.exit_code, 0) << scored.error;
  const auto lines = lines_of(scored.out);
  ASSERT_EQ(lines.size(), 2U);
  const Json copied = Json::parse(lines[0])["predictions"].at(0);
  const Json unknown = Json::parse(lines[1])["predictions"].at(0);
  EXPECT_FALSE(copied.contains("unknown"));
  EXPECT_EQ(unknown["unknown"], Json({"Sansibar"}));
  EXPECT_GT(copied["log_probability"].get<double>(), unknown["log_probability"].get<double>());
  EXPECT_GT(copied["log_probability"].get<double>(), -1);
}

TEST_F(Copying, IsMeasuredByTheWordsAndExplained) {
  const RunResult measured =
      run_on("my name is Zanzibar\thello Zanzibar\n", {"evaluate", "-", "--json"});
  ASSERT_EQ(measured.exit_code, 0) << measured.error;
  EXPECT_EQ(Json::parse(measured.out)["exact_match"], 100.0);
  const RunResult shown = run_on("", {"show", "--explain", "my name is Zanzibar"});
  EXPECT_EQ(shown.exit_code, 0) << shown.error;
  EXPECT_THAT(shown.out, HasSubstr("my name is Zanzibar → hello Zanzibar"));
  EXPECT_THAT(shown.out, HasSubstr("p_gen = σ(W_g [c_i; s_i; cell(s_i); x_i] + b_g)"));
}

TEST_F(Copying, RefusesAShortlist) {
  EXPECT_TRUE(refused(run_on("", {"shortlist", file("pairs.tsv")}), kUsage,
                      {"decoder.copy: pointer cannot be combined with a shortlist"}));
}

}  // namespace
}  // namespace attend::end_to_end
