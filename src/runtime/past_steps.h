// What the hypotheses of one decoding have left in their earlier steps. Internal to this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/model.h"

namespace attend::runtime {

/// Keeps each row of each step once, with the row of the step before that it extends. A hypothesis
/// finds its past by following these links, so hypotheses that share their beginning share its
/// rows, and nothing is copied when the beam chooses other hypotheses. The memory grows with the
/// steps.
class PastSteps {
 public:
  /// Keeps vectors of these lengths, one of each for every row. Without any it keeps nothing.
  explicit PastSteps(std::vector<std::size_t> units);

  /// Begins a step of these rows and finds the past of each. A parent must be a row of the step
  /// that keep_rows() has added last.
  void begin(std::span<const model::StepRow> rows);
  /// The largest number of earlier steps that a row of this step has.
  std::size_t longest() const { return longest_; }
  /// The numbers of the kept rows of a row's earlier steps, the first step first.
  std::span<const std::size_t> of(std::size_t row) const {
    return std::span(past_).subspan(starts_[row], starts_[row + 1] - starts_[row]);
  }
  /// The vectors `kind` of `count` kept rows from `number` on: [count, units[kind]].
  std::span<const float> vectors(std::size_t kind, std::size_t number, std::size_t count) const {
    return std::span(values_[kind]).subspan(number * units_[kind], count * units_[kind]);
  }

  /// Ends the step: adds its rows. Call keep() for each kind too.
  void keep_rows();
  /// Adds the vectors [rows, units[kind]] of this step.
  void keep(std::size_t kind, std::span<const float> vectors);

 private:
  static constexpr std::ptrdiff_t kNone = -1;

  std::vector<std::size_t> units_;          // of each kind
  std::vector<std::ptrdiff_t> parents_;     // [kept rows]: the row that each extends, or kNone
  std::vector<std::vector<float>> values_;  // of each kind: [kept rows, units]
  std::size_t last_step_ = 0;        // number of the first row of the step that was kept last
  std::vector<std::ptrdiff_t> own_;  // [rows]: the kept row that a row of this step extends
  std::vector<std::size_t> starts_, past_;  // past_[starts_[row]] … belongs to a row
  std::size_t longest_ = 0;
};

}  // namespace attend::runtime
