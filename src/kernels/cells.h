// The elementwise part of recurrent cells, between their matrix products (§1.1). These cells serve
// prediction; those of training are in training_cells.h.
//
// `inputs` holds W x + b of all gates. `recurrent` holds U h of all gates, or of z and r alone for
// a GRU that resets before the product. Both consist of blocks of `units` values in the order z, r,
// candidate (GRU) or i, f, o, g (LSTM).
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace attend::kernels {

enum class GateFunction { kLogistic, kHard };  ///< kHard: clip(0.2 x + 0.5, 0, 1)
enum class UpdateGate { kNew, kOld };          ///< z multiplies the candidate or the old state

struct GruOptions {
  GateFunction gates = GateFunction::kLogistic;
  UpdateGate update = UpdateGate::kNew;
};

struct CellSizes {
  std::size_t rows = 0;
  std::size_t units = 0;
};

/// The gates of some rows: row r is row index[r] of `values`, or row r when there is no index.
/// Refers to both arrays, which the caller keeps alive.
struct GateRows {
  std::span<const float> values;        // [any number, gates · units]
  std::span<const std::int32_t> index;  // [rows] or empty

  GateRows(std::span<const float> all, std::span<const std::int32_t> chosen)
      : values(all), index(chosen) {}
  template <std::convertible_to<std::span<const float>> All>
  GateRows(const All& all) : values(all) {}

  /// Returns row r, which has `width` values.
  const float* row(std::size_t r, std::size_t width) const {
    return values.data() + (index.empty() ? r : static_cast<std::size_t>(index[r])) * width;
  }
};

/// First half of a GRU that resets before the product:
///   z = σ(inputs_z + recurrent_z),  r = σ(inputs_r + recurrent_r),  reset_state = r ⊙ state.
/// `inputs` [rows, 3 units]; `recurrent` [rows, 2 units]; z, reset_state and state [rows, units].
void gru_reset_before(CellSizes sizes, GateFunction gates, const GateRows& inputs,
                      std::span<const float> recurrent, std::span<const float> state,
                      std::span<float> z, std::span<float> reset_state);

/// Second half of a GRU that resets before the product: candidate = tanh(inputs_c +
/// recurrent_candidate), where recurrent_candidate = U reset_state [rows, units]; state ← z ⊙
/// candidate + (1 − z) ⊙ state with UpdateGate::kNew, and z and 1 − z exchanged with kOld.
void gru_update(CellSizes sizes, UpdateGate update, const GateRows& inputs,
                std::span<const float> recurrent_candidate, std::span<const float> z,
                std::span<float> state);

/// A whole step of a GRU that resets after the product: candidate = tanh(inputs_c + r ⊙
/// (recurrent_c + recurrent_bias)). `inputs` and `recurrent` [rows, 3 units], `recurrent_bias`
/// [units].
void gru_reset_after(CellSizes sizes, GruOptions options, const GateRows& inputs,
                     std::span<const float> recurrent, std::span<const float> recurrent_bias,
                     std::span<float> state);

/// cell ← f ⊙ cell + i ⊙ tanh(g),  state ← o ⊙ tanh(cell). `inputs` and `recurrent` [rows,
/// 4 units]; `state` is written only.
void lstm(CellSizes sizes, GateFunction gates, const GateRows& inputs,
          std::span<const float> recurrent, std::span<float> state, std::span<float> cell);

}  // namespace attend::kernels
