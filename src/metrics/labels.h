// Accuracy, F1 and confusions of predicted labels (docs/models.md §8, §9, §14.5).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace attend::metrics {

struct LabelScoreOptions {
  /// The labels whose F1 is averaged. Empty: all labels that occur in hypotheses or references, but
  /// for the empty hypothesis of a text without an answer.
  std::vector<std::string> averaged;
  std::vector<std::string> ignored;  ///< left out of the averages, for example "Other"
  /// Score "Cause-Effect(e1,e2)" and "Cause-Effect(e2,e1)" together as "Cause-Effect", the text
  /// before the first parenthesis. A wrong direction is an error, as in SemEval-2010 task 8.
  bool pool_directions = false;
};

/// The scores of one label, or pool of labels, in percent. They are 0 where nothing was predicted
/// or expected.
struct LabelScore {
  std::string label;
  double precision = 0;
  double recall = 0;
  double f1 = 0;
  std::size_t correct = 0;
  std::size_t predicted = 0;
  std::size_t expected = 0;
};

/// Precision, recall and F1 over several labels, in percent.
struct LabelAverage {
  double precision = 0;
  double recall = 0;
  double f1 = 0;
};

struct LabelScores {
  /// Percentage of equal labels. Ignored labels count too, and directions are told apart.
  double accuracy = 0;
  /// The means of the averaged labels' precision, recall and F1. The F1 is not that of the mean
  /// precision and recall.
  LabelAverage macro;
  /// The rates of the averaged labels' examples taken together. Where all labels are averaged, each
  /// of the three equals the accuracy, unless directions are pooled or a text has no answer.
  LabelAverage micro;
  std::vector<LabelScore> labels;  ///< all that occur or are averaged, in byte order
};

/// Computes the scores. Throws UsageError when no label is left to average.
LabelScores score_labels(std::span<const std::string> hypotheses,
                         std::span<const std::string> references,
                         const LabelScoreOptions& options = {});

/// The largest number of labels that a confusion matrix has.
inline constexpr std::size_t kMostConfusedLabels = 2000;

/// How often each label was predicted in place of each label.
struct ConfusionMatrix {
  std::vector<std::string> labels;  ///< all that occur in hypotheses or references, in byte order
  std::vector<std::size_t> counts;  // [labels (expected), labels (predicted)]
  std::size_t count(std::size_t expected, std::size_t predicted) const {
    return counts[expected * labels.size() + predicted];
  }
};

/// Counts. Throws UsageError when there are no examples, or more than kMostConfusedLabels labels.
ConfusionMatrix confusion_matrix(std::span<const std::string> hypotheses,
                                 std::span<const std::string> references);

/// Returns the official score of SemEval-2010 task 8 in percent, which is that of its scorer 1.2:
/// the macro-averaged F1 of the (9+1)-way evaluation that takes directions into account.
///
/// - A relation counts as predicted, whatever its direction, and is correct with the right
///   direction alone: a wrong one lowers precision and recall.
/// - The average is taken over the relations that occur in the references, Other excepted. A
///   relation that only hypotheses hold has no F1, but is an error of the label that was expected.
///   The score is 0 where no reference holds a relation.
/// - An empty hypothesis is an example without an answer: it lowers the recall of its relation.
///
/// Throws UsageError for a label that is neither Other nor one of the nine relations followed by
/// (e1,e2) or (e2,e1), because the scorer does not take such a file, and when there are no
/// examples.
double semeval2010_score(std::span<const std::string> hypotheses,
                         std::span<const std::string> references);

}  // namespace attend::metrics
