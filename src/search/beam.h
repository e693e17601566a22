// Searches the best targets of one source, step by step (§14.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <span>
#include <vector>

#include "search/constraints.h"
#include "search/coverage.h"
#include "search/history.h"
#include "search/rules.h"
#include "search/selection.h"
#include "search/task.h"

namespace attend::search {

/// The live and finished hypotheses of one source. The caller collects the rows of many beams, runs
/// one step for all and hands the result to each beam. `rules`, `memory` and the source must
/// outlive the beam. Not thread-safe.
class Beam {
 public:
  /// Takes its working memory from `memory`, which many beams of a thread may share.
  Beam(const Rules& rules, const Task& task, std::pmr::memory_resource* memory);

  /// Whether no live hypothesis is left that could still change the result.
  bool over() const { return over_; }
  /// Appends the rows of the next step; none when over().
  void append_rows(std::int32_t source, std::vector<model::StepRow>& rows) const;
  /// Takes the result of the step, in which the rows of this beam start at `first_row`. Call only
  /// while not over().
  void advance(const model::StepResult& result, std::size_t first_row);
  /// Returns at most n_best hypotheses, best first; none if none has all required phrases. Call
  /// only when over().
  std::vector<Hypothesis> results() const;

 private:
  /// An ended hypothesis, identified by its last node.
  struct Ended {
    std::size_t length = 0;  ///< tokens, </s> not counted
    std::int32_t node = 0;   ///< index in the step of this length
    double log_probability = 0;
    double score = 0;
    float end_score = 0;  ///< log p(</s>), if there is one
  };

  void choose(const model::StepResult& result, std::size_t first_row);
  void extend(const model::StepResult& result, std::size_t first_row);
  void finish(const Ended& ended);
  bool can_improve() const;
  std::vector<Hypothesis> unfinished() const;
  /// The score of a finished target whose tokens live hypothesis `row` has. `end_alignment` is that
  /// of Coverage::penalty().
  double finished_score(double log_probability, std::size_t tokens, std::size_t row,
                        std::span<const float> end_alignment) const {
    const double score = rules_.finished_score(log_probability, tokens);
    return coverage_.is_used() ? score + coverage_.penalty(row, end_alignment) : score;
  }
  Hypothesis reconstruct(const Ended& ended, bool finished) const;

  const Rules& rules_;
  std::size_t positions_;  ///< of the source
  std::size_t maximum_length_;
  std::size_t minimum_length_;
  History history_;
  // [live hypotheses] log-probabilities, best first; with constraints these are several lists
  std::pmr::vector<double> live_;
  // All candidates of the step, best first; later in advance() only those that do not end in </s>.
  std::pmr::vector<Candidate> candidates_;
  std::size_t previous_row_ = 0;      ///< first row of this beam in the last step
  std::pmr::vector<Ended> finished_;  // [at most n_best], best first
  Coverage coverage_;
  std::unique_ptr<Constraints> constraints_;  // null: there are none
  bool over_ = false;
  bool dead_end_ = false;  ///< over because nothing may follow the live hypotheses
};

}  // namespace attend::search
