#include "network/program.h"

#include <algorithm>
#include <utility>

#include "network/program_run.h"

namespace attend::network {
namespace {

std::size_t index_of(int slot) { return static_cast<std::size_t>(slot); }

// Whether an operation looks at all positions of the source.
bool looks(const step::Operation& operation) {
  switch (operation.node->op) {
    case step::Op::kAdditiveEnergies:
    case step::Op::kDotEnergies:
    case step::Op::kLocationEnergies:
    case step::Op::kSoftmax:
    case step::Op::kWeightedSum:
      return true;
    default:
      return false;
  }
}

}  // namespace

StepProgram::StepProgram(step::Program program)
    : program_(std::move(program)), schedule_(step::make_schedule(program_, {})) {
  find_steps();
  std::vector<char> loop;
  for (const step::Operation& one : schedule_.operations) {
    loop.push_back(one.stage == step::Stage::kStep ? 1 : 0);
  }
  for (const Shown shown : {Shown::kAll, Shown::kNothing, Shown::kAlignment}) {
    Pass& pass = passes_[static_cast<std::size_t>(shown)];
    pass.needed = needed_for(shown);
    pass.kept = read_after(shown, loop);
    pass.results = read_after(shown, in_steps_);
  }
}

// Returns for each operation whether the output, the costs, the next step or an observation that is
// shown needs it.
std::vector<char> StepProgram::needed_for(Shown shown) const {
  std::vector<char> slots(schedule_.slots.size());
  const auto need = [&](int slot) {
    if (slot >= 0) slots[index_of(slot)] = 1;
  };
  for (const int slot : schedule_.output_slots()) need(slot);
  for (const int slot : schedule_.costs) need(slot);
  for (const step::CarriedSlot& one : schedule_.carried) {
    need(one.after);
    need(one.initial);
  }
  for (const step::Resumed& one : schedule_.resumed) need(one.postponed);
  for (const step::ObservedSlot& one : schedule_.observations) {
    if (shows(shown, one.name)) need(one.slot);
  }
  std::vector<char> needed(schedule_.operations.size());
  for (std::size_t k = needed.size(); k-- > 0;) {
    const step::Operation& one = schedule_.operations[k];
    for (const int result : one.results) needed[k] |= slots[index_of(result)];
    if (needed[k] == 0) continue;
    for (const int input : one.inputs) need(input);
    need(one.added);
  }
  return needed;
}

void StepProgram::find_steps() {
  in_steps_.resize(schedule_.operations.size());
  std::vector<char> slots(schedule_.slots.size());  // that an operation of kAfter inside reads
  for (std::size_t k = in_steps_.size(); k-- > 0;) {
    const step::Operation& one = schedule_.operations[k];
    bool inside = one.stage == step::Stage::kStep;
    if (one.stage == step::Stage::kAfter) {
      inside = looks(one);
      for (const int result : one.results) inside = inside || slots[index_of(result)] != 0;
    }
    if (!inside) continue;
    in_steps_[k] = 1;
    for (const int input : one.inputs) slots[index_of(input)] = 1;
    if (one.added >= 0) slots[index_of(one.added)] = 1;
  }
}

// Returns the slots that operations `inside` compute and others, the output, costs or observations
// that are shown read. Call after needed_for() has filled Pass::needed.
std::vector<int> StepProgram::read_after(Shown shown, const std::vector<char>& inside) const {
  std::vector<char> made(schedule_.slots.size());
  for (const step::CarriedSlot& one : schedule_.carried) made[index_of(one.before)] = 1;
  for (const step::Resumed& one : schedule_.resumed) made[index_of(one.result)] = 1;
  for (std::size_t k = 0; k < inside.size(); ++k) {
    for (const int result : schedule_.operations[k].results) {
      if (inside[k] != 0) made[index_of(result)] = 1;
    }
  }
  std::vector<int> read;
  const auto keep = [&](int slot) {
    if (slot < 0 || made[index_of(slot)] == 0) return;
    if (std::find(read.begin(), read.end(), slot) == read.end()) read.push_back(slot);
  };
  for (std::size_t k = 0; k < inside.size(); ++k) {
    const step::Operation& one = schedule_.operations[k];
    const bool later = inside[k] == 0 && one.stage == step::Stage::kAfter;
    if (!later || !computes(one, shown)) continue;
    for (const int input : one.inputs) keep(input);
    keep(one.added);
  }
  for (const step::ObservedSlot& one : schedule_.observations) {
    if (shows(shown, one.name)) keep(one.slot);
  }
  for (const int slot : schedule_.costs) keep(slot);
  for (const int slot : schedule_.output_slots()) keep(slot);
  return read;
}

bool StepProgram::reads(step::Op op) const {
  return std::any_of(program_.nodes.begin(), program_.nodes.end(),
                     [op](const step::Node& node) { return node.op == op; });
}

bool StepProgram::needs_mask() const {
  return std::any_of(program_.nodes.begin(), program_.nodes.end(),
                     [](const step::Node& node) { return node.reach > 0 || node.limit > 0; });
}

ProgramOutputs StepProgram::run(const Tensors& tensors, Operations& operations,
                                const ProgramInputs& inputs) const {
  return ProgramRun(*this, tensors, operations, inputs).run();
}

}  // namespace attend::network
