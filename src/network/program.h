// Runs step programs in libtorch's tensor operations, with autograd: the definition of every
// decoder. It runs in float or double on any device. Needs libtorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "model/model.h"
#include "network/decoder_masks.h"
#include "network/operations.h"
#include "network/tensors.h"

namespace attend::network {

/// The values of a batch that a program reads.
struct ProgramInputs {
  std::int64_t steps = 0;
  Tensor annotations;  // [batch, source_length, n_h]; 0 on masked padding
  /// [batch, source_length]: 0, or −infinity where attention must not look; or undefined.
  Tensor mask;
  // Each of these three is undefined where the program does not read it.
  Tensor first_backward;    // [batch, n_e]: ←h_1
  Tensor mean_annotations;  // [batch, n_h]
  Tensor last_state;        // [batch, n_h]: [→h_T; ←h_1], or one of them
  std::vector<State> last;  // [encoder layers] of [batch, n_h]: states to copy; or empty
  WordRows previous;        // [steps · batch, m]: E y_{i-1}; undefined without feedback
  const DecoderMasks* masks = nullptr;  // those of the states and of input feeding
  Dropout* dropout = nullptr;           // null outside training
};

/// The results of a program for all steps of a batch.
struct ProgramOutputs {
  Tensor output;  // [steps, batch, l]: the input of the output layer
  /// In the order of Program::observations: [steps, batch, source_length] or [steps, batch, units].
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
  /// Whether the program has a node of this operation.
  bool reads(step::Op op) const;
  /// `tensors` holds the parameters by name. Products outside the loop over the steps that have all
  /// columns of their weight go through `operations`.
  ProgramOutputs run(const Tensors& tensors, Operations& operations,
                     const ProgramInputs& inputs) const;

 private:
  friend class ProgramRun;
  step::Program program_;
  step::Schedule schedule_;  // refers to program_
  std::vector<int> kept_;    // slots of Stage::kStep whose values of all steps are needed
};

}  // namespace attend::network
