// Features of the additive energies. Internal to this folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "fused/step_operation.h"

namespace attend::fused {

/// The part W f_j that features f_j of a row and a position add to the hidden layer of the additive
/// energies. Each call is one product for the first `count` positions of source b in step i. Not
/// safe to use from several threads.
class FeaturePart {
 public:
  /// `slot` is that of the features [row and position: d]; `weight` names W [n', d].
  FeaturePart(const StepContext& context, int slot, const std::string& weight);

  /// hidden [count, n'] ← W f_j, or += W f_j.
  void multiply(std::int64_t i, std::size_t b, std::size_t count, kernels::Rows hidden,
                kernels::Write write) const;

  void begin_backward();
  /// Adds to the gradients of f_j and W, given that of the hidden layer: d_hidden [count, n'].
  void add_gradient(std::int64_t i, std::size_t b, std::size_t count, kernels::ConstRows d_hidden);
  /// After the last call of add_gradient().
  void finish();
  WeightArgument weight() const {
    return {weight_, [this] { return d_weight_->result(); }};
  }

 private:
  ShardMatrices& matrices_;
  SlotView features_;  // by positions
  std::size_t positions_;
  Tensor weight_;
  const kernels::TrainingMatrix& forward_;
  const kernels::TrainingMatrix* backward_ = nullptr;  // null if the features ask for no gradient
  Tensor d_columns_;                                   // [d, n']: the gradient of W, transposed
  std::optional<WeightGradient> d_weight_;
};

}  // namespace attend::fused
