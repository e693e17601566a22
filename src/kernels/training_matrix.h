// Matrix products of training by oneDNN: weights that change with every update times rows of
// activations, and the gradients of such weights. Small float32 products go through Float32Product,
// bfloat16 ones through TileProduct where the processor has tiles.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/base.h"
#include "kernels/buffer.h"
#include "kernels/cross_entropy.h"
#include "kernels/float32_product.h"
#include "kernels/packed_rows.h"
#include "kernels/rows.h"

namespace attend::kernels {

class OnednnProduct;
class TileProduct;

/// Whether the processor multiplies bfloat16 by itself; without that, products of training with
/// such factors are right but slow.
bool has_bfloat16_units();

/// oneDNN's code for every shape that was asked for so far. Safe to use from several threads;
/// products compute in the calling one. Error when oneDNN fails.
class PrimitiveCache {
 public:
  PrimitiveCache();
  ~PrimitiveCache();
  class Implementation;
  Implementation& implementation() const { return *implementation_; }

 private:
  std::unique_ptr<Implementation> implementation_;
};

/// Whether TrainingMatrix::cross_entropy() is there and pays for so many outputs; it leaves a
/// gradient for every logit.
bool keeps_logit_gradient(Precision precision, std::size_t outputs);

enum class Write { kReplace, kAdd };

/// What a softmax layer leaves for the products behind it: the gradient of the logits of row r is
/// scales[r] · d_logits_r.
struct LogitGradient {
  PackedRows d_logits;        // [rows, outputs]
  std::vector<float> scales;  // [rows]
  CrossEntropySums sums;
};

/// How many rows a product usually gets: those of one step, for which packing the weights pays, or
/// those of a whole batch.
enum class RowsPerProduct { kStep, kBatch };

/// y = W x + b with W [outputs, inputs] as it was when it was last packed. Several threads may
/// multiply, none may pack meanwhile. float32 weights for batches are used where they are: `values`
/// must stay. x and y may not overlap.
class TrainingMatrix {
 public:
  TrainingMatrix(const PrimitiveCache& primitives, Precision precision, RowsPerProduct rows,
                 const float* values, std::size_t outputs, std::size_t inputs,
                 WeightStrides strides);
  ~TrainingMatrix();
  TrainingMatrix(TrainingMatrix&&) noexcept;

  /// Takes over what the values have become.
  void pack();
  /// The same of the weights among `count` whole rows of a parameter; returns how many they are:
  /// none also where they cannot be packed without others. Several threads may each pack rows of
  /// their own.
  std::size_t pack_among(ConstRows rows, std::size_t count);
  /// y ← W x + bias, or y += W x with Write::kAdd; `bias` [outputs] or null, null with kAdd.
  void multiply(const PackedRows& x, const float* bias, Rows y, Write write) const;
  /// The same of float32 rows that are used once.
  void multiply(ConstRows x, std::size_t rows, const float* bias, Rows y, Write write) const;

  /// Whether cross_entropy() may be called: bfloat16 where there are tiles.
  bool has_cross_entropy() const { return tiles_ != nullptr; }
  /// Cross-entropy of the logits W x + bias and its gradient, without ever holding the logits;
  /// `targets` [x.count()] ids below the number of outputs. Adds to `d_bias` [outputs]. `memory` is
  /// the operand's.
  LogitGradient cross_entropy(const PackedRows& x, const float* bias, const std::int64_t* targets,
                              const CrossEntropyOptions& options, float* d_bias,
                              std::shared_ptr<Buffer> memory) const;

 private:
  std::unique_ptr<Float32Product> panels_;  // of small float32 weights for steps
  std::unique_ptr<TileProduct> tiles_;      // of bfloat16 weights where there are tiles
  std::unique_ptr<OnednnProduct> packed_;   // of all others
  const float* values_;
  std::size_t outputs_, inputs_;
  WeightStrides strides_;
  Precision precision_;
};

/// gradient [a.units, b.units], rows `stride` apart, ← or += Σ_r a_r b_rᵀ over all rows of a and b.
/// Returns the sum of the squares of what it leaves if that comes with the product, as with tiles.
std::optional<double> gradient_product(const PrimitiveCache& primitives, const PackedRows& a,
                                       const PackedRows& b, Rows gradient, Write write);

}  // namespace attend::kernels
