// Every operation of the program is an object with a forward and a backward pass
// (step_operation.h); values and gradients of all steps lie in arrays (step_values.h). For autograd
// the whole loop is one node, and the gradients of its weights are mostly products over all steps.
// Operations with kernels make no other node. Those without (step_by_tensors.cc) keep a graph of
// their own for each step.
#include "fused/program.h"

#include <utility>

#include "fused/differentiate.h"
#include "fused/step_operation.h"

namespace attend::fused {
namespace {

using at::Tensor;
using network::StepsInputs;
using step::Op;

// One operation and when it runs.
struct Scheduled {
  std::unique_ptr<StepOperation> operation;
  bool postponed = false;  // not in step 0
  bool after = false;      // after the loop, for all steps
};

class Pass {
 public:
  Pass(std::shared_ptr<ShardMatrices> matrices, const StepsInputs& inputs)
      : matrices_(std::move(matrices)),
        in_(inputs),
        values_(in_),
        context_{matrices_, in_, values_} {
    in_.values.clear();  // releases the graphs of the known values
    const network::StepProgram& program = *in_.program;
    for (const step::Operation& one : program.schedule().operations) {
      if (!program.in_steps(one) || !program.computes(one, in_.shown)) continue;
      operations_.push_back(
          {make_operation(context_, one), one.postponed, one.stage == step::Stage::kAfter});
    }
  }
  Pass(const Pass&) = delete;
  Pass& operator=(const Pass&) = delete;

  void run_forward() {
    for (std::int64_t i = 0; i < steps(); ++i) {
      values_.carry(i);
      for (const bool postponed : {true, false}) {
        for (Scheduled& one : operations_) {
          if (one.after || one.postponed != postponed || (postponed && i == 0)) continue;
          one.operation->forward(i);
        }
      }
    }
    for (Scheduled& one : operations_) {
      if (one.after) one.operation->forward_all(steps());
    }
  }

  // The results, without their graph, in the layout of network/program_run.h.
  std::vector<Tensor> results() const {
    std::vector<Tensor> found;
    for (const int slot : in_.results) {
      const Tensor rows = values_.slot(slot).values(0, steps());
      const step::Shape& shape = values_.shape(slot);
      const bool vectors = shape.per == step::Per::kRowPosition && shape.units > 1;
      found.push_back(
          (vectors ? rows.view({steps(), in_.batch, in_.positions, shape.units}) : rows).detach());
    }
    return found;
  }

  // Arguments of the function: known values, then weights.
  std::vector<Tensor> arguments() {
    std::vector<Tensor> found;
    for (const StepValues::Known& one : values_.known()) found.push_back(one.argument);
    for (Scheduled& one : operations_) {
      for (WeightArgument& weight : one.operation->weights()) {
        found.push_back(weight.weight);
        gradients_.push_back(std::move(weight.gradient));
      }
    }
    values_.release_known();
    return found;
  }

  std::vector<Tensor> run_backward(const std::vector<Tensor>& outer) {
    values_.begin_backward();
    for (Scheduled& one : operations_) one.operation->begin_backward();
    for (std::size_t k = 0; k < outer.size(); ++k) {
      if (!outer[k].defined()) continue;
      const Tensor to = values_.slot(in_.results[k]).gradients(0, steps());
      to.add_(outer[k].reshape(to.sizes()));
    }
    for (std::size_t k = operations_.size(); k-- > 0;) {
      if (operations_[k].after) operations_[k].operation->backward_all(steps());
    }
    for (std::int64_t i = steps() - 1; i >= 0; --i) step_back(i);
    for (Scheduled& one : operations_) one.operation->finish(one.postponed ? 1 : 0, steps());
    values_.finish_backward();
    std::vector<Tensor> found = values_.known_gradients();
    for (const std::function<Tensor()>& gradient : gradients_) found.push_back(gradient());
    return found;
  }

 private:
  std::int64_t steps() const { return in_.steps; }

  void step_back(std::int64_t i) {
    for (const bool postponed : {false, true}) {
      for (std::size_t k = operations_.size(); k-- > 0;) {
        Scheduled& one = operations_[k];
        if (one.after || one.postponed != postponed || (postponed && i == 0)) continue;
        one.operation->backward(i);
      }
    }
    values_.carry_back(i);
  }

  std::shared_ptr<ShardMatrices> matrices_;
  StepsInputs in_;
  StepValues values_;
  StepContext context_;
  std::vector<Scheduled> operations_;
  std::vector<std::function<Tensor()>> gradients_;  // of the weights, in the order of arguments()
};

}  // namespace

void StepOperation::forward_all(std::int64_t steps) {
  for (std::int64_t i = 0; i < steps; ++i) forward(i);
}

void StepOperation::backward_all(std::int64_t steps) {
  for (std::int64_t i = steps - 1; i >= 0; --i) backward(i);
}

void add_to_rows(kernels::Rows rows, kernels::ConstRows more, std::size_t count,
                 std::size_t width) {
  for (std::size_t r = 0; r < count; ++r) kernels::add({more.row(r), width}, {rows.row(r), width});
}

std::unique_ptr<StepOperation> make_operation(StepContext& context,
                                              const step::Operation& operation) {
  switch (operation.node->op) {
    case Op::kLinear:
      return make_linear(context, operation);
    case Op::kGru:
    case Op::kLstm:
      return make_cell(context, operation);
    case Op::kAdditiveEnergies:
    case Op::kDotEnergies:
    case Op::kLocationEnergies:
      return make_energies(context, operation);
    case Op::kSoftmax:
      return make_softmax(context, operation);
    case Op::kWeightedSum:
      return make_weighted_sum(context, operation);
    case Op::kMonotonicAlignment:
      return make_monotonic_alignment(context, operation);
    case Op::kMonotonicPrior:
      return make_monotonic_prior(context, operation);
    case Op::kScale:
    case Op::kTanh:
    case Op::kSigmoid:
    case Op::kRelu:
    case Op::kMaxout:
    case Op::kUnitLength:
    case Op::kSumPositions:
    case Op::kGaussian:
    case Op::kDropout:
      return make_function(context, operation);
    case Op::kAdd:
    case Op::kMultiply:
    case Op::kDivide:
    case Op::kMinimum:
    case Op::kLogAddExp:
    case Op::kTemporalEnergies:
      return make_joined(context, operation);
    default:  // an operation without kernels
      return make_by_tensors(context, operation);
  }
}

std::vector<Tensor> run_steps(const std::shared_ptr<ShardMatrices>& matrices,
                              const StepsInputs& inputs) {
  const auto pass = std::make_shared<Pass>(matrices, inputs);
  const std::vector<Tensor> arguments = pass->arguments();
  {
    const at::NoGradGuard no_gradient;
    pass->run_forward();
  }
  std::vector<Tensor> results = pass->results();
  differentiate(arguments, results, [pass](std::vector<Tensor>&& gradients) {
    const at::NoGradGuard no_gradient;
    return pass->run_backward(gradients);
  });
  return results;
}

}  // namespace attend::fused
