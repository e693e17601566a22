#include "runtime/split_projection.h"

namespace attend::runtime {
namespace {

// Smaller weights stay in the cache, where one product for each step costs less than one for each
// position.
constexpr std::size_t kProjectedWeights = std::size_t{1} << 17;

}  // namespace

SplitProjection::SplitProjection(const Tensors& tensors, const std::string& weight,
                                 std::size_t first, const Embeddings& embeddings,
                                 StepInput step_input)
    : tokens_(tensors, weight, first, embeddings, tensors.values("bias")) {
  if (const std::size_t left = first + embeddings.width; left < tensors.columns(weight)) {
    step_weight_ = tensors.matrix(weight, {.first_column = left});
  }
  projects_ =
      step_input == StepInput::kContext && outputs() * step_input_units() >= kProjectedWeights;
}

kernels::Array SplitProjection::project(const Annotations& annotations) const {
  if (!projects_) return {};
  kernels::Array projected(annotations.positions() * outputs());
  step_weight_.multiply(annotations.values, annotations.positions(), {}, projected.span());
  return projected;
}

void SplitProjection::multiply_step_input(std::span<const float> x, std::size_t rows,
                                          std::span<float> y) const {
  step_weight_.multiply(x, rows, has_tokens() ? std::span<const float>() : tokens_.bias(), y);
}

}  // namespace attend::runtime
