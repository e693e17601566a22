// One pass of a step program. Internal to program.cc. Its files: program_run.cc has the order of
// the steps and the operations; program_inputs.cc the values without operands and the operands of
// attention to the past.
//
// A value has the shape [units] for the model, [batch, units] for a source, [batch, source_length,
// units] for a position, [steps, batch, units] for a row, and for a row and a position [steps,
// batch, source_length], or [steps, batch, source_length, units] where it has several units. A
// value of earlier steps is [steps, batch, all steps]. Inside the loop over the steps, `steps`
// is 1.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "network/layers.h"
#include "network/program.h"

namespace attend::network {

class ProgramRun {
 public:
  ProgramRun(const StepProgram& program, const Tensors& tensors, Operations& operations,
             const ProgramInputs& inputs);
  ProgramOutputs run();

 private:
  // The values that an operation uses in every step.
  struct Cache {
    std::vector<Tensor> weights;  // in the order of Node::weights
    Tensor columns;               // of products in the loop: their block of W
    std::optional<Recurrence> recurrence;
    Tensor mask;  // of dropout in the loop: one mask for all steps
  };

  Tensor& value(int slot) { return values_[static_cast<std::size_t>(slot)]; }
  const step::Slot& slot_of(int slot) const {
    return schedule_.slots[static_cast<std::size_t>(slot)];
  }
  step::Per per_of(int slot) const { return slot_of(slot).shape.per; }
  static bool in_loop(const step::Operation& operation) {
    return operation.stage == step::Stage::kStep;
  }
  Cache& cache(const step::Operation& operation) {
    return caches_[static_cast<std::size_t>(&operation - schedule_.operations.data())];
  }
  const Tensor& weight(const step::Operation& operation, std::size_t k) {
    return cache(operation).weights[k];
  }
  bool is_shown_or_needed(const step::Operation& operation) const;

  // The loop over the steps.
  void run_stage(step::Stage stage);
  void run_steps();
  void run_step();
  void run_steps_fused();
  void carry();
  Tensor rows_of_step(int slot, std::int64_t step);
  ProgramOutputs outputs();
  Tensor all_steps(int slot);

  // One operation.
  Tensor operand(const step::Operation& operation, int slot);
  Tensor input(const step::Operation& operation, std::size_t k) {
    return operand(operation, operation.inputs[k]);
  }
  void compute(const step::Operation& operation);
  Tensor result(const step::Operation& operation);
  Tensor input_value(const step::Operation& operation);
  Tensor past_value(const step::Operation& operation);
  Tensor noise_of(const step::Operation& operation) const;
  Tensor first_positions();
  Tensor previous_rows();
  Tensor vectors(const step::Operation& operation, std::size_t k);
  Tensor linear(const step::Operation& operation);
  Tensor products(const step::Operation& operation, const std::vector<Tensor>& parts);
  Tensor product(const step::Operation& operation, const std::vector<Tensor>& parts);
  bool is_previous(int slot) const;
  const Recurrence& recurrence(const step::Operation& operation, std::int64_t units);
  State update(const step::Operation& operation);
  Tensor update_positions(const step::Operation& operation);
  Tensor row(const step::Operation& operation, std::size_t k);
  Tensor dropped(const step::Operation& operation);
  Tensor dropped_readout(const step::Operation& operation, const Tensor& x);

  const StepProgram& program_;
  const step::Schedule& schedule_;
  const Tensors& tensors_;
  Operations& operations_;
  const ProgramInputs& in_;
  std::vector<Tensor> values_;             // of each slot
  std::vector<std::vector<Tensor>> kept_;  // of each kept slot: the values of the steps
  // The values of the steps so far, for each slot of Stage::kStep whose past the loop reads.
  std::map<int, std::vector<Tensor>> past_;
  std::vector<Cache> caches_;  // of each operation
  Tensor mask_;  // [batch, source_length]: as in ProgramInputs; defined if an operation needs it
  std::int64_t step_ = 0;
};

}  // namespace attend::network
