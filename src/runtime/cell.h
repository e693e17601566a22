// A recurrent cell with its weights, for layers of the encoder and the decoder (§1.1).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "runtime/tensors.h"

namespace attend::runtime {

/// Scratch memory of a cell's steps. For one thread at a time.
struct CellMemory {
  kernels::Buffer recurrent, z, reset, candidate;
  /// The order in which the last step read the weights. Each step takes the opposite order, so that
  /// it begins with weights that are still in the cache.
  kernels::ReadOrder order = kernels::ReadOrder::kForward;
};

/// The product of a cell's inputs: gates = W x + b (with layer norm: gain · norm(W x) + b).
/// Immutable; safe to use from several threads.
class InputProjection {
 public:
  InputProjection(std::size_t units, const Tensors& tensors);

  /// x [rows, inputs] → gates [rows, gate_units].
  void operator()(std::span<const float> x, std::size_t rows, std::span<float> gates) const;
  /// Computes the gates of one-hot vectors, which are columns of W. The ids lie in [0, inputs).
  void one_hot(std::span<const text::TokenId> ids, std::span<float> gates) const;
  std::size_t inputs() const { return linear_.weight.inputs(); }

 private:
  void finish(std::size_t rows, std::span<float> gates) const;

  std::size_t units_;              // n
  Linear linear_;                  // W [G n, inputs], b [G n]; layer norm: no b
  std::span<const float> values_;  // unpacked W, for one-hot vectors
  std::span<const float> bias_;    // b [G n]
  std::span<const float> gain_;    // layer norm [G n], else empty
};

/// A GRU or LSTM, with or without layer norm. Immutable; safe to use from several threads.
class RecurrentCell {
 public:
  RecurrentCell(const model::CellConfig& config, std::size_t units, const Tensors& tensors);

  /// (state, cell) ← f(state, cell; gates): `rows` rows of gates, gate_units() values each; state
  /// and cell [rows, units]. A GRU ignores `cell`. `inside` is empty or, for a GRU that resets
  /// after the product, [rows, gate_units()]: it is added to U h, and its part of the candidate
  /// lies inside the reset gate.
  void step(std::size_t rows, const kernels::GateRows& gates, std::span<float> state,
            std::span<float> cell, CellMemory& memory, std::span<const float> inside = {}) const;

  std::size_t gate_units() const { return gate_units_; }
  /// Bytes of the recurrent weights.
  std::size_t bytes() const { return recurrent_.bytes() + candidate_.bytes(); }

 private:
  void normalise_recurrent(std::size_t rows, std::size_t first_gate, std::size_t gates,
                           std::span<float> values) const;
  void step_lstm(std::size_t rows, const kernels::GateRows& gates, std::span<float> state,
                 std::span<float> cell, CellMemory& memory) const;
  void step_reset_before(std::size_t rows, const kernels::GateRows& gates, std::span<float> state,
                         CellMemory& memory) const;
  void step_reset_after(std::size_t rows, const kernels::GateRows& gates, std::span<float> state,
                        CellMemory& memory, std::span<const float> inside) const;

  model::CellConfig config_;
  std::size_t units_;          // n
  std::size_t gate_units_;     // G n
  kernels::Matrix recurrent_;  // U [G n, n]; GRU that resets before: U of z and r, [2 n, n]
  kernels::Matrix candidate_;  // GRU that resets before: U of the candidate, [n, n]
  std::span<const float> recurrent_bias_;  // reset after: of the candidate [n] or all gates [3 n]
  std::span<const float> candidate_bias_;  // reset after [n]: zeros_ unless the candidate has one
  std::vector<float> zeros_;
  std::span<const float> recurrent_gain_;  // layer norm [G n], else empty
};

}  // namespace attend::runtime
