#include "metrics/labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
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

LabelAverage macro_average(std::span<const LabelScore> scores) {
  LabelAverage sum;
  for (const LabelScore& score : scores) {
    sum.precision += score.precision;
    sum.recall += score.recall;
    sum.f1 += score.f1;
  }
  const auto count = static_cast<double>(scores.size());
  return {sum.precision / count, sum.recall / count, sum.f1 / count};
}

LabelAverage micro_average(std::span<const LabelScore> scores) {
  LabelScore sum;
  for (const LabelScore& score : scores) {
    sum.correct += score.correct;
    sum.predicted += score.predicted;
    sum.expected += score.expected;
  }
  add_rates(sum);
  return {sum.precision, sum.recall, sum.f1};
}

void check_examples(std::span<const std::string> hypotheses,
                    std::span<const std::string> references) {
  ATTEND_CHECK_EQ(hypotheses.size(), references.size());
  if (hypotheses.empty()) throw UsageError("no examples to evaluate");
}

// ------------------------------------------------------------------------ SemEval-2010 task 8 ---

constexpr std::string_view kNoRelation = "Other";
constexpr std::array<std::string_view, 9> kRelations = {
    "Cause-Effect",       "Component-Whole", "Content-Container",
    "Entity-Destination", "Entity-Origin",   "Instrument-Agency",
    "Member-Collection",  "Message-Topic",   "Product-Producer"};

bool is_relation(std::string_view label) {
  return std::any_of(kRelations.begin(), kRelations.end(), [&](std::string_view relation) {
    if (!label.starts_with(relation)) return false;
    const std::string_view direction = label.substr(relation.size());
    return direction == "(e1,e2)" || direction == "(e2,e1)";
  });
}

void check_semeval2010_label(const std::string& label) {
  if (label == kNoRelation || is_relation(label)) return;
  throw UsageError(
      fmt::format("semeval2010: found the label '{}', expected Other or one of the nine relations "
                  "with its direction, such as Cause-Effect(e1,e2)",
                  label));
}

}  // namespace

LabelScores score_labels(std::span<const std::string> hypotheses,
                         std::span<const std::string> references,
                         const LabelScoreOptions& options) {
  check_examples(hypotheses, references);
  std::map<std::string, LabelScore> scores;
  for (const std::string& label : options.averaged) scores[label];
  std::size_t correct = 0;
  for (std::size_t i = 0; i < hypotheses.size(); ++i) {
    // A text without an answer is wrong, but its empty label is no class that could be averaged.
    const bool answered = !hypotheses[i].empty() || references[i].empty();
    if (answered) ++scores[pool_of(hypotheses[i], options)].predicted;
    LabelScore& expected = scores[pool_of(references[i], options)];
    ++expected.expected;
    if (hypotheses[i] != references[i]) continue;
    ++expected.correct;
    ++correct;
  }
  LabelScores result;
  result.accuracy = percent(correct, hypotheses.size());
  std::vector<LabelScore> averaged;
  for (auto& [label, score] : scores) {
    score.label = label;
    add_rates(score);
    if (!contains(options.ignored, label) &&
        (options.averaged.empty() || contains(options.averaged, label))) {
      averaged.push_back(score);
    }
    result.labels.push_back(std::move(score));
  }
  if (averaged.empty()) throw UsageError("no label is left to average: all are ignored");
  result.macro = macro_average(averaged);
  result.micro = micro_average(averaged);
  return result;
}

ConfusionMatrix confusion_matrix(std::span<const std::string> hypotheses,
                                 std::span<const std::string> references) {
  check_examples(hypotheses, references);
  std::map<std::string_view, std::size_t> places;
  for (const auto& labels : {hypotheses, references}) {
    for (const std::string& label : labels) places.emplace(label, 0);
  }
  if (places.size() > kMostConfusedLabels) {
    throw UsageError(fmt::format("{} labels are too many for a confusion matrix; the limit is {}",
                                 places.size(), kMostConfusedLabels));
  }
  ConfusionMatrix matrix;
  for (auto& [label, place] : places) {
    place = matrix.labels.size();
    matrix.labels.emplace_back(label);
  }
  matrix.counts.assign(places.size() * places.size(), 0);
  for (std::size_t i = 0; i < hypotheses.size(); ++i) {
    ++matrix.counts[places.at(references[i]) * places.size() + places.at(hypotheses[i])];
  }
  return matrix;
}

double semeval2010_score(std::span<const std::string> hypotheses,
                         std::span<const std::string> references) {
  check_examples(hypotheses, references);
  for (const std::string& label : hypotheses) {
    if (!label.empty()) check_semeval2010_label(label);
  }
  LabelScoreOptions options;
  options.pool_directions = true;
  std::set<std::string> relations;
  for (const std::string& label : references) {
    check_semeval2010_label(label);
    if (label != kNoRelation) relations.insert(pool_of(label, options));
  }
  if (relations.empty()) return 0;
  options.averaged.assign(relations.begin(), relations.end());
  return score_labels(hypotheses, references, options).macro.f1;
}

}  // namespace attend::metrics
