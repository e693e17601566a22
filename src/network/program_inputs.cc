// The values of a step program that have no operands, and those that read earlier steps.
#include <limits>
#include <string>

#include "base/base.h"
#include "network/program_run.h"
#include "network/step_operations.h"

namespace attend::network {
namespace {

constexpr double kNothing = -std::numeric_limits<double>::infinity();

}  // namespace

Tensor ProgramRun::input_value(const step::Operation& operation) {
  const step::Node& node = *operation.node;
  switch (node.op) {
    case step::Op::kAnnotations:
      return in_.annotations;
    case step::Op::kFirstBackward:
      return in_.first_backward;
    case step::Op::kMeanAnnotations:
      return in_.mean_annotations;
    case step::Op::kMaxAnnotations:
      return in_.max_annotations;
    case step::Op::kLastState:
      return in_.last_state;
    case step::Op::kLayerState:
      return in_.last.at(static_cast<std::size_t>(node.layer)).hidden;
    case step::Op::kLayerCell:
      return in_.last.at(static_cast<std::size_t>(node.layer)).cell;
    case step::Op::kZeros:
      return at::zeros({in_.annotations.size(0), node.results[0].units},
                       in_.annotations.options().requires_grad(false));
    case step::Op::kOnes:
      return at::ones({in_.annotations.size(0), node.results[0].units},
                      in_.annotations.options().requires_grad(false));
    case step::Op::kZeroPositions:
      return at::zeros({in_.annotations.size(0), in_.annotations.size(1), node.results[0].units},
                       in_.annotations.options().requires_grad(false));
    case step::Op::kMinusInfinity:
      return at::full_like(in_.annotations.narrow(2, 0, 1), kNothing).detach();
    case step::Op::kFirstPosition:
      return first_positions();
    case step::Op::kSourceWords:
      return in_.source_words;
    case step::Op::kParameter:
      return weight(operation, 0);
    case step::Op::kPreviousEmbedding:
    case step::Op::kNextEmbedding:
      return previous_rows();
    default:
      break;
  }
  throw CheckFailure("no operation of a schedule: " + std::string(name_of(node.op)));
}

// Attention to the past: outside the loop of all steps at once, in the loop of this step, which
// reads the values that the steps before it have left.
Tensor ProgramRun::past_value(const step::Operation& operation) {
  const step::Node& node = *operation.node;
  const bool loops = in_loop(operation);
  OperationInputs inputs;
  inputs.weights = cache(operation).weights;
  inputs.first_step = loops ? step_ : 0;
  inputs.steps = in_.steps;
  inputs.operands.push_back(loops ? input(operation, 0) : all_steps(operation.inputs[0]));
  if (reads_past(node.op)) {
    const int slot = operation.inputs[1];
    const auto kept = past_.find(slot);
    if (!loops) {
      inputs.operands.push_back(all_steps(slot));
    } else if (kept == past_.end()) {  // the values of all steps are known
      inputs.operands.push_back(all_steps(slot).narrow(0, 0, step_));
    } else if (step_ == 0) {
      inputs.operands.push_back(value(slot).narrow(0, 0, 0));
    } else {
      inputs.operands.push_back(at::cat(kept->second, 0));
    }
  }
  return compute_past(node, inputs);
}

Tensor ProgramRun::first_positions() {
  Tensor first = at::zeros_like(in_.annotations.narrow(2, 0, 1)).detach();
  first.select(1, 0).fill_(1);
  return first;
}

// E y_{i-1} of all steps, one row for each position.
Tensor ProgramRun::previous_rows() {
  const Tensor& rows = in_.previous.rows;
  const Tensor all =
      in_.previous.shared() ? rows.index_select(0, in_.previous.index.reshape(-1)) : rows;
  return all.view({in_.steps, in_.annotations.size(0), all.size(1)});
}

}  // namespace attend::network
