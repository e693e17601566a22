// Accuracy and F1 of predicted labels (docs/models.md §8, §9, §14.5).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace attend::metrics {

struct LabelScoreOptions {
  /// The labels whose F1 is averaged. Empty: all labels that occur in hypotheses or references.
  std::vector<std::string> averaged;
  std::vector<std::string> ignored;  ///< left out of the average, for example "Other"
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

struct LabelScores {
  /// Percentage of equal labels. Ignored labels count too, and directions are told apart.
  double accuracy = 0;
  double macro_f1 = 0;             ///< percent; the mean of the averaged labels' F1
  std::vector<LabelScore> labels;  ///< all that occur or are averaged, in byte order
};

/// Computes the scores. Throws UsageError when no label is left to average.
LabelScores score_labels(std::span<const std::string> hypotheses,
                         std::span<const std::string> references,
                         const LabelScoreOptions& options = {});

}  // namespace attend::metrics
