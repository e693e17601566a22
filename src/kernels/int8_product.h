// The matrix product of weights and activations in 8 bits (matrix.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace attend::kernels {

struct WeightView;

/// The ways to multiply 8-bit integers. All ways give the same bits on machines that have fused
/// multiply-add; they differ in speed.
enum class Int8Way {
  kPortable,  ///< any processor
  kVnni,      ///< AVX-512 with VNNI: four products and their sum in one instruction
  kAmx        ///< for at least 3 rows tiles of 16 × 16 sums (AMX), else kVnni
};

/// Whether this machine supports `way`. Tests may exclude AVX-512 from the instruction sets that
/// Highway chooses from; then only kPortable is supported.
bool is_supported(Int8Way way);

/// Writes row `output` of W to `to` [inputs] as integers −127 … 127. Returns their scale, or 0 when
/// all of them are written as 0. Internal to this folder, as is round_rows.
float round_weights(const WeightView& weights, std::size_t output, std::int8_t* to);
/// Rounds rows of x [rows, size] to integers −127 … 127, adds `zero` (0 or 128) and writes each sum
/// as one byte. Row r begins at to + r · depth. Bytes after the `size` of a row may stay unwritten;
/// up to 64 bytes after the last row are overwritten. `scales` [rows] receives the scale of each
/// row, or NaN for a row that is not finite.
void round_rows(const float* x, std::size_t rows, std::size_t size, std::size_t depth, float zero,
                std::uint8_t* to, float* scales);

/// W [outputs, inputs] as integers −127 … 127 times a scale for every output. Every x is rounded in
/// the same way, with a scale of its own:
///   y_o = scale_x · scale_o · Σ_k round(x_k / scale_x) · w_ok + b_o.
/// The sums are exact, so a row's result does not depend on the other rows. A row with NaN or
/// infinity gives NaN. Copies the values. Immutable and safe to use from several threads.
class Int8Product {
 public:
  static constexpr std::size_t kPanel = 16;  ///< outputs of a panel
  /// The largest number of inputs. With more a sum could overflow.
  static constexpr std::size_t kLargestInputs = std::size_t{1} << 16;

  /// Uses the best supported way unless `way` is given. CheckFailure for a way that is not
  /// supported and for more than kLargestInputs inputs.
  explicit Int8Product(const WeightView& weights);
  Int8Product(const WeightView& weights, Int8Way way);

  /// See Matrix::multiply.
  void multiply(std::span<const float> x, std::size_t rows, std::span<const float> bias,
                std::span<float> y) const;
  /// See Matrix::panel_width and Matrix::multiply_panel.
  std::size_t panel_width() const { return kPanel; }
  void multiply_panel(std::span<const float> x, std::size_t panel, std::span<const float> bias,
                      std::span<float> y) const;
  /// See Matrix::select.
  Int8Product select(std::span<const std::int32_t> ids) const;

 private:
  Int8Product() = default;

  void allocate();
  void pack(const WeightView& weights);

  struct Free {
    void operator()(std::int8_t* values) const;
  };

  std::size_t outputs_ = 0, inputs_ = 0;
  std::size_t depth_ = 0;  // padded inputs: a multiple of 64, of 4 if inputs < 32
  Int8Way way_ = Int8Way::kPortable;
  std::unique_ptr<std::int8_t[], Free> panels_;  // [⌈outputs / 16⌉, depth / 4, 16, 4]
  std::vector<float> scales_;                    // [outputs, padded with 0 to panels]
  std::vector<std::int32_t> sums_;               // 128 Σ_k w_ok [outputs, padded with 0 to panels]
};

}  // namespace attend::kernels
