// The matrix product of weights and activations in bfloat16 (matrix.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "kernels/bfloat16.h"

namespace attend::kernels {

struct WeightView;

/// The ways to multiply bfloat16 numbers. All ways give the same bits on machines that have fused
/// multiply-add; they differ in speed.
enum class Bfloat16Way {
  kPortable,  ///< any processor; values are widened to float32 as they are read
  kAmx        ///< for at least 4 rows tiles of 16 × 16 sums (AMX), else kPortable
};

/// Whether this machine supports `way`. Tests may exclude AVX-512 from the instruction sets that
/// Highway chooses from; then only kPortable is supported.
bool is_supported(Bfloat16Way way);

/// The product of W [outputs, inputs] and every x, both rounded to bfloat16. Sums are float32, in
/// an order that does not depend on the other rows:
///   y_o = b_o + Σ_blocks (Σ_even k x_k w_ok + Σ_odd k x_k w_ok), blocks of 32 inputs.
/// Denormal numbers count as 0. Copies the values. Immutable and safe to use from several threads.
class Bfloat16Product {
 public:
  static constexpr std::size_t kPanel = 16;  ///< outputs of a panel
  /// Uses the best supported way unless `way` is given. CheckFailure for a way that is not
  /// supported.
  explicit Bfloat16Product(const WeightView& weights);
  Bfloat16Product(const WeightView& weights, Bfloat16Way way);

  /// See Matrix::multiply.
  void multiply(std::span<const float> x, std::size_t rows, std::span<const float> bias,
                std::span<float> y) const;
  /// See Matrix::panel_width and Matrix::multiply_panel.
  std::size_t panel_width() const { return kPanel; }
  void multiply_panel(std::span<const float> x, std::size_t panel, std::span<const float> bias,
                      std::span<float> y) const;
  /// See Matrix::select.
  Bfloat16Product select(std::span<const std::int32_t> ids) const;

 private:
  Bfloat16Product() = default;
  void allocate();

  struct Free {
    void operator()(Bfloat16* values) const;
  };

  std::size_t outputs_ = 0, inputs_ = 0;
  std::size_t depth_ = 0;  // padded inputs: a multiple of 32, of 2 if inputs < 32
  Bfloat16Way way_ = Bfloat16Way::kPortable;
  std::unique_ptr<Bfloat16[], Free> panels_;  // [⌈outputs / 16⌉, depth / 2, 16, 2]
};

}  // namespace attend::kernels
