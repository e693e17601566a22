#include "metrics/labels.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/base.h"
#include "metrics/corpus_check.h"

namespace attend::metrics {
namespace {

std::string pool_of(const std::string& label, const LabelScoreOptions& options) {
  return options.pool_directions ? label.substr(0, label.find('(')) : label;
}

bool contains(const std::vector<std::string>& labels, const std::string& label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

double percent_or_zero(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : percent(part, whole);
}

void add_rates(LabelScore& score) {
  score.precision = percent_or_zero(score.correct, score.predicted);
  score.recall = percent_or_zero(score.correct, score.expected);
  score.f1 = percent_or_zero(2 * score.correct, score.predicted + score.expected);
}

}  // namespace

LabelScores score_labels(std::span<const std::string> hypotheses,
                         std::span<const std::string> references,
                         const LabelScoreOptions& options) {
  ATTEND_CHECK_EQ(hypotheses.size(), references.size());
  if (hypotheses.empty()) throw UsageError("no examples to evaluate");
  std::map<std::string, LabelScore> scores;
  for (const std::string& label : options.averaged) scores[label];
  std::size_t correct = 0;
  for (std::size_t i = 0; i < hypotheses.size(); ++i) {
    ++scores[pool_of(hypotheses[i], options)].predicted;
    LabelScore& expected = scores[pool_of(references[i], options)];
    ++expected.expected;
    if (hypotheses[i] != references[i]) continue;
    ++expected.correct;
    ++correct;
  }
  LabelScores result;
  result.accuracy = percent(correct, hypotheses.size());
  double f1_sum = 0;
  std::size_t averaged = 0;
  for (auto& [label, score] : scores) {
    score.label = label;
    add_rates(score);
    if (!contains(options.ignored, label) &&
        (options.averaged.empty() || contains(options.averaged, label))) {
      f1_sum += score.f1;
      ++averaged;
    }
    result.labels.push_back(std::move(score));
  }
  if (averaged == 0) throw UsageError("no label is left to average: all are ignored");
  result.macro_f1 = f1_sum / static_cast<double>(averaged);
  return result;
}

}  // namespace attend::metrics
