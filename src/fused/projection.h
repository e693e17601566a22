// W x of what an encoder layer sees at all positions, in one product, forward and backward, with
// layer normalisation on request. Internal to this folder.
#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <optional>

#include "fused/cell.h"
#include "fused/embedding.h"
#include "fused/packed_weights.h"
#include "network/network.h"

namespace attend::fused {

/// What all directions of a layer see.
struct SeenRows {
  WordRows words;  ///< without rows: one-hot vectors, the index holds their ids
  std::optional<kernels::PackedRows> packed;  ///< of the rows, unless they are one-hot

  bool one_hot() const { return !packed.has_value(); }
};

/// W x + b of one direction, with gains g ⊙ norm(W x) + b, of every row that is seen: a row for
/// each word of the vocabulary where they are one-hot.
class ProjectionPass {
 public:
  /// `cell`: its input weights, bias and input gain. `seen` must stay.
  ProjectionPass(const std::shared_ptr<ShardMatrices>& matrices, const CellShape& shape,
                 const CellTensors& cell, const SeenRows& seen);
  at::Tensor project();  // [rows, G n]

  /// Gradients as a backward function returns them.
  struct Gradients {
    at::Tensor weight, bias, gain;
  };
  /// From `d_sums` [positions, G n], the gradient of every position's W x + b, and the same as an
  /// operand if there is one. Goes on to the rows that are seen unless `d_seen` [rows, in] is
  /// undefined.
  Gradients gather(const at::Tensor& d_sums,
                   const std::optional<kernels::PackedRows>& packed_d_sums,
                   const at::Tensor& d_seen, kernels::Write write) const;

 private:
  at::Tensor multiply(const at::Tensor& bias) const;
  kernels::NormSizes norm_sizes() const;

  std::shared_ptr<ShardMatrices> matrices_;
  CellShape shape_;
  CellTensors cell_;
  const SeenRows& seen_;
  at::Tensor normal_, scales_;  // with gains: norm(W x) [rows, G n], by what [rows, G]
};

}  // namespace attend::fused
