// Matrix products of training: weights that change with every update times rows of activations, and
// the gradients of such weights. oneDNN computes them, except that small float32 products go
// through Float32Product and bfloat16 ones through TileProduct where the processor has tiles.
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

/// Whether the processor has instructions for bfloat16 products. Without them training in bfloat16
/// is correct but slow.
bool has_bfloat16_units();

/// oneDNN's compiled matrix products, one for each shape in use. Safe to use from several threads;
/// products compute in the calling thread. Functions that use the cache throw Error when oneDNN
/// fails.
class PrimitiveCache {
 public:
  PrimitiveCache();
  ~PrimitiveCache();
  class Implementation;
  Implementation& implementation() const { return *implementation_; }

 private:
  std::unique_ptr<Implementation> implementation_;
};

/// Whether TrainingMatrix::cross_entropy() exists in this precision and the number of outputs is
/// large enough for it (at least 128). That function keeps a gradient for every logit.
bool keeps_logit_gradient(Precision precision, std::size_t outputs);

enum class Write { kReplace, kAdd };

/// The result of a softmax layer, for the products that follow in the backward pass: the gradient
/// of the logits of row r is scales[r] · d_logits_r.
struct LogitGradient {
  PackedRows d_logits;        // [rows, outputs]
  std::vector<float> scales;  // [rows]
  CrossEntropySums sums;
};

/// How many rows a product usually gets. kStep: the rows of one step; many such products follow one
/// packing, so packing the weights pays. kBatch: the rows of a whole batch.
enum class RowsPerProduct { kStep, kBatch };

/// y = W x + b with W [outputs, inputs] as it was when it was last packed. Several threads may
/// multiply at once, but not while another thread packs. The caller keeps `values` alive. Weights
/// in float32 with RowsPerProduct::kBatch are not copied: every product reads `values` itself. x
/// and y may not overlap.
class TrainingMatrix {
 public:
  TrainingMatrix(const PrimitiveCache& primitives, Precision precision, RowsPerProduct rows,
                 const float* values, std::size_t outputs, std::size_t inputs,
                 WeightStrides strides);
  ~TrainingMatrix();
  TrainingMatrix(TrainingMatrix&&) noexcept;

  /// Packs the present values.
  void pack();
  /// `rows` are `count` whole rows of a parameter in memory, rows.stride values apart. Packs the
  /// weights of W that lie in them and returns their number. A stored row of W holds the weights of
  /// one output, or of one input if W is stored transposed. Packs none and returns 0 if the matrix
  /// is not stored in tiles, if stored rows of W are not rows.stride apart, or unless the stored
  /// rows concerned begin at a multiple of 32 and end at one or at the last. Several threads may
  /// each pack rows of their own.
  std::size_t pack_among(ConstRows rows, std::size_t count);
  /// y ← W x + bias, or y += W x with Write::kAdd; `bias` [outputs] or null, null with kAdd.
  void multiply(const PackedRows& x, const float* bias, Rows y, Write write) const;
  /// Multiplies float32 rows [rows, inputs] that no other product needs packed.
  void multiply(ConstRows x, std::size_t rows, const float* bias, Rows y, Write write) const;

  /// Whether cross_entropy() may be called: true for bfloat16 weights where the processor has
  /// tiles.
  bool has_cross_entropy() const { return tiles_ != nullptr; }
  /// Computes the cross-entropy of the logits W x + bias and its gradient without storing the
  /// logits; `targets` [x.count()] are ids below the number of outputs. Adds to `d_bias` [outputs].
  /// `memory` will hold the returned d_logits.
  LogitGradient cross_entropy(const PackedRows& x, const float* bias, const std::int64_t* targets,
                              const CrossEntropyOptions& options, float* d_bias,
                              std::shared_ptr<Buffer> memory) const;

 private:
  std::unique_ptr<Float32Product> panels_;  // small float32 weights, for steps
  std::unique_ptr<TileProduct> tiles_;      // bfloat16 weights, with tiles
  std::unique_ptr<OnednnProduct> packed_;   // all others
  const float* values_;
  std::size_t outputs_, inputs_;
  WeightStrides strides_;
  Precision precision_;
};

/// gradient [a.units, b.units] ← or += Σ_r a_r b_rᵀ over all rows of a and b, which have equal
/// counts. Returns the sum of the squares of the resulting gradient if the product computes it
/// anyway, as with tiles; else nullopt. Throws Error when oneDNN fails.
std::optional<double> gradient_product(const PrimitiveCache& primitives, const PackedRows& a,
                                       const PackedRows& b, Rows gradient, Write write);

}  // namespace attend::kernels
