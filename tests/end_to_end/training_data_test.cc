// What `attend train` takes from its files of pairs, and what it says of them.
#include <gtest/gtest.h>

#include <filesystem>

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

// ---------------------------------------------------------------------------- empty targets ---

// A word has an answer (itself) or, when an x stands in it, none.
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
  EXPECT_NE(read_file(folder_ / "model" / "config.yml").find("allow_empty_targets: true"),
            std::string::npos);
}

TEST_F(TrainingData, AllTargetsMayBeEmpty) {
  const std::string pairs = file("pairs.tsv", "a\t\nb\t\nc\t \nd\t\u00A0\ne\t\n");
  const std::vector<std::vector<std::string>> kinds = {
      {"--set", "target.unit=words"},
      {"--set", "target.unit=characters", "--metric", "bleu"},
      {"--preset", "luong", "--set", "decoder.units=12"}};
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

}  // namespace
}  // namespace attend::end_to_end
