// Differentiable functions over kernels: a forward pass that computes without a graph, and a
// backward pass that gives a gradient for each argument. Internal to this folder.
#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace attend::fused {

/// Maps the gradients of results to the gradients of arguments, both in their order. An undefined
/// tensor means no gradient, in both directions. Called at most once.
using BackwardFunction =
    std::function<std::vector<at::Tensor>(std::vector<at::Tensor>&& gradients)>;

/// Makes `results`, which were computed without a graph, results of a graph node over `arguments`.
/// Without effect where gradients are off or no argument requires one. `backward` must not own the
/// results themselves: the graph node of the results owns `backward`, so this would be a reference
/// cycle and leak. It may own detached copies of them.
void differentiate(const std::vector<at::Tensor>& arguments, std::vector<at::Tensor>& results,
                   BackwardFunction backward);

/// An argument of a function, and how to read its gradient from a finished backward pass of type
/// Backward. The tensor may be undefined.
template <class Backward>
struct Argument {
  at::Tensor tensor;
  std::function<at::Tensor(const Backward&)> gradient;
};

/// differentiate() with each argument beside its gradient. `run` makes the backward pass from the
/// gradients of the results.
template <class Backward>
void differentiate(const std::vector<Argument<Backward>>& arguments,
                   std::vector<at::Tensor>& results,
                   std::function<std::shared_ptr<const Backward>(std::vector<at::Tensor>&&)> run) {
  std::vector<at::Tensor> tensors;
  std::vector<std::function<at::Tensor(const Backward&)>> gradients;
  for (const Argument<Backward>& argument : arguments) {
    tensors.push_back(argument.tensor);
    gradients.push_back(argument.gradient);
  }
  differentiate(
      tensors, results,
      [gradients = std::move(gradients), run = std::move(run)](std::vector<at::Tensor>&& outer) {
        const std::shared_ptr<const Backward> backward = run(std::move(outer));
        std::vector<at::Tensor> result;
        for (const auto& gradient : gradients) result.push_back(gradient(*backward));
        return result;
      });
}

/// A contiguous tensor with the values of `gradient` that may be written to: `gradient` itself
/// where nobody else holds its memory, else a copy.
at::Tensor take_or_copy(at::Tensor&& gradient);

}  // namespace attend::fused
