// The products W x of an encoder layer with its input at all positions, forward and backward, with
// layer normalisation if the cell has gains. Internal to this folder.
#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <optional>

#include "fused/cell.h"
#include "fused/embedding.h"
#include "fused/packed_weights.h"
#include "network/network.h"

namespace attend::fused {

/// The input of an encoder layer, which all directions share.
struct SeenRows {
  /// The embedded tokens, or the annotations of the layer below. Without rows, the input is one-hot
  /// vectors whose ids are in the index.
  WordRows words;
  /// The packed rows; nothing for one-hot vectors.
  std::optional<kernels::PackedRows> packed;

  bool one_hot() const { return !packed.has_value(); }
};

/// Computes W x + b of one direction for every row of its input, or g ⊙ norm(W x) + b if the cell
/// has gains. One-hot input has a row for each word of the vocabulary. Not safe to use from several
/// threads.
class ProjectionPass {
 public:
  /// Reads the input weights, the bias and the input gain of `cell`. `seen` must outlive this
  /// object.
  ProjectionPass(const std::shared_ptr<ShardMatrices>& matrices, const CellShape& shape,
                 const CellTensors& cell, const SeenRows& seen);
  at::Tensor project();  // [rows, G n]

  /// The gradients of the input weights, the bias and the gain. One is undefined if the cell does
  /// not have the tensor, or if it was added in place to the gradient of a leaf
  /// (WeightGradient::result()).
  struct Gradients {
    at::Tensor weight, bias, gain;
  };
  /// Computes the gradients from `d_sums` [positions, G n], the gradient of W x + b at every
  /// position, and from `packed_d_sums`, its packed rows if the caller has them. Also computes the
  /// gradient of the input's rows, `d_seen` [rows, in], unless `d_seen` is undefined or the input
  /// is one-hot. Call once, after project().
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
  // norm(W x) [rows, G n] and the factors that normalised it [rows, G], if the cell has gains.
  at::Tensor normal_, scales_;
};

}  // namespace attend::fused
