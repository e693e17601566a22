// Tests of `attend evaluate --hypotheses`, which scores predictions in a file without a model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "end_to_end/failure.h"
#include "end_to_end/program.h"
#include "testing.h"

namespace attend::end_to_end {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::TemporaryFolder;
using testing::write_file;
using Json = nlohmann::json;

// The first example of docs/models.md §16.
constexpr const char* kHypotheses = "the cat sat on the mat .\na small dog runs in the park\n";
constexpr const char* kReferences =
    "the cat is sitting on the mat .\na little dog is running through the park\n";

class ScoredFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    write("out.txt", kHypotheses);
    write("ref.txt", kReferences);
  }
  void write(const std::string& name, const std::string& bytes) const {
    write_file(folder_ / name, bytes);
  }
  /// Runs `attend evaluate` in the folder of the files.
  RunResult run_with(std::vector<std::string> arguments, const std::string& input = "") const {
    arguments.insert(arguments.begin(), "evaluate");
    RunOptions options;
    options.working_folder = folder_.path();
    options.standard_input = input;
    return attend(arguments, options);
  }
  RunResult score(std::vector<std::string> more) const {
    more.insert(more.begin(), {"--hypotheses", "out.txt"});
    return run_with(more);
  }
  Json json_of(std::vector<std::string> more) const {
    more.emplace_back("--json");
    const RunResult result = score(more);
    EXPECT_EQ(result.exit_code, 0) << result.error;
    return Json::parse(result.out);
  }

  TemporaryFolder folder_;
};

TEST_F(ScoredFiles, HaveTheScoresOfTheReference) {
  const Json json = json_of({"ref.txt", "--metrics", "bleu,chrf,chrf++,ter,exact_match"});
  EXPECT_EQ(json["examples"], 2);
  EXPECT_NEAR(json["bleu"].get<double>(), 25.459983, 5e-7);
  EXPECT_NEAR(json["chrf"].get<double>(), 36.203903, 5e-7);
  EXPECT_NEAR(json["chrf++"].get<double>(), 39.828273, 5e-7);
  // "sat" for "is sitting" has two edits; "small", "runs", "in" have three and one is missing.
  EXPECT_NEAR(json["ter"].get<double>(), 100 * 6.0 / 16, 1e-9);
  EXPECT_EQ(json["exact_match"], 0.0);
  EXPECT_EQ(json["signatures"]["bleu"], "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp");
  EXPECT_EQ(json["signatures"]["chrf++"], "nrefs:1|case:mixed|eff:yes|nc:6|nw:2|space:no");
  EXPECT_EQ(json["signatures"]["ter"], "nrefs:1|case:lc|tok:tercom|norm:no|punct:yes|asian:no");
  EXPECT_FALSE(json["signatures"].contains("exact_match"));
  EXPECT_FALSE(json.contains("by_source_length"));
  EXPECT_FALSE(json.contains("bootstrap"));
}

TEST_F(ScoredFiles, HaveATableWithSignatures) {
  const RunResult result = score({"ref.txt"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(result.error, "");
  const std::vector<std::string> lines = lines_of(result.out);
  ASSERT_EQ(lines.size(), 4U) << result.out;
  for (const char* metric : {"exact_match", "wer", "bleu", "chrf"}) {
    EXPECT_THAT(lines[0], HasSubstr(metric));
  }
  EXPECT_TRUE(lines[1].starts_with("all                  2")) << lines[1];
  EXPECT_THAT(lines[1], HasSubstr("25.46"));
  EXPECT_EQ(lines[2], "bleu: nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp");
  EXPECT_EQ(lines[3], "chrf: nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no");
}

// The second example of docs/models.md §16.
TEST_F(ScoredFiles, AreSmoothedAsWanted) {
  write("out.txt", "a b c d\nx y\n");
  write("ref.txt", "a b d c\nx z\n");
  const auto bleu = [&](std::vector<std::string> more) {
    more.insert(more.end(), {"ref.txt", "--metrics", "bleu", "--value"});
    return score(more).out;
  };
  EXPECT_EQ(bleu({}), "33.78\n");
  EXPECT_EQ(bleu({"--smooth", "none"}), "0.00\n");
  EXPECT_EQ(bleu({"--smooth", "floor"}), "17.97\n");
  EXPECT_EQ(bleu({"--smooth", "add-k"}), "48.55\n");
  EXPECT_EQ(bleu({"--smooth-method", "add-k", "--smooth-value", "1"}), "48.55\n");
  EXPECT_NE(bleu({"--smooth", "add-k", "--smooth-value", "0.5"}), "48.55\n");
}

// The fourth example of docs/models.md §16, in all the ways in which references are given.
TEST_F(ScoredFiles, HaveSeveralReferences) {
  write("out.txt", "the the the the the the the\nx\n");
  write("one.txt", "the cat is on the mat\ny\n");
  write("two.txt", "there is a cat on the mat\n\n");
  write("both.tsv", "le chat\tthe cat is on the mat\tthere is a cat on the mat\nx\ty\t\n");
  for (const std::vector<std::string>& references : std::vector<std::vector<std::string>>{
           {"one.txt", "two.txt"},
           {"one.txt", "--references", "two.txt"},
           {"--target", "one.txt", "--references", "two.txt"},
           {"both.tsv", "--target-column", "2", "--reference-column", "3"},
           {"both.tsv", "--reference-column", "2-"},
           {"both.tsv", "--reference-column", "2", "--references", "two.txt"}}) {
    std::vector<std::string> all = references;
    all.insert(all.end(), {"--metrics", "bleu,wer"});
    const Json json = json_of(all);
    EXPECT_EQ(json["signatures"]["bleu"], "nrefs:var|case:mixed|eff:no|tok:13a|smooth:exp");
    // 2 of 8 words match, and the other orders have 6, 5 and 4 n-grams.
    EXPECT_NEAR(json["bleu"].get<double>(), 100 * std::pow(2.0 / 8 / 12 / 20 / 32, 0.25), 1e-6);
    // The nearer reference of the first line has 6 words and 5 edits, or 7 and 6.
    EXPECT_NEAR(json["wer"].get<double>(), 100 * 6.0 / 7, 1e-9);
  }
}

TEST_F(ScoredFiles, AreComparedInSmallLettersWhenAsked) {
  write("out.txt", "The Cat sat on the mat\n");
  write("ref.txt", "the cat sat on the mat\n");
  EXPECT_LT(json_of({"ref.txt"})["bleu"], 100);
  const Json json = json_of({"ref.txt", "--lowercase", "--metrics", "bleu,chrf,wer,cer"});
  EXPECT_NEAR(json["bleu"].get<double>(), 100, 1e-9);
  EXPECT_NEAR(json["chrf"].get<double>(), 100, 1e-9);
  EXPECT_EQ(json["wer"], 0.0);
  EXPECT_EQ(json["cer"], 0.0);
  EXPECT_EQ(json["signatures"]["bleu"], "nrefs:1|case:lc|eff:no|tok:13a|smooth:exp");
  const auto ter = [&](std::vector<std::string> more) {
    more.insert(more.end(), {"ref.txt", "--metrics", "ter", "--value"});
    return score(more).out;
  };
  EXPECT_EQ(ter({}), "0.00\n");
  EXPECT_EQ(ter({"--ter-case-sensitive"}), "33.33\n");
}

// Exact predictions in Chinese had BLEU 0 with 13a.
TEST_F(ScoredFiles, AreCutAsTheScriptOfTheReferencesNeeds) {
  write("out.txt", "那只黑猫坐在垫子上。\n今天天气很好。\n");
  write("ref.txt", "那只黑猫睡在垫子上。\n今天天气很好。\n");
  const RunResult chosen = score({"ref.txt", "--metrics", "bleu"});
  EXPECT_THAT(chosen.error, HasSubstr("BLEU is computed with --tokenize zh, because the references "
                                      "are Chinese\n"));
  EXPECT_THAT(chosen.out, HasSubstr("bleu: nrefs:1|case:mixed|eff:no|tok:zh|smooth:exp\n"));
  EXPECT_THAT(chosen.out, Not(HasSubstr(" 0.00")));
  const RunResult named = score({"ref.txt", "--metrics", "bleu", "--tokenize", "zh"});
  EXPECT_EQ(named.error, "");
  EXPECT_EQ(named.out, chosen.out);
  const RunResult wrong = score({"ref.txt", "--metrics", "bleu", "--tokenize", "13a"});
  EXPECT_THAT(wrong.error, HasSubstr("--tokenize 13a makes one word of a sentence"));
  EXPECT_THAT(wrong.out, HasSubstr("tok:13a"));
  const RunResult words = score({"ref.txt", "--metrics", "ter,wer"});
  EXPECT_THAT(
      words.error,
      HasSubstr(
          "ter and wer count words between blanks, but Chinese text has no blanks between words. "
          "cer counts characters, and so does ter with"));
  const RunResult ter =
      score({"ref.txt", "--metrics", "ter", "--value", "--ter-normalized", "--ter-asian-support"});
  EXPECT_EQ(ter.out, "5.88\n");  // 1 of 17 characters
  EXPECT_EQ(ter.error, "");
}

TEST_F(ScoredFiles, HaveLengthsOnlyWithSources) {
  write("source.txt", "eins zwei drei\neins zwei drei vier fünf\n");
  const Json json = json_of({"--source", "source.txt", "--lengths", "4", "ref.txt"});
  EXPECT_EQ(json["by_source_length"]["0-4"]["examples"], 1);
  EXPECT_EQ(json["by_source_length"]["5+"]["examples"], 1);
  EXPECT_EQ(score({"ref.txt", "--source", "source.txt", "--curve", "curve.svg"}).exit_code, 0);
  EXPECT_FALSE(testing::read_file(folder_ / "curve.svg").empty());
  write("both.tsv", "a b\tthe cat\nc\tthe park\n");
  const Json columns =
      json_of({"both.tsv", "--source-column", "1", "--target-column", "2", "--lengths", "1"});
  EXPECT_EQ(columns["by_source_length"]["0-1"]["examples"], 1);
  EXPECT_EQ(columns["by_source_length"]["2+"]["examples"], 1);
  EXPECT_TRUE(refused(score({"ref.txt", "--lengths", "4"}), kUsage, {"--lengths", "--source"}));
  EXPECT_TRUE(
      refused(score({"ref.txt", "--curve", "c.svg"}), kUsage, {"--curve", "--source-column"}));
  // Chinese sources have no blanks: a length counts characters.
  write("source.txt", "我喜欢猫\n猫\n");
  EXPECT_EQ(json_of({"ref.txt", "--source", "source.txt", "--lengths",
                     "3"})["by_source_length"]["4+"]["examples"],
            1);
}

TEST_F(ScoredFiles, AreComparedWithABaseline) {
  std::string better, worse, references;
  for (int i = 0; i < 60; ++i) {
    const std::string text = "the cat number " + std::to_string(i) + " sat on a mat\n";
    references += text;
    better += i % 10 == 0 ? "a dog\n" : text;
    worse += i % 2 == 0 ? "a dog barks at the cat\n" : text;
  }
  write("out.txt", better);
  write("old.txt", worse);
  write("ref.txt", references);
  const std::vector<std::string> arguments{
      "ref.txt",   "--baseline",          "old.txt", "--bootstrap", "200",
      "--metrics", "bleu,ter,exact_match"};
  const Json json = json_of(arguments);
  EXPECT_EQ(json["bootstrap"]["samples"], 200);
  EXPECT_EQ(json["bootstrap"]["seed"], 12345);
  for (const char* metric : {"bleu", "ter", "exact_match"}) {
    const Json& one = json["bootstrap"]["metrics"][metric];
    EXPECT_EQ(one["score"], json[metric]);
    EXPECT_LE(one["low"], one["mean"]);
    EXPECT_LE(one["mean"], one["high"]);
    EXPECT_NEAR(one["p_value"].get<double>(), 1.0 / 201, 1e-9) << metric;
  }
  EXPECT_EQ(json["bootstrap"]["metrics"]["exact_match"]["baseline"]["score"], 50.0);
  EXPECT_EQ(json_of(arguments), json) << "the seed is fixed";
  const RunResult table = score(arguments);
  EXPECT_THAT(table.out, HasSubstr("\nsystem "));
  EXPECT_THAT(table.out, HasSubstr("\n  mean of 200 "));
  EXPECT_THAT(table.out, HasSubstr("\nbaseline "));
  EXPECT_THAT(table.out, HasSubstr("\np-value                               0.0050"));
  EXPECT_THAT(table.out, HasSubstr("\nbootstrap: 200 samples, seed 12345\n"));
  EXPECT_THAT(table.out, HasSubstr("\nbleu: nrefs:1|bs:200|seed:12345|case:mixed|"));
  const RunResult alone = score({"ref.txt", "--bootstrap", "100"});
  EXPECT_THAT(alone.out, HasSubstr("\n95 % from "));
  EXPECT_THAT(alone.out, Not(HasSubstr("p-value")));
}

TEST_F(ScoredFiles, MayBeLabels) {
  write("out.txt", "spam\nham\nham\nspam\n");
  write("ref.txt", "spam\nham\nspam\nspam\n");
  const Json json = json_of({"ref.txt", "--metrics", "accuracy,macro_f1"});
  EXPECT_EQ(json["accuracy"], 75.0);
  const Json ignored = json_of({"ref.txt", "--metrics", "macro_f1", "--ignore-label", "ham"});
  EXPECT_NEAR(ignored["macro_f1"].get<double>(), 80, 1e-9);
  for (const std::string metrics : {"macro_f1", "accuracy,micro_f1"}) {
    EXPECT_TRUE(refused(
        score({"ref.txt", "--metrics", metrics, "--ignore-label", "nosuch"}), kUsage,
        {"--ignore-label: neither the predictions nor the references have the label 'nosuch'"}));
  }
  EXPECT_TRUE(refused(score({"ref.txt", "--metrics", "accuracy", "--ignore-label", "ham"}), kUsage,
                      {"--ignore-label", "macro_f1"}));
  EXPECT_TRUE(refused(score({"ref.txt", "ref.txt", "--metrics", "accuracy"}), kUsage,
                      {"a label has exactly one reference"}));
}

TEST_F(ScoredFiles, MayBeStreamsAndBlank) {
  const RunResult streamed =
      run_with({"--hypotheses", "-", "ref.txt", "--metrics", "bleu", "--value"}, kHypotheses);
  EXPECT_EQ(streamed.out, "25.46\n");
  write("out.txt", "\n\n");
  const Json blank = json_of({"ref.txt"});
  EXPECT_EQ(blank["bleu"], 0.0);
  EXPECT_EQ(blank["wer"], 100.0);
  write("ref.txt", "\n\n");
  EXPECT_EQ(json_of({"ref.txt"})["exact_match"], 100.0);
}

TEST_F(ScoredFiles, PrintOneNumberOrABootstrap) {
  const std::vector<std::string> value{"ref.txt", "--metrics", "bleu", "--value"};
  for (const std::vector<std::string>& more :
       std::vector<std::vector<std::string>>{{"--bootstrap", "100"}, {"--baseline", "ref.txt"}}) {
    std::vector<std::string> all = value;
    all.insert(all.end(), more.begin(), more.end());
    EXPECT_TRUE(refused(score(all), kUsage, {"--value", more[0]}));
  }
}

// sacreBLEU counts the code points of a text as they are.
TEST_F(ScoredFiles, AreCountedAsTheyAre) {
  write("out.txt", "\u0958\n");
  write("ref.txt", "\u0958x\n");
  EXPECT_NEAR(json_of({"ref.txt"})["chrf"].get<double>(), 100 * 2.5 / 4.5, 1e-9);
  write("out.txt", "abc\n");
  write("ref.txt", "abd\n");
  EXPECT_NEAR(json_of({"ref.txt"})["chrf"].get<double>(), 38.888889, 5e-7);
}

TEST_F(ScoredFiles, MustBeComplete) {
  EXPECT_TRUE(refused(score({}), kUsage, {"--hypotheses", "references"}));
  EXPECT_TRUE(refused(run_with({"ref.txt"}), kUsage, {"--model", "--hypotheses"}));
  EXPECT_TRUE(refused(run_with({"--hypotheses", "-", "-"}), kUsage, {"standard input"}));
  EXPECT_TRUE(refused(score({"missing.txt"}), kData, {"missing.txt"}));
  write("empty.txt", "");
  EXPECT_TRUE(refused(score({"empty.txt"}), kData, {"empty.txt", "empty file"}));
  EXPECT_TRUE(refused(run_with({"--hypotheses", "empty.txt", "ref.txt"}), kData, {"empty.txt"}));
  write("short.txt", "one line\n");
  for (const char* option : {"--references", "--source", "--baseline"}) {
    EXPECT_TRUE(refused(score({"ref.txt", option, "short.txt"}), kData,
                        {"short.txt: ends after 1 line,", "out.txt has more"}))
        << option;
  }
  write("broken.txt", "a\n\xff\n");
  EXPECT_TRUE(refused(score({"broken.txt"}), kData, {"broken.txt:2", "UTF-8"}));
}

// A TSV of pairs in the place of references would give a low score without a word.
TEST_F(ScoredFiles, NeedNamesOfColumns) {
  write("both.tsv", "la source\tthe cat\nl'autre\tthe park\n");
  EXPECT_TRUE(refused(score({"both.tsv"}), kData, {"both.tsv:1", "2 columns", "--target-column"}));
  EXPECT_TRUE(refused(score({"both.tsv", "--source-column", "1"}), kUsage, {"--target-column"}));
  EXPECT_TRUE(refused(score({"--target", "ref.txt", "--target-column", "2"}), kUsage,
                      {"--target-column", "TSV"}));
  EXPECT_TRUE(refused(score({"both.tsv", "--target-column", "3"}), kData,
                      {"both.tsv:1", "2 columns, expected 3"}));
  EXPECT_TRUE(refused(score({"both.tsv", "--target-column", "2", "--reference-column", "2"}),
                      kUsage, {"--reference-column"}));
  EXPECT_TRUE(refused(
      score({"both.tsv", "--target-column", "2", "--source-column", "1", "--source", "ref.txt"}),
      kUsage, {"--source-column"}));
  write("out.txt", "spam\t0.98\nham\t0.7\n");  // as `attend predict` answers with labels
  EXPECT_TRUE(refused(score({"ref.txt"}), kData, {"out.txt:1", "TAB"}));
}

TEST_F(ScoredFiles, HaveNoOptionsOfModels) {
  for (const std::vector<std::string>& options :
       std::vector<std::vector<std::string>>{{"--model", "m"},
                                             {"--beam", "3"},
                                             {"--confusion", "c.tsv"},
                                             {"--reliability", "r.svg"},
                                             {"--fit-temperature"},
                                             {"--shortlist"},
                                             {"--threads", "1"},
                                             {"--allowed-column", "2"},
                                             {"--format", "tsv"}}) {
    std::vector<std::string> all = options;
    all.insert(all.begin(), "ref.txt");
    EXPECT_TRUE(refused(score(all), kUsage, {options[0], "without a model"}));
  }
  for (const std::vector<std::string>& options :
       std::vector<std::vector<std::string>>{{"--tokenize", "moses"},
                                             {"--smooth", "laplace"},
                                             {"--smooth-value", "0.1"},
                                             {"--smooth-value", "-1", "--smooth", "floor"},
                                             {"--smooth-value", "0", "--smooth", "floor"},
                                             {"--bootstrap", "5"},
                                             {"--bootstrap", "x"},
                                             {"--bootstrap-seed", "-1", "--bootstrap", "100"},
                                             {"--bootstrap-seed", "5"},
                                             {"--baseline", ""},
                                             {"--references", ""},
                                             {"--reference-column", "0"}}) {
    std::vector<std::string> all = options;
    all.insert(all.begin(), "ref.txt");
    EXPECT_TRUE(refused(score(all), kUsage, {options[0]})) << options[1];
  }
}

}  // namespace
}  // namespace attend::end_to_end
