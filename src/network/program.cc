#include "network/program.h"

#include <algorithm>
#include <utility>

#include "network/program_run.h"

namespace attend::network {

StepProgram::StepProgram(step::Program program)
    : program_(std::move(program)), schedule_(step::make_schedule(program_, {})) {
  const auto keep = [this](int slot) {
    if (slot < 0 || schedule_.slots[ProgramRun::slot_index(slot)].stage != step::Stage::kStep)
      return;
    if (std::find(kept_.begin(), kept_.end(), slot) == kept_.end()) kept_.push_back(slot);
  };
  for (const step::Operation& one : schedule_.operations) {
    if (one.stage != step::Stage::kAfter) continue;
    for (const int input : one.inputs) keep(input);
    keep(one.added);
  }
  for (const step::ObservedSlot& one : schedule_.observations) keep(one.slot);
  for (const int slot : schedule_.costs) keep(slot);
  keep(schedule_.output);
}

bool StepProgram::reads(step::Op op) const {
  return std::any_of(program_.nodes.begin(), program_.nodes.end(),
                     [op](const step::Node& node) { return node.op == op; });
}

ProgramOutputs StepProgram::run(const Tensors& tensors, Operations& operations,
                                const ProgramInputs& inputs) const {
  return ProgramRun(*this, tensors, operations, inputs).run();
}

}  // namespace attend::network
