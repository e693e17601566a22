// Tests of the metrics of captions in `attend evaluate --hypotheses`.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "end_to_end/program.h"
#include "testing.h"

namespace attend::end_to_end {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryFolder;
using testing::write_file;
using Json = nlohmann::json;

class CaptionMetrics : public ::testing::Test {
 protected:
  // Examples of docs/models.md §16.
  void SetUp() override {
    write("captions.txt", "a dog runs on the lawn\ntwo children play in a park\n");
    write("one.txt", "a dog is running on the grass\ntwo children play in the park with a ball\n");
    write("two.txt", "the dog runs on grass\n\n");
  }
  void write(const std::string& name, const std::string& bytes) const {
    write_file(folder_ / name, bytes);
  }
  RunResult score(std::vector<std::string> more) const {
    more.insert(more.begin(), {"evaluate", "--hypotheses", "captions.txt"});
    RunOptions options;
    options.working_folder = folder_.path();
    return attend(more, options);
  }
  Json json_of(std::vector<std::string> more) const {
    more.emplace_back("--json");
    const RunResult result = score(more);
    EXPECT_EQ(result.exit_code, 0) << result.error;
    return Json::parse(result.out);
  }

  TemporaryFolder folder_;
};

TEST_F(CaptionMetrics, HaveBleuWithoutAndWithAPenalty) {
  const std::vector<std::string> asked = {"one.txt", "two.txt", "--metrics",
                                          "bleu-1,bleu-2,bleu-3,bleu-4"};
  const Json json = json_of(asked);
  EXPECT_NEAR(json["bleu-1"].get<double>(), 91.666667, 5e-7);
  EXPECT_NEAR(json["bleu-2"].get<double>(), 80.104099, 5e-7);
  EXPECT_NEAR(json["bleu-3"].get<double>(), 62.198548, 5e-7);
  EXPECT_NEAR(json["bleu-4"].get<double>(), 44.750447, 5e-7);
  EXPECT_EQ(json["signatures"]["bleu-1"],
            "nrefs:var|case:mixed|eff:no|tok:none|smooth:none|order:1|bp:no");
  std::vector<std::string> with_penalty = asked;
  with_penalty.emplace_back("--brevity-penalty");
  const Json lower = json_of(with_penalty);
  EXPECT_NEAR(lower["bleu-4"].get<double>(), 37.880435, 5e-7);
  EXPECT_EQ(lower["signatures"]["bleu-4"],
            "nrefs:var|case:mixed|eff:no|tok:none|smooth:none|bp:closest");
}

TEST_F(CaptionMetrics, HaveATableWithCiderFromZeroToTen) {
  write("captions.txt", "a red cat\na dog\n");
  write("one.txt", "a red dress\na dog barks\n");
  write("two.txt", "red shoes here\n\n");
  const RunResult result =
      score({"one.txt", "two.txt", "--metrics", "cider-d,rouge-l,distinct,mean-length"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(result.error, "");
  const std::vector<std::string> lines = lines_of(result.out);
  ASSERT_EQ(lines.size(), 4U) << result.out;
  EXPECT_THAT(lines[1], HasSubstr(" 2.6235 "));
  EXPECT_TRUE(lines[1].ends_with(" 2.50")) << lines[1];
  EXPECT_EQ(lines[2], "cider-d: nrefs:var|case:mixed|tok:none|n:4|sigma:6|df:corpus");
  EXPECT_EQ(lines[3], "rouge-l: nrefs:var|case:mixed|tok:none|beta:1.2");
  EXPECT_EQ(score({"one.txt", "two.txt", "--metrics", "CIDEr-D", "--value"}).out, "2.6235\n");
}

TEST_F(CaptionMetrics, CompareSmallLettersAndMarksWhenAsked) {
  write("captions.txt", "A red cat, asleep.\nx\n");
  write("one.txt", "a red cat , asleep .\ny\n");
  const auto value = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"one.txt", "--metrics", "cider-d", "--value"});
    return score(more).out;
  };
  EXPECT_EQ(value({"--lowercase", "--tokenize", "13a"}), "5.0000\n");
  EXPECT_NE(value({"--lowercase"}), "5.0000\n");
}

TEST_F(CaptionMetrics, SayWhereTheyMeanLittle) {
  write("captions.txt", "a dog\n");
  write("one.txt", "a dog\n");
  const RunResult alone = score({"one.txt", "--metrics", "cider-d", "--value"});
  EXPECT_EQ(alone.out, "0.0000\n");
  EXPECT_EQ(alone.exit_code, 0);
  EXPECT_THAT(alone.error, HasSubstr("cider-d of a single example is 0"));
  write("captions.txt", "一只狗\n两个人\n");
  write("one.txt", "一只猫\n两个人\n");
  const RunResult chinese = score({"one.txt", "--metrics", "bleu-1", "--value"});
  EXPECT_EQ(chinese.out, "50.00\n");
  EXPECT_THAT(chinese.error, HasSubstr("bleu-1 counts words between blanks"));
  EXPECT_THAT(chinese.error, HasSubstr("--tokenize zh"));
  const RunResult cut = score({"one.txt", "--metrics", "bleu-1", "--value", "--tokenize", "zh"});
  EXPECT_EQ(cut.out, "83.33\n");
  EXPECT_EQ(cut.error, "");
}

TEST_F(CaptionMetrics, HaveAPairedBootstrapButForDistinct) {
  write("baseline.txt", "a cat sleeps\ntwo children play in the park with a ball\n");
  const std::vector<std::string> asked = {
      "one.txt",    "two.txt",      "--metrics",   "cider-d,distinct,mean-length",
      "--baseline", "baseline.txt", "--bootstrap", "100"};
  const Json metrics = json_of(asked)["bootstrap"]["metrics"];
  for (const char* name : {"cider-d", "mean-length"}) {
    EXPECT_TRUE(metrics[name].contains("p_value") && metrics[name].contains("low")) << name;
  }
  EXPECT_EQ(metrics["distinct"].dump(), R"({"baseline":{"score":100.0},"score":100.0})");
  const std::vector<std::string> lines = lines_of(score(asked).out);
  ASSERT_EQ(lines.size(), 13U);
  for (const std::size_t k : {3U, 4U, 5U, 7U, 8U, 9U, 10U}) {
    EXPECT_THAT(lines[k], HasSubstr("                     - ")) << lines[k];
  }
  EXPECT_THAT(lines[2], HasSubstr("100.00"));
  EXPECT_EQ(lines[11], "bootstrap: 100 samples, seed 12345");
}

}  // namespace
}  // namespace attend::end_to_end
