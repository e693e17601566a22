// Differentiable functions of any number of tensors; libtorch's own takes no lists in 1.13.
// Internal to this folder.
#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <vector>

namespace attend::train {

/// From the gradients of what a function returned, undefined where none came, to those of what it
/// was given, undefined where there is none. Called once at most.
using BackwardFunction =
    std::function<std::vector<at::Tensor>(std::vector<at::Tensor>&& gradients)>;

/// Puts `results`, which were computed without a graph, behind `arguments` in the graph. Without
/// effect where gradients are off or no argument asks for one. `backward` must not hold on to the
/// results themselves, which hold on to it, but may to their detached twins.
void differentiate(const std::vector<at::Tensor>& arguments, std::vector<at::Tensor>& results,
                   BackwardFunction backward);

/// A contiguous tensor of the same values that may be written to: `gradient` itself, where nobody
/// else holds its memory.
at::Tensor take_or_copy(at::Tensor&& gradient);

}  // namespace attend::train
