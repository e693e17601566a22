// Runs step programs in libtorch's tensor operations, with autograd: the definition of every
// decoder. It runs in float or double on any device. Needs libtorch.
#pragma once

#include <ATen/ATen.h>

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "model/model.h"
#include "network/decoder_masks.h"
#include "network/operations.h"
#include "network/tensors.h"

namespace attend::network {

/// The name of the observation that is the alignment.
inline constexpr std::string_view kAlignmentName = "alignment";

/// Which observations a pass computes. Training needs none, or the alignment for costs over it.
enum class Shown : int { kAll, kNothing, kAlignment };

/// Whether a pass computes the observation of this name.
inline bool shows(Shown shown, std::string_view name) {
  return shown == Shown::kAll || (shown == Shown::kAlignment && name == kAlignmentName);
}

/// The values of a batch that a program reads.
struct ProgramInputs {
  std::int64_t steps = 0;
  Tensor annotations;  // [batch, source_length, n_h]; 0 on masked padding
  /// [batch, source_length]: 0, or −infinity where attention must not look; or undefined.
  Tensor mask;
  /// [batch]: how many positions of each source attention may look at, if these are the first ones
  /// of every source; otherwise empty.
  std::vector<std::int32_t> lengths;
  Tensor source_words;  // [batch, 1]: S of each source, without </s>
  // Each of these four is undefined where the program does not read it.
  Tensor first_backward;    // [batch, n_e]: ←h_1
  Tensor mean_annotations;  // [batch, n_h]
  Tensor max_annotations;   // [batch, n_h]
  Tensor last_state;        // [batch, n_h]: [→h_T; ←h_1], or one of them
  std::vector<State> last;  // [encoder layers] of [batch, n_h]: states to copy; or empty
  WordRows previous;        // [steps · batch, m]: E y_{i-1}; undefined without feedback
  Tensor previous_ids;      // [steps, batch]: y_{i-1}; −1 in the first step
  const DecoderMasks* masks = nullptr;  // those of the states and of input feeding, and the noise
  Dropout* dropout = nullptr;           // null outside training
  /// Whether the steps give what prediction gives: monotonic attention scans, if the model says so.
  bool predicts = false;
  Shown shown = Shown::kAll;
};

/// The results of a program for all steps of a batch.
struct ProgramOutputs {
  // [steps, batch, l]: the input of the output layer; [steps, batch, source_length, l] with a
  // mixture
  Tensor output;
  // [steps, batch, source_length]: π and the log-normalisers of a mixture; otherwise undefined
  Tensor prior, normalizer;
  // [steps, batch, 1] and [steps, batch, source_length]: z and α of a decoder that copies;
  // otherwise undefined
  Tensor gate, copied;
  /// In the order of Program::observations: [steps, batch, source_length] or [steps, batch, units].
  /// Undefined where ProgramInputs::shown does not show them.
  std::vector<Tensor> observations;
  std::vector<Tensor> costs;  // in the order of Program::costs: [steps, batch, 1]
};

/// A program made ready for teacher-forced passes: what depends on the source or on the given
/// target alone is computed for all steps at once, and so is what no later step needs. Immutable;
/// safe to use from several threads with different operations.
class StepProgram {
 public:
  explicit StepProgram(step::Program program);
  StepProgram(const StepProgram&) = delete;
  StepProgram& operator=(const StepProgram&) = delete;

  const step::Program& program() const { return program_; }
  const step::Schedule& schedule() const { return schedule_; }
  /// Whether the program has a node of this operation.
  bool reads(step::Op op) const;
  /// Whether some operation learns the source length from the mask (windows, limits). Then the mask
  /// must exist even if attention may look everywhere.
  bool needs_mask() const;
  /// `tensors` holds the parameters by name. Products outside the loop over the steps go through
  /// `operations`, and so does the loop itself where they run it.
  ProgramOutputs run(const Tensors& tensors, Operations& operations,
                     const ProgramInputs& inputs) const;

  /// Whether Operations::run_steps() computes an operation of the schedule: those of the loop, and
  /// of Stage::kAfter those that look at the source and what they need.
  bool in_steps(const step::Operation& operation) const {
    return in_steps_[number_of(operation)] != 0;
  }
  /// Whether a pass needs an operation. One that shows everything computes all operations.
  bool computes(const step::Operation& operation, Shown shown) const {
    return shown == Shown::kAll || of(shown).needed[number_of(operation)] != 0;
  }
  /// The slots of Stage::kStep whose values of all steps are read after the loop.
  const std::vector<int>& kept(Shown shown) const { return of(shown).kept; }
  /// The slots that Operations::run_steps() must return.
  const std::vector<int>& results(Shown shown) const { return of(shown).results; }

 private:
  // The work of a pass that shows some observations.
  struct Pass {
    std::vector<char> needed;        // of each operation: whether a result of it is read
    std::vector<int> kept, results;  // slots
  };

  std::size_t number_of(const step::Operation& operation) const {
    return static_cast<std::size_t>(&operation - schedule_.operations.data());
  }
  const Pass& of(Shown shown) const { return passes_[static_cast<std::size_t>(shown)]; }
  std::vector<char> needed_for(Shown shown) const;
  void find_steps();
  std::vector<int> read_after(Shown shown, const std::vector<char>& inside) const;

  step::Program program_;
  step::Schedule schedule_;     // refers to program_
  std::vector<char> in_steps_;  // of each operation
  std::array<Pass, 3> passes_;  // [Shown]
};

}  // namespace attend::network
