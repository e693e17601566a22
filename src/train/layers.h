// The layers of a model in plain tensor operations, on any device, in float or double.
//
// Sequences are time-major, [time, batch, units]; what attention reads is [batch, source_length,
// units]. Internal to this folder: needs libtorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/base.h"
#include "model/model.h"

namespace attend::train {

using at::Tensor;

/// Parameters by the names of model/parameters.h.
using Tensors = std::unordered_map<std::string, Tensor>;

/// The dropout masks of one shard in one update: a function of (seed, update, shard) and of the
/// order of calls, so that no generator state has to be saved. Kept values are 1 / (1 − p), others
/// 0. One thread at a time.
class Dropout {
 public:
  Dropout(const model::DropoutConfig& config, std::uint64_t seed, std::int64_t update, int shard);

  const model::DropoutConfig& config() const { return config_; }
  /// A mask for one sequence or one step.
  Tensor mask(at::IntArrayRef shape, double probability, const at::TensorOptions& options);
  /// x with a mask for every step, or one for all steps (variational).
  Tensor sequence(const Tensor& x, double probability);  // [time, batch, units]

 private:
  model::DropoutConfig config_;
  Random random_;
};

/// h, and c of an LSTM (undefined in a GRU).
struct State {
  Tensor hidden;  // [(directions,) batch, n]
  Tensor cell;    // the same
};

/// The tensors of one cell as the parameter table names them; undefined where the table has none.
struct CellTensors {
  Tensor input_weight;      // [G n, in]
  Tensor recurrent_weight;  // [G n, n]
  Tensor bias;              // [G n]
  Tensor recurrent_bias;    // [n]
  Tensor input_gain;        // [G n]
  Tensor recurrent_gain;    // [G n]

  static CellTensors find(const Tensors& tensors, const std::string& prefix);
  /// The directions D of an encoder layer under a new first dimension, ready for Recurrence;
  /// vectors become [D, 1, …].
  static CellTensors stack(const std::vector<CellTensors>& directions);
};

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

/// What the decoder looks at.
struct Annotated {
  Tensor annotations;  // [batch, source_length, n_h], 0 on masked padding
  Tensor mask;         // [batch, source_length]: 0, or −infinity on masked padding; or undefined
  Tensor initial;      // [batch, d]: what the initial state is computed from; or undefined
  std::vector<State> last;  // [encoder layers] of [batch, n_h]: what the decoder copies; or empty
};

/// One look (§1.5).
struct Look {
  Tensor energies;   // [batch, source_length]
  Tensor alignment;  // [batch, source_length], a row sums to 1
  Tensor context;    // [batch, n_h]
};

/// e_ij = activation(score(s, h_j) + b_e), softmax over j, c_i = Σ_j α_ij h_j.
class Attention {
 public:
  /// `projected` is what queries meet in all steps, computed when undefined: U h_j + b (additive,
  /// [batch, source_length, n']), W h_j (general) or h_j (dot, [batch, source_length, n]).
  Attention(const model::AttentionConfig& config, const Tensors& tensors,
            const Annotated& annotated, const Tensor& projected = {});
  Look look(const Tensor& state) const;  // [batch, n]
  const Tensor& projected() const { return projected_; }

 private:
  Tensor project(const Tensors& tensors) const;
  Tensor score(const Tensor& state) const;

  model::AttentionConfig config_;
  Annotated annotated_;
  Tensor projected_;
  Tensor query_weight_;  // [n, n'], additive
  Tensor energy_weight_, energy_bias_;
};

/// A tensor of the table, or an undefined one.
Tensor find_tensor(const Tensors& tensors, const std::string& name);

}  // namespace attend::train
