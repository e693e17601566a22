// Tests of files with labels on the command line: columns, labels before their texts, fastText.
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "end_to_end/failure.h"
#include "end_to_end/models.h"
#include "testing.h"

namespace attend::end_to_end {
namespace {

using testing::read_file;
using testing::TemporaryFolder;
using testing::write_file;

std::vector<std::string> label_options(std::size_t updates) {
  std::vector<std::string> options = tiny_options(updates);
  for (const char* setting :
       {"target.unit=whole", "target.end_token=false", "target.fixed_length=1", "decoder.cell=none",
        "decoder.initial_state=zero", "decoder.feedback=none"}) {
    options.insert(options.end(), {"--set", setting});
  }
  return options;
}

// Lines of "label TAB text"; "very good" is one label.
std::string label_first(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += " very  good \taa bb cc " + std::to_string(i) + "\n";
    text += "bad\txx yy " + std::to_string(i) + "\n";
  }
  return text;
}

// One model for all tests, trained with labels first.
class LabelFiles : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryFolder>();
    write_file(*folder_ / "first.tsv", label_first(150));
    trained_ = train({file("first.tsv")}, "model", 150);
  }
  static void TearDownTestSuite() { folder_.reset(); }
  void SetUp() override { ASSERT_EQ(trained_.exit_code, 0) << trained_.error; }

  static std::string file(const std::string& name) { return (*folder_ / name).string(); }
  static RunResult train(std::vector<std::string> arguments, const std::string& model,
                         std::size_t updates = 2) {
    arguments.insert(arguments.begin(), "train");
    arguments.insert(arguments.end(), {"-m", file(model)});
    for (const std::string& option : label_options(updates)) arguments.push_back(option);
    return attend(arguments);
  }
  static RunResult run_on(const std::string& input, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin() + 1, {"-m", file("model")});
    RunOptions options;
    options.standard_input = input;
    return attend(arguments, options);
  }
  static bool says(const RunResult& result, const std::string& part) {
    return result.error.find(part) != std::string::npos;
  }

  static inline std::unique_ptr<TemporaryFolder> folder_;
  static inline RunResult trained_;
};

TEST_F(LabelFiles, AreTrainedWithTheLabelFirst) {
  EXPECT_TRUE(says(trained_, "labels: column 1 (2 different ones in the first 300 lines)"))
      << trained_.error;
  EXPECT_EQ(read_file(*folder_ / "model" / "target.vocab"), "bad\nvery good\n");
}

TEST_F(LabelFiles, AreEvaluatedInEitherOrder) {
  const std::string second =
      "aa bb cc 7\tvery good\nxx yy 9\tbad\nxx yy 8\tbad\nxx yy 5\tvery good\n";
  const std::string first =
      "very good\taa bb cc 7\nbad\txx yy 9\nbad\txx yy 8\nvery good\txx yy 5\n";
  const std::vector<std::string> accuracy{"evaluate", "-", "--metrics", "accuracy", "--value"};
  const RunResult usual = run_on(second, accuracy), other = run_on(first, accuracy);
  EXPECT_EQ(usual.out, "75.00\n") << usual.error;
  EXPECT_EQ(usual.error, "");
  EXPECT_EQ(other.out, "75.00\n") << other.error;
  EXPECT_TRUE(says(other, "labels: column 1")) << other.error;
  std::vector<std::string> wrong = accuracy;
  wrong.insert(wrong.end(), {"--label-column", "2"});
  EXPECT_EQ(run_on(first, wrong).out, "0.00\n");
}

TEST_F(LabelFiles, AreScoredByAnyColumns) {
  const RunResult expected = run_on("aa bb cc 7\tvery good\n", {"score", "-"});
  const RunResult found = run_on("1\tvery\tgood\taa\tbb cc 7\n",
                                 {"score", "-", "--text-column", "4-", "--label-column", "2-3"});
  EXPECT_EQ(found.out, expected.out) << found.error;
  EXPECT_FALSE(found.out.empty());
  EXPECT_EQ(run_on("very good\taa bb cc 7\n", {"score", "-", "--target-column", "1"}).out,
            expected.out);
  EXPECT_EQ(run_on("__label__bad xx yy 9\n", {"score", "-"}).out,
            run_on("xx yy 9\tbad\n", {"score", "-"}).out);
}

TEST_F(LabelFiles, ArePredictedFromAColumn) {
  const RunResult predicted =
      run_on("1\tx\taa bb cc 7\n\n2\tx\n3\tx\txx\tyy 9\n", {"predict", "--text-column", "3-"});
  EXPECT_EQ(predicted.exit_code, 0) << predicted.error;
  const auto lines = lines_of(predicted.out);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0].rfind("very good", 0), 0U) << lines[0];
  EXPECT_EQ(lines[1], "");
  EXPECT_EQ(lines[2], "");
  EXPECT_EQ(lines[3].rfind("bad", 0), 0U) << lines[3];
  EXPECT_TRUE(says(predicted, "standard input:3: 2 fields, expected the source in columns 3-"))
      << predicted.error;
}

TEST_F(LabelFiles, OfFastTextAreTrainedAndRefused) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "__label__a aa " + std::to_string(i) + "\n__label__b bb\n";
  write_file(*folder_ / "fast.txt", text);
  const RunResult trained = train({file("fast.txt")}, "fast");
  EXPECT_EQ(trained.exit_code, 0) << trained.error;
  EXPECT_TRUE(says(trained, "as in files of fastText")) << trained.error;
  EXPECT_EQ(read_file(*folder_ / "fast" / "target.vocab"), "a\nb\n");
  write_file(*folder_ / "two.txt", text + "__label__a __label__b both\n");
  EXPECT_TRUE(
      refused(train({file("two.txt")}, "two"), kData, {"two.txt:81: 2 labels, expected one"}));
  EXPECT_TRUE(refused(train({file("fast.txt"), "--format", "tsv"}, "two"), kData,
                      {"fast.txt:1: one field, expected source TAB target"}));
}

TEST_F(LabelFiles, OfFastTextNameTheLineWithoutALabel) {
  std::string text;
  for (int i = 1; i <= 301; ++i) {
    text += i == 150 ? "no label\n" : i % 2 == 0 ? "__label__bad xx yy\n" : "__label__a aa\n";
  }
  write_file(*folder_ / "hole.txt", text);
  EXPECT_TRUE(refused(train({file("hole.txt")}, "hole"), kData,
                      {"hole.txt:150: no __label__ at the beginning"}));
  const RunResult measured = run_on(text, {"evaluate", "-"});
  EXPECT_EQ(measured.exit_code, 0) << measured.error;
  EXPECT_TRUE(says(measured, "standard input:150: no __label__")) << measured.error;
  EXPECT_TRUE(says(measured, "1 pair was left out")) << measured.error;
}

TEST_F(LabelFiles, OfValidationMayHaveTheOtherOrder) {
  write_file(*folder_ / "valid.tsv", "aa bb cc 7\tvery good\nxx yy 9\tbad\n");
  const RunResult trained = train({file("first.tsv"), "--valid", file("valid.tsv")}, "order");
  EXPECT_EQ(trained.exit_code, 0) << trained.error;
  EXPECT_TRUE(says(trained, "valid.tsv: labels: column 2")) << trained.error;
  EXPECT_EQ(read_file(*folder_ / "order" / "target.vocab"), "bad\nvery good\n");
  EXPECT_TRUE(refused(
      train({file("first.tsv"), "--valid", file("valid.tsv"), "--label-column", "1"}, "wrong"),
      kData, {"valid.tsv: found labels of the training pairs in the place of 2 of 2 texts"}));
}

TEST_F(LabelFiles, OfManyColumnsAreNamedTenTimes) {
  std::string four, five;
  for (int i = 0; i < 50; ++i) {
    four += "id\tbad\txx yy\t7\n";
    five += i < 25 ? "id\tbad\txx yy\t7\t8\n" : "id\tbad\n";
  }
  const auto named = [](const RunResult& result) {
    std::size_t count = 0;
    for (const std::string& line : lines_of(result.error)) {
      count += line.find(" fields, expected ") != std::string::npos ? 1 : 0;
    }
    return count;
  };
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"predict", "--text-column", "5,9"},
        {"score", "-"},
        {"align", "-"},
        {"score", "-", "--label-column", "7"}}) {
    const RunResult result = run_on(four, command);
    EXPECT_EQ(result.exit_code, 0) << result.error;
    EXPECT_EQ(lines_of(result.out).size(), 50U);
    EXPECT_EQ(named(result), 10U) << result.error;
    EXPECT_TRUE(says(result, "further lines with wrong fields are only counted")) << result.error;
    EXPECT_TRUE(says(result, "50 lines got an empty answer in all")) << result.error;
  }
  const RunResult none = run_on(four, {"evaluate", "-"});
  EXPECT_EQ(none.exit_code, kData);
  EXPECT_EQ(named(none), 10U) << none.error;
  const RunResult some =
      run_on(five, {"evaluate", "-", "--label-column", "2", "--text-column", "3"});
  EXPECT_EQ(some.exit_code, 0) << some.error;
  EXPECT_EQ(named(some), 10U) << some.error;
  EXPECT_TRUE(says(some, "further pairs that are left out are only counted")) << some.error;
  EXPECT_TRUE(says(some, "25 pairs were left out")) << some.error;
}

TEST_F(LabelFiles, SayWhichColumnIsTheText) {
  const std::string four = "xx yy\tbad\t1\t2\n";
  const RunResult measured = run_on(four, {"evaluate", "-", "--label-column", "2"});
  EXPECT_TRUE(says(measured, "standard input: the source is column 1 of 4")) << measured.error;
  EXPECT_EQ(run_on(four, {"evaluate", "-", "--label-column", "2", "--text-column", "1"}).error, "");
}

TEST_F(LabelFiles, OfValidationHaveTheColumnsOfTraining) {
  std::string pairs;
  for (int i = 0; i < 20; ++i) {
    pairs +=
        std::string("id\t") + (i % 2 == 0 ? "bad" : "good") + "\taa " + std::to_string(i) + "\n";
  }
  write_file(*folder_ / "three.tsv", pairs);
  const RunResult trained = train({file("three.tsv"), "--valid", file("three.tsv"), "--text-column",
                                   "3", "--label-column", "2"},
                                  "columns");
  EXPECT_EQ(trained.exit_code, 0) << trained.error;
  EXPECT_TRUE(says(trained, "20 pairs for training, 20 for validation")) << trained.error;
}

TEST_F(LabelFiles, WithWrongColumnsAreRefused) {
  const auto train_with = [&](const std::vector<std::string>& options) {
    std::vector<std::string> arguments{file("first.tsv")};
    arguments.insert(arguments.end(), options.begin(), options.end());
    return train(arguments, "wrong");
  };
  EXPECT_TRUE(refused(train_with({"--label-column", "x"}), kUsage,
                      {"--label-column or --target-column: found 'x', expected a column"}));
  EXPECT_TRUE(refused(train_with({"--text-column", "1,1"}), kUsage, {"names a column twice"}));
  EXPECT_TRUE(refused(train_with({"--text-column", "1-"}), kUsage, {"--target-column"}));
  EXPECT_TRUE(refused(train_with({"--label-column", "1", "--text-column", "1-"}), kUsage,
                      {"share a column"}));
  EXPECT_TRUE(refused(train_with({"--label-column", "5"}), kData,
                      {"first.tsv:1: 2 fields, expected the source in column 1 and the target in "
                       "column 5"}));
  EXPECT_TRUE(refused(train_with({"--format", "fasttext", "--label-column", "1"}), kUsage,
                      {"lines of fastText have none"}));
  EXPECT_TRUE(refused(
      train({"--source", file("first.tsv"), "--target", file("first.tsv"), "--label-column", "1"},
            "wrong"),
      kUsage, {"--source FILE and --target FILE have none"}));
  EXPECT_FALSE(std::filesystem::exists(*folder_ / "wrong"));
}

}  // namespace
}  // namespace attend::end_to_end
