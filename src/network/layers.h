// A recurrent step and a look of attention in plain tensor operations, on any device, in float or
// double: the definitions. Needs libtorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "model/model.h"
#include "network/operations.h"
#include "network/tensors.h"

namespace attend::network {

/// Each block of `units` values of the last dimension normalised by itself (epsilon 1e-5, biased
/// variance).
Tensor normalize_blocks(const Tensor& x, std::int64_t units);

/// One step of a GRU or an LSTM (§1.1). Works on [batch, …] and, with the tensors of
/// CellTensors::stack, on [D, batch, …].
class Recurrence {
 public:
  Recurrence(const model::CellConfig& config, std::int64_t units, const CellTensors& tensors);

  /// `projected`: W x + b of all gates, [(D,) batch, G n]. `mask`: dropout of h_{t-1} in the
  /// recurrent product, [(D,) batch, n], or undefined.
  State step(const Tensor& projected, const State& previous, const Tensor& mask) const;
  State zero_state(at::IntArrayRef shape, const at::TensorOptions& options) const;

 private:
  Tensor gates(const Tensor& x) const;
  Tensor recurrent(const Tensor& projected, const Tensor& x, const Tensor& weight,
                   const Tensor& gain) const;
  Tensor gru_candidate_before(const Tensor& projected, const Tensor& reset, const Tensor& h) const;
  State gru(const Tensor& projected, const Tensor& h, const Tensor& dropped) const;
  State lstm(const Tensor& projected, const State& previous, const Tensor& dropped) const;

  model::CellConfig config_;
  std::int64_t units_;
  Tensor weight_;                             // [(D,) n, G n], U transposed
  Tensor gate_weight_, candidate_weight_;     // its columns of z, r and of the candidate
  Tensor gain_, gate_gain_, candidate_gain_;  // [(D, 1,) G n], or undefined
  Tensor recurrent_bias_;                     // [(D, 1,) n], or undefined
};

/// One look of the decoder (§1.5).
struct Look {
  Tensor energies;   // [batch, source_length]
  Tensor alignment;  // [batch, source_length], a row sums to 1
  Tensor context;    // [batch, n_h]
};

/// e_ij = activation(score(s, h_j) + b_e), softmax over j, c_i = Σ_j α_ij h_j.
class Attention {
 public:
  explicit Attention(const AttentionInputs& inputs) : in_(inputs) {}
  Look look(const Tensor& state) const;  // [batch, n]

 private:
  Tensor score(const Tensor& state) const;

  AttentionInputs in_;
};

}  // namespace attend::network
