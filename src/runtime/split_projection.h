// What a step feeds to a layer of the decoder: W [E y_{i-1}; c_i] + b, as two parts; or, beside E
// y_{i-1}, the readout r_{i-1} or nothing.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/encoder.h"

namespace attend::runtime {

/// Where the target's embeddings stand; width 0 without feedback.
struct Embeddings {
  std::span<const float> values;  // E [vocabulary, width]
  std::size_t vocabulary = 0;
  std::size_t width = 0;  // m_y
};

/// What stands beside E y_{i-1}.
enum class StepInput {
  kContext,  ///< c, a sum over positions
  kReadout   ///< the last readout, or nothing where no columns are left for it
};

/// Rows of a table that are filled when they are first wanted, by whichever thread comes first.
class LazyRows {
 public:
  LazyRows(std::size_t rows, std::size_t width);
  /// The row; nothing while nobody has filled it.
  std::span<const float> find(std::size_t row) const;
  /// Fills it unless another thread does so at this moment.
  void fill(std::size_t row, std::span<const float> values);

 private:
  enum class State : char { kEmpty, kBusy, kFull };
  std::size_t width_;
  std::unique_ptr<float[]> values_;  // [rows, width]; what nobody touches takes no memory
  std::vector<std::atomic<State>> states_;
};

/// The part of the previous token depends on the token alone and is looked up: in a table where
/// the vocabulary is small, in a larger one row after row as tokens occur. The part of the context
/// is W_c Σ_j α_j h_j = Σ_j α_j (W_c h_j): where W_c is large, the products are made once for a
/// source and each step adds up rows. A readout is multiplied as it is. Immutable; safe to use from
/// several threads.
class SplitProjection {
 public:
  SplitProjection() = default;
  /// Columns [first, first + embeddings.width) of the matrix `weight` are those of E y, the rest
  /// those of c or r.
  SplitProjection(const Tensors& tensors, const std::string& weight, std::size_t first,
                  const Embeddings& embeddings, StepInput step_input);

  std::size_t outputs() const { return outputs_; }
  /// Whether tokens() needs embedded tokens: not with a whole table, nor without feedback.
  bool embeds() const { return embeddings_.width > 0 && table_.empty(); }

  /// Whether there is a part of tokens to add; otherwise multiply_beside() adds b.
  bool has_tokens() const { return embeddings_.width > 0 || step_input_units() == 0 || projects_; }
  /// W_y E y + b: [tokens, outputs] for the previous tokens (kNoToken: b), which stand in
  /// `embedded` [tokens, m_y] if embeds().
  void tokens(std::span<const text::TokenId> tokens, std::span<const float> embedded,
              std::span<float> y) const;

  /// W_c h_j of every position [positions, outputs]; empty where W_c is small.
  kernels::Array project(const Annotations& annotations) const;
  /// W_c c of one row [outputs]: from its alignment and the rows of `projected` that belong to its
  /// source, or from its context.
  bool projects() const { return projects_; }
  /// Units of c or r; 0 where nothing stands beside E y.
  std::size_t step_input_units() const { return step_weight_.inputs(); }
  /// W_c c or W_r r of every row, with b unless has_tokens(): x [rows, beside_units] → y [rows,
  /// outputs].
  void multiply_step_input(std::span<const float> x, std::size_t rows, std::span<float> y) const;

 private:
  void find_rows(std::span<const text::TokenId> tokens, std::span<const float> embedded,
                 std::span<float> y) const;

  std::size_t outputs_ = 0;
  Embeddings embeddings_;
  std::span<const float> bias_;     // b [outputs]
  kernels::Matrix token_weight_;    // W_y [outputs, m_y]
  kernels::Matrix step_weight_;     // W_c [outputs, n_h] or W_r [outputs, l]
  std::vector<float> table_;        // W_y E y + b [vocabulary, outputs], if not too large
  std::unique_ptr<LazyRows> rows_;  // the same, row by row
  bool projects_ = false;
};

}  // namespace attend::runtime
