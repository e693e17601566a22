// Tests of models that answer with labels, as docs/labels.md describes them.
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "end_to_end/failure.h"
#include "end_to_end/models.h"
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
  EXPECT_EQ(best.out, "very good\nbad\n") << best.error;
  const RunResult both = run_on("xx yy 9\n", {"predict", "-b", "2", "--n-best", "2"});
  EXPECT_EQ(both.out, "bad\tvery good\n") << both.error;
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

TEST_F(Labels, OfPartsAreNoLabel) {
  EXPECT_TRUE(refused(run_on("aa bb cc 7\n", {"predict", "--long-sources", "split"}), kUsage,
                      {"--long-sources split", "choose cut or skip"}));
  EXPECT_TRUE(refused(run_on("aa\tbad\n", {"evaluate", "-", "--long-sources", "split"}), kUsage,
                      {"--long-sources split"}));
  const RunResult cut = run_on("xx yy 9\n", {"predict", "--maximum-source-length", "2"});
  EXPECT_EQ(cut.out, "bad\n") << cut.error;
}

TEST_F(Labels, HaveOneRowInAPictureAndOneToken) {
  RunResult shown = run_on("", {"show", "xx yy 9"});
  EXPECT_EQ(shown.exit_code, 0) << shown.error;
  EXPECT_NE(shown.out.find("xx yy 9 → bad\n"), std::string::npos) << shown.out;
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
