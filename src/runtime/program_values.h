// The values of one decoding by a step program. Internal to this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "runtime/encoder.h"
#include "runtime/past_steps.h"
#include "runtime/tensors.h"

namespace attend::runtime {

/// One buffer for each slot of a schedule. A value has the layout [units] for the model, [sources,
/// units] for a source, [positions, units] for a position, [rows, units] for a row, and [rows,
/// longest source, units] for a row and a position, where only the positions of a row's own source
/// are defined. The numbers of all positions of a row count as one vector. Numbers of earlier steps
/// are [rows, longest past], where only those of a row's own past are defined. Memory is reused
/// from step to step, but what operations read of the past is kept.
class ProgramValues {
 public:
  ProgramValues(const step::Schedule& schedule, const Annotations& annotations);

  /// Begins a step of these rows. CheckFailure for a source or a parent that does not exist.
  void begin(std::span<const model::StepRow> rows);
  /// Ends the step: its rows become the parents of the next one.
  void finish();
  /// Hands carried values to their rows. A row in its first step has the initial value of its
  /// source, or 0.
  void carry(std::span<const model::StepRow> rows);
  /// Chooses between a postponed value and the initial value, row by row.
  void resume(const step::Resumed& resumed, std::span<const model::StepRow> rows);

  step::Per per(int slot) const {
    return schedule_.slots[static_cast<std::size_t>(slot)].shape.per;
  }
  std::size_t units(int slot) const {
    return static_cast<std::size_t>(schedule_.slots[static_cast<std::size_t>(slot)].shape.units);
  }
  /// Number of vectors of a value, and the length of each.
  std::size_t count(step::Per per) const;
  std::size_t width(int slot) const;

  std::span<float> write(int slot) {
    return values_[static_cast<std::size_t>(slot)].get(count(per(slot)) * width(slot));
  }
  std::span<const float> read(int slot) const {
    return {values_[static_cast<std::size_t>(slot)].data(), count(per(slot)) * width(slot)};
  }
  /// Returns the vector of `slot` that vector `i` of a result of kind `per` is computed from: the
  /// only one of the model, that of the row's or position's own source, or vector `i`.
  std::span<const float> vector_of(int slot, step::Per per, std::size_t i) const;
  /// Like vector_of(). But if the result has rows and positions and the slot has positions, returns
  /// the numbers of all positions of row `i`'s source.
  std::span<const float> operand(int slot, step::Per per, std::size_t i) const;
  /// How many numbers of vector `i` of a value are defined.
  std::size_t defined(int slot, std::size_t i) const;
  /// The defined numbers of row `row` of a value of rows and positions: [length, units].
  std::span<const float> defined_of(int slot, std::size_t row) const {
    return vector_of(slot, step::Per::kRowPosition, row).first(defined(slot, row));
  }
  /// Like defined_of(), to write. Sets what follows them to 0.
  std::span<float> write_defined(int slot, std::size_t row);
  /// Returns how many numbers vectors of `units` have in all, one for each `per`.
  std::size_t size(step::Per per, std::size_t units) const {
    return count(per) * units * (per == step::Per::kRowPosition ? annotations_.longest : 1);
  }
  /// Adds x [size(per, units(slot))] to the value of a slot of the same or a larger kind: x is
  /// repeated as step::join() says.
  void add_repeated(std::span<const float> x, step::Per per, int slot);

  /// What earlier steps have left, and the kind of vectors there that a slot has left.
  const PastSteps& past() const { return past_; }
  std::size_t past_kind(int slot) const;

  std::size_t rows() const { return sources_.size(); }
  std::span<const std::int32_t> sources() const { return sources_; }  // [rows]
  /// First position, and number of positions, of a row's own source.
  std::size_t start(std::size_t row) const;
  std::size_t length(std::size_t row) const;

 private:
  std::size_t index_of_vector(step::Per own, step::Per of, std::size_t i) const;
  void set_initial(int initial, std::size_t row, std::span<float> to) const;

  const step::Schedule& schedule_;
  const Annotations& annotations_;
  std::vector<std::int32_t> source_of_position_;
  std::vector<kernels::Buffer> values_;  // of each slot
  std::vector<kernels::Buffer> next_;    // of each carried value: receives gathered rows
  std::vector<std::int32_t> sources_;    // [rows]
  std::size_t previous_rows_ = 0;        // of the last step that was finished
  std::vector<int> past_slots_;          // of each kind of past_
  PastSteps past_;
};

}  // namespace attend::runtime
