#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "base/base.h"
#include "metrics/metrics.h"
#include "testing.h"

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
  EXPECT_DOUBLE_EQ(scores.macro_f1, (200.0 / 3 + 50) / 3);
}

TEST(Labels, CanBeLeftOutOfTheAverageOrAddedToIt) {
  const Labels hypotheses = {"a", "Other", "Other"};
  const Labels references = {"a", "a", "Other"};
  LabelScoreOptions options;
  options.ignored = {"Other"};
  EXPECT_DOUBLE_EQ(score_labels(hypotheses, references, options).macro_f1, 200.0 / 3);
  EXPECT_DOUBLE_EQ(score_labels(hypotheses, references, options).accuracy, 200.0 / 3);
  options.averaged = {"a", "never"};
  EXPECT_DOUBLE_EQ(score_labels(hypotheses, references, options).macro_f1, 100.0 / 3);
}

TEST(Labels, AllRightGiveOneHundred) {
  const Labels labels = {"x", "y", "y", "z"};
  const LabelScores scores = score_labels(labels, labels);
  EXPECT_EQ(scores.accuracy, 100);
  EXPECT_EQ(scores.macro_f1, 100);
}

TEST(Labels, RefuseWhatCannotBeScored) {
  EXPECT_THROW(score_labels(Labels{}, Labels{}), UsageError);
  EXPECT_THROW(score_labels(Labels{"a"}, Labels{}), CheckFailure);
  LabelScoreOptions options;
  options.ignored = {"a"};
  EXPECT_THROW(score_labels(Labels{"a"}, Labels{"a"}, options), UsageError);
}

std::map<std::string, std::string> read_labels(const std::filesystem::path& path) {
  std::istringstream lines(testing::read_file(path));
  std::map<std::string, std::string> labels;
  for (std::string id, label; lines >> id >> label;) labels[id] = label;
  return labels;
}

/// Returns the F1 in the last line of the official scorer: "… macro-averaged F1 = 64.09% >>>".
double official_f1(const std::filesystem::path& path) {
  const std::string report = testing::read_file(path);
  const std::string mark = "macro-averaged F1 = ";
  return std::stod(report.substr(report.rfind(mark) + mark.size()));
}

TEST(Labels, EqualTheOfficialScorerOfSemEval2010Task8) {
  ATTEND_REQUIRE_DATA("semeval2010-task8/scorer-examples/answer_key1.txt");
  const auto folder = testing::data_folder() / "semeval2010-task8" / "scorer-examples";
  LabelScoreOptions options;
  options.pool_directions = true;
  for (const std::string example : {"1", "3", "5"}) {
    const auto key = read_labels(folder / ("answer_key" + example + ".txt"));
    const auto proposed = read_labels(folder / ("proposed_answer" + example + ".txt"));
    Labels hypotheses;
    Labels references;
    options.averaged.clear();
    for (const auto& [id, label] : key) {
      const auto answer = proposed.find(id);
      hypotheses.push_back(answer == proposed.end() ? "" : answer->second);
      references.push_back(label);
      if (label != "Other") options.averaged.push_back(label.substr(0, label.find('(')));
    }
    EXPECT_NEAR(score_labels(hypotheses, references, options).macro_f1,
                official_f1(folder / ("result_scores" + example + ".txt")), 5.1e-3)
        << example;
  }
}

}  // namespace
}  // namespace attend::metrics
