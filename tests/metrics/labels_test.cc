#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/base.h"
#include "metrics/metrics.h"
#include "testing.h"
#include "text/text.h"

namespace attend::metrics {
namespace {

using Labels = std::vector<std::string>;

TEST(Labels, GiveAccuracyAndMacroF1) {
  const LabelScores scores = score_labels(Labels{"a", "a", "b", "c"}, Labels{"a", "b", "b", "b"});
  EXPECT_DOUBLE_EQ(scores.accuracy, 50);
  ASSERT_EQ(scores.labels.size(), 3u);
  EXPECT_EQ(scores.labels[0].label, "a");
  EXPECT_DOUBLE_EQ(scores.labels[0].precision, 50);
  EXPECT_DOUBLE_EQ(scores.labels[0].recall, 100);
  EXPECT_DOUBLE_EQ(scores.labels[0].f1, 200.0 / 3);
  EXPECT_DOUBLE_EQ(scores.labels[1].precision, 100);
  EXPECT_DOUBLE_EQ(scores.labels[1].recall, 100.0 / 3);
  EXPECT_DOUBLE_EQ(scores.labels[1].f1, 50);
  EXPECT_EQ(scores.labels[2].expected, 0u);
  EXPECT_EQ(scores.labels[2].f1, 0);
  EXPECT_DOUBLE_EQ(scores.macro.f1, (200.0 / 3 + 50) / 3);
}

TEST(Labels, CanBeLeftOutOfTheAverageOrAddedToIt) {
  const Labels hypotheses = {"a", "Other", "Other"};
  const Labels references = {"a", "a", "Other"};
  LabelScoreOptions options;
  options.ignored = {"Other"};
  EXPECT_DOUBLE_EQ(score_labels(hypotheses, references, options).macro.f1, 200.0 / 3);
  EXPECT_DOUBLE_EQ(score_labels(hypotheses, references, options).accuracy, 200.0 / 3);
  options.averaged = {"a", "never"};
  EXPECT_DOUBLE_EQ(score_labels(hypotheses, references, options).macro.f1, 100.0 / 3);
}

TEST(Labels, AllRightGiveOneHundred) {
  const Labels labels = {"x", "y", "y", "z"};
  const LabelScores scores = score_labels(labels, labels);
  EXPECT_EQ(scores.accuracy, 100);
  EXPECT_EQ(scores.macro.f1, 100);
}

TEST(Labels, RefuseWhatCannotBeScored) {
  EXPECT_THROW(score_labels(Labels{}, Labels{}), UsageError);
  EXPECT_THROW(score_labels(Labels{"a"}, Labels{}), CheckFailure);
  LabelScoreOptions options;
  options.ignored = {"a"};
  EXPECT_THROW(score_labels(Labels{"a"}, Labels{"a"}, options), UsageError);
}

TEST(Labels, HaveMacroAndMicroAverages) {
  const LabelScores scores = score_labels(Labels{"a", "a", "b", "c"}, Labels{"a", "b", "b", "b"});
  EXPECT_DOUBLE_EQ(scores.macro.precision, 50);      // 50, 100 and 0
  EXPECT_DOUBLE_EQ(scores.macro.recall, 400.0 / 9);  // 100, 33.3 and 0
  EXPECT_DOUBLE_EQ(scores.micro.precision, 50);
  EXPECT_DOUBLE_EQ(scores.micro.recall, 50);
  EXPECT_DOUBLE_EQ(scores.micro.f1, scores.accuracy);
}

// "b" is found in 1 of 2 texts and never wrongly: its precision is 100 and its recall 50.
TEST(Labels, DoNotHaveAClassOfTextsWithoutAnAnswer) {
  const LabelScores scores = score_labels(Labels{"a", "b", ""}, Labels{"a", "b", "b"});
  ASSERT_EQ(scores.labels.size(), 2u);
  EXPECT_DOUBLE_EQ(scores.macro.f1, (100 + 200.0 / 3) / 2);
  EXPECT_DOUBLE_EQ(scores.accuracy, 200.0 / 3);
  EXPECT_DOUBLE_EQ(score_labels(Labels{""}, Labels{""}).macro.f1, 100);
}

TEST(Labels, ThatAreIgnoredTellMicroF1FromAccuracy) {
  LabelScoreOptions options;
  options.ignored = {"Other"};
  const LabelScores scores = score_labels(Labels{"a", "Other", "Other", "b", "a"},
                                          Labels{"a", "a", "Other", "b", "Other"}, options);
  EXPECT_DOUBLE_EQ(scores.accuracy, 60);
  EXPECT_DOUBLE_EQ(scores.micro.precision, 200.0 / 3);  // 2 of 3 predictions of a and b
  EXPECT_DOUBLE_EQ(scores.micro.recall, 200.0 / 3);     // 2 of 3 examples of a and b
  EXPECT_DOUBLE_EQ(scores.micro.f1, 200.0 / 3);
  EXPECT_DOUBLE_EQ(scores.macro.f1, 75);  // 50 and 100
}

TEST(ConfusionMatrix, CountsWhatWasPredictedForEachLabel) {
  const ConfusionMatrix matrix =
      confusion_matrix(Labels{"b", "b", "a", "c", "b"}, Labels{"b", "a", "a", "a", "b"});
  EXPECT_EQ(matrix.labels, (Labels{"a", "b", "c"}));
  EXPECT_EQ(matrix.counts, (std::vector<std::size_t>{1, 1, 1,     // expected: a
                                                     0, 2, 0,     // b
                                                     0, 0, 0}));  // c
  EXPECT_EQ(matrix.count(0, 2), 1U);
  EXPECT_EQ(matrix.count(2, 0), 0U);
}

TEST(ConfusionMatrix, HasALimit) {
  Labels labels;
  for (std::size_t i = 0; i < kMostConfusedLabels; ++i) labels.push_back(std::to_string(i));
  EXPECT_EQ(confusion_matrix(labels, labels).labels.size(), kMostConfusedLabels);
  labels.push_back("one more");
  EXPECT_THROW(confusion_matrix(labels, labels), UsageError);
  EXPECT_THROW(confusion_matrix(Labels{}, Labels{}), UsageError);
}

// ------------------------------------------------------------------------ SemEval-2010 task 8 ---

TEST(SemEval2010, CountsAWrongDirectionAgainstPrecisionAndRecall) {
  // Cause-Effect: one is right, one has the wrong direction: P = 1/2, R = 1/2, F1 = 50.
  // Message-Topic: its only example is taken for Other: F1 = 0. Other has no part in the mean.
  const Labels references = {"Cause-Effect(e1,e2)", "Cause-Effect(e2,e1)", "Message-Topic(e1,e2)",
                             "Other"};
  const Labels hypotheses = {"Cause-Effect(e1,e2)", "Cause-Effect(e1,e2)", "Other", "Other"};
  EXPECT_DOUBLE_EQ(semeval2010_score(hypotheses, references), 25);
  EXPECT_DOUBLE_EQ(semeval2010_score(references, references), 100);
}

TEST(SemEval2010, AveragesTheRelationsOfTheKeyAlone) {
  // Cause-Effect: P = 1/1, R = 1/2, F1 = 66.7. Entity-Origin is not in the key and has no F1.
  const Labels references = {"Cause-Effect(e1,e2)", "Cause-Effect(e1,e2)"};
  const Labels hypotheses = {"Cause-Effect(e1,e2)", "Entity-Origin(e1,e2)"};
  EXPECT_DOUBLE_EQ(semeval2010_score(hypotheses, references), 200.0 / 3);
  // So it is with an example that has no answer.
  EXPECT_DOUBLE_EQ(semeval2010_score(Labels{"Cause-Effect(e1,e2)", ""}, references), 200.0 / 3);
  EXPECT_EQ(semeval2010_score(Labels{"Other"}, Labels{"Other"}), 0);
}

TEST(SemEval2010, RefusesLabelsOfOtherTasks) {
  const Labels known = {"Cause-Effect(e1,e2)"};
  for (const char* label :
       {"Cause-Effect", "Cause-Effect(e1, e2)", "Cause-Effect (e1,e2)", "cause-effect(e1,e2)",
        "Message-Topc(e1,e2)", "Cause-Effect(e1,e2)x", "Other(e1,e2)", "_Other", "spam"}) {
    EXPECT_THROW(semeval2010_score(known, Labels{label}), UsageError) << label;
    EXPECT_THROW(semeval2010_score(Labels{label}, known), UsageError) << label;
  }
  EXPECT_THROW(semeval2010_score(known, Labels{""}), UsageError);
  EXPECT_THROW(semeval2010_score(Labels{}, Labels{}), UsageError);
}

/// Reads lines of the form "id TAB label", plain or compressed.
std::map<std::string, std::string> read_labels(const std::filesystem::path& path) {
  text::LineReader lines(path);
  std::map<std::string, std::string> labels;
  for (std::string line; lines.next(line);) {
    const std::size_t tab = line.find('\t');
    labels[line.substr(0, tab)] = line.substr(tab + 1);
  }
  return labels;
}

/// Returns the labels that were proposed for the ids of a key, and the key's labels. An id without
/// an answer has an empty label.
std::pair<Labels, Labels> answers(const std::filesystem::path& proposed,
                                  const std::filesystem::path& key) {
  const auto found = read_labels(proposed);
  std::pair<Labels, Labels> result;
  for (const auto& [id, label] : read_labels(key)) {
    const auto answer = found.find(id);
    result.first.push_back(answer == found.end() ? "" : answer->second);
    result.second.push_back(label);
  }
  return result;
}

/// Returns the F1 in the last line of the official scorer: "… macro-averaged F1 = 64.09% >>>".
double official_f1(const std::filesystem::path& path) {
  const std::string report = testing::read_file(path);
  const std::string mark = "macro-averaged F1 = ";
  return std::stod(report.substr(report.rfind(mark) + mark.size()));
}

TEST(SemEval2010, EqualsTheOfficialScorer) {
  ATTEND_REQUIRE_DATA("semeval2010-task8/scorer-examples/answer_key1.txt");
  const auto folder = testing::data_folder() / "semeval2010-task8" / "scorer-examples";
  struct Example {
    std::string number, ending;
    std::size_t examples, answered;  // "Coverage" in the official output
  };
  for (const Example& example : {Example{"1", ".txt", 40, 30}, Example{"2", ".txt.xz", 8000, 7947},
                                 Example{"3", ".txt", 10, 7}, Example{"5", ".txt", 6, 4}}) {
    const auto [hypotheses, references] =
        answers(folder / ("proposed_answer" + example.number + example.ending),
                folder / ("answer_key" + example.number + example.ending));
    ASSERT_EQ(references.size(), example.examples) << example.number;
    EXPECT_EQ(hypotheses.size() -
                  static_cast<std::size_t>(std::count(hypotheses.begin(), hypotheses.end(), "")),
              example.answered)
        << example.number;
    EXPECT_NEAR(semeval2010_score(hypotheses, references),
                official_f1(folder / ("result_scores" + example.number + ".txt")), 5.1e-3)
        << example.number;
  }
  const auto [malformed, key] =
      answers(folder / "proposed_answer4.txt", folder / "answer_key3.txt");
  EXPECT_THROW(semeval2010_score(malformed, key), UsageError);
}

}  // namespace
}  // namespace attend::metrics
