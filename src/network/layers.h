// One step of a recurrent cell in libtorch's tensor operations. This is
// the definition that the fused operations must equal. It runs in float or double on any device.
// Needs libtorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "model/model.h"
#include "network/tensors.h"

namespace attend::network {

/// Normalises every block of `units` values of the last dimension to mean 0 and variance 1. The
/// variance is the biased one; epsilon is 1e-5. The last dimension must be a multiple of `units`.
Tensor normalize_blocks(const Tensor& x, std::int64_t units);

/// The recurrence of a GRU or an LSTM (§1.1). Tensors have the shape [batch, …]. With the weights
/// of CellTensors::stack they have the shape [D, batch, …], for D directions at once.
class Recurrence {
 public:
  Recurrence(const model::CellConfig& config, std::int64_t units, const CellTensors& tensors);

  /// Computes the state after one step. `projected` [(D,) batch, G n] is W x + b of all gates.
  /// `mask` [(D,) batch, n] is the dropout mask of h_{t-1} in the recurrent product; it may be
  /// undefined. `inside` [(D,) batch, 3 n], if defined, is added to U h of a GRU that resets after
  /// the product: its part of the candidate lies inside the reset gate.
  State step(const Tensor& projected, const State& previous, const Tensor& mask,
             const Tensor& inside = {}) const;
  /// A state of zeros; `shape` is [(D,) batch, n].
  State zero_state(at::IntArrayRef shape, const at::TensorOptions& options) const;

 private:
  Tensor gates(const Tensor& x) const;
  Tensor recurrent(const Tensor& projected, const Tensor& x, const Tensor& weight,
                   const Tensor& gain) const;
  State gru(const Tensor& projected, const Tensor& h, const Tensor& dropped,
            const Tensor& inside) const;
  State lstm(const Tensor& projected, const State& previous, const Tensor& dropped) const;

  model::CellConfig config_;
  std::int64_t units_;
  Tensor weight_;                             // [(D,) n, G n]: U transposed
  Tensor gate_weight_, candidate_weight_;     // the columns of z and r; of the candidate (GRU)
  Tensor gain_, gate_gain_, candidate_gain_;  // [(D, 1,) G n], or undefined
  Tensor recurrent_bias_;  // [(D, 1,) n] of the candidate, [(D, 1,) 3 n] of all gates, or undefined
};

}  // namespace attend::network
