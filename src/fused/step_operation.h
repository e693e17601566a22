// The operations of a step program over the kernels, forward and backward. Internal to this folder.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "fused/step_values.h"

namespace attend::fused {

/// A weight that an operation depends on, and how to read its gradient after finish(). The gradient
/// is undefined if it was added in place to the gradient of a leaf.
struct WeightArgument {
  Tensor weight;
  std::function<Tensor()> gradient;
};

/// One operation in all steps. Not safe to use from several threads.
class StepOperation {
 public:
  virtual ~StepOperation() = default;

  /// Computes step i.
  virtual void forward(std::int64_t i) = 0;
  /// Computes steps 0 … steps − 1 of an operation that no later step needs.
  virtual void forward_all(std::int64_t steps);
  /// Call it before the first backward(), when the gradients of the values exist.
  virtual void begin_backward() {}
  /// Adds to the gradients of the operands of step i.
  virtual void backward(std::int64_t i) = 0;
  virtual void backward_all(std::int64_t steps);
  /// Computes the gradients that are sums over the steps [first, steps). Call it once, after
  /// backward() has run for them.
  virtual void finish(std::int64_t /*first*/, std::int64_t /*steps*/) {}
  /// The weights of the operation.
  virtual std::vector<WeightArgument> weights() { return {}; }
};

/// The things that operations are made from. They outlive the operations.
struct StepContext {
  std::shared_ptr<ShardMatrices> matrices;
  const network::StepsInputs& in;
  StepValues& values;
};

using network::find_tensor;

/// Makes the operation that computes `operation` of a schedule.
std::unique_ptr<StepOperation> make_operation(StepContext& context,
                                              const step::Operation& operation);

// The kinds of operations, each in a file of its own.
std::unique_ptr<StepOperation> make_linear(StepContext& context, const step::Operation& operation);
std::unique_ptr<StepOperation> make_cell(StepContext& context, const step::Operation& operation);
std::unique_ptr<StepOperation> make_energies(StepContext& context,
                                             const step::Operation& operation);
std::unique_ptr<StepOperation> make_softmax(StepContext& context, const step::Operation& operation);
std::unique_ptr<StepOperation> make_weighted_sum(StepContext& context,
                                                 const step::Operation& operation);
std::unique_ptr<StepOperation> make_monotonic_alignment(StepContext& context,
                                                        const step::Operation& operation);
std::unique_ptr<StepOperation> make_monotonic_prior(StepContext& context,
                                                    const step::Operation& operation);
/// Functions of single vectors and dropout, and functions of two vectors.
std::unique_ptr<StepOperation> make_function(StepContext& context,
                                             const step::Operation& operation);
std::unique_ptr<StepOperation> make_joined(StepContext& context, const step::Operation& operation);
/// Everything else that has a definition in tensor operations, differentiated by autograd.
/// CheckFailure for an operation without one.
std::unique_ptr<StepOperation> make_by_tensors(StepContext& context,
                                               const step::Operation& operation);

/// How many vectors a row has in a slot: its positions, where each of them has a vector, or 1.
inline std::size_t vectors_of_row(const StepContext& context, int slot) {
  const bool of_positions = context.values.shape(slot).per == step::Per::kRowPosition;
  return of_positions ? context.values.positions() : 1;
}

/// rows_r += more_r, for vectors of `width` values.
void add_to_rows(kernels::Rows rows, kernels::ConstRows more, std::size_t count, std::size_t width);

}  // namespace attend::fused
