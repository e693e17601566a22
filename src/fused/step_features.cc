#include "fused/step_features.h"

#include <array>

namespace attend::fused {

using kernels::RowsPerProduct;
using kernels::Write;

FeaturePart::FeaturePart(const StepContext& context, int slot, const std::string& weight)
    : matrices_(*context.matrices),
      features_(context.values.slot(slot).by_positions(context.values.positions())),
      positions_(context.values.positions()),
      weight_(find_tensor(*context.in.tensors, weight)),
      forward_(matrices_.forward(weight_, RowsPerProduct::kStep)) {}

void FeaturePart::multiply(std::int64_t i, std::size_t b, std::size_t count, kernels::Rows hidden,
                           Write write) const {
  forward_.multiply(features_.rows(i).from(b * positions_), count, nullptr, hidden, write);
}

void FeaturePart::begin_backward() {
  d_weight_.emplace(weight_);
  d_columns_ = at::zeros({weight_.size(1), weight_.size(0)}, at::kFloat);
  if (features_.asks()) backward_ = &matrices_.backward(weight_, RowsPerProduct::kStep);
}

// The gradient of W is a sum of products of few positions: row k of d_columns += Σ_j f_jk
// d_hidden_j.
void FeaturePart::add_gradient(std::int64_t i, std::size_t b, std::size_t count,
                               kernels::ConstRows d_hidden) {
  if (backward_ != nullptr) {
    backward_->multiply(d_hidden, count, nullptr, features_.gradient(i).from(b * positions_),
                        Write::kAdd);
  }
  const std::size_t width = features_.width();
  const std::array columns{static_cast<std::int32_t>(width)};
  kernels::add_weighted_rows(
      {.batch = 1, .source_length = width}, columns,
      {count, d_hidden.stride, features_.rows(i).row(b * positions_), d_hidden.values},
      d_columns_.data_ptr<float>());
}

void FeaturePart::finish() { d_weight_->sum().add_(d_columns_.t()); }

}  // namespace attend::fused
