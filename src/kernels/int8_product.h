// The matrix product of weights and activations in 8 bits (matrix.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace attend::kernels {

struct WeightView;

/// How whole numbers are multiplied. All ways give the same bits on machines that have fused
/// multiply-add; they differ in speed.
enum class Int8Way {
  kPortable,  ///< any processor
  kVnni,      ///< AVX-512 with VNNI: four products and their sum in one instruction
  kAmx        ///< the same for one row or two, from there on tiles of 16 × 16 sums
};

/// Whether this machine (and the instruction sets that Highway may choose from) has it.
bool is_supported(Int8Way way);

/// Row `output` of W as whole numbers −127 … 127 [inputs]; what they are to be multiplied with, 0
/// where all are 0. Internal to this folder, as round_rows.
float round_weights(const WeightView& weights, std::size_t output, std::int8_t* to);
/// The same of rows of x [rows, size], with `zero` added, as bytes; rows stand `depth` apart. Bytes
/// behind the `size` of a row may stay as they are; up to 64 behind the last row are overwritten.
/// Scales are NaN for rows that are not finite.
void round_rows(const float* x, std::size_t rows, std::size_t size, std::size_t depth, float zero,
                std::uint8_t* to, float* scales);

/// W [outputs, inputs] as whole numbers −127 … 127 times a scale for every output; every x is
/// rounded the same way with a scale of its own:
///   y_o = scale_x · scale_o · Σ_k round(x_k / scale_x) · w_ok + b_o.
/// The sums are exact, so that a row's result does not depend on the rows beside it. A row with NaN
/// or infinity gives NaN. Copies the values. Immutable and safe to use from several threads.
class Int8Product {
 public:
  static constexpr std::size_t kPanel = 16;  ///< outputs that stand together
  static constexpr std::size_t kLargestInputs = std::size_t{1} << 16;  ///< no sum overflows

  /// `way`: the best one that is supported when it is not given. CheckFailure for one that is not
  /// supported and for more than kLargestInputs.
  explicit Int8Product(const WeightView& weights);
  Int8Product(const WeightView& weights, Int8Way way);

  /// As Matrix::multiply.
  void multiply(std::span<const float> x, std::size_t rows, std::span<const float> bias,
                std::span<float> y) const;
  /// As Matrix::panel_width and Matrix::multiply_panel.
  std::size_t panel_width() const { return kPanel; }
  void multiply_panel(std::span<const float> x, std::size_t panel, std::span<const float> bias,
                      std::span<float> y) const;
  /// As Matrix::select.
  Int8Product select(std::span<const std::int32_t> ids) const;

 private:
  Int8Product() = default;

  void allocate();
  void pack(const WeightView& weights);

  struct Free {
    void operator()(std::int8_t* values) const;
  };

  std::size_t outputs_ = 0, inputs_ = 0;
  std::size_t depth_ = 0;  // inputs and padding: a multiple of 64 or, of fewer than 32, of 4
  Int8Way way_ = Int8Way::kPortable;
  std::unique_ptr<std::int8_t[], Free> panels_;  // [⌈outputs / 16⌉, depth / 4, 16, 4]
  std::vector<float> scales_;                    // [outputs, padded with 0 to panels]
  std::vector<std::int32_t> sums_;               // 128 Σ_k w_ok, likewise
};

}  // namespace attend::kernels
