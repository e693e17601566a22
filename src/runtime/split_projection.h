// The product W [E y_{i-1}; x_i] + b that enters a layer of the decoder. It is computed as two
// parts: the part of the previous token and the part of the step input x_i. The step input is the
// context c_i, the previous readout r_{i-1} (input feeding), or nothing.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/encoder.h"

namespace attend::runtime {

/// The target's embeddings; width 0 when the previous token is not an input.
struct Embeddings {
  std::span<const float> values;  // E [vocabulary, width]
  std::size_t vocabulary = 0;
  std::size_t width = 0;  // m_y
};

/// The input of a step other than E y_{i-1}.
enum class StepInput {
  kContext,  ///< c_i = Σ_j α_ij h_j
  /// r_{i-1}; or no step input, if the columns of E y_{i-1} are the last columns of W.
  kReadout
};

/// A table whose rows are filled on first use. Safe to use from several threads; the first one to
/// fill a row wins.
class LazyRows {
 public:
  LazyRows(std::size_t rows, std::size_t width);
  /// Returns the row, or an empty span while it is not filled.
  std::span<const float> find(std::size_t row) const;
  /// Fills the row unless it is full or another thread is filling it.
  void fill(std::size_t row, std::span<const float> values);

 private:
  enum class State : char { kEmpty, kBusy, kFull };
  std::size_t width_;
  std::unique_ptr<float[]> values_;  // [rows, width]; untouched pages take no memory
  std::vector<std::atomic<State>> states_;
};

/// Immutable after construction; safe to use from several threads.
///
/// The part of the previous token depends on that token alone. It is looked up in a complete table
/// of up to 2^22 values (vocabulary · outputs) or in a LazyRows table of up to 2^24 values; beyond
/// that every step multiplies it. The part of the context is W_c Σ_j α_j h_j = Σ_j α_j (W_c h_j).
/// If W_c has at least 2^17 values, project() computes the products W_c h_j once for each source,
/// and a step adds them up with the weights α_j. Otherwise a step multiplies its context by W_c. A
/// readout is multiplied in every step.
class SplitProjection {
 public:
  SplitProjection() = default;
  /// Columns [first, first + embeddings.width) of the matrix `weight` belong to E y, the rest to
  /// the step input.
  SplitProjection(const Tensors& tensors, const std::string& weight, std::size_t first,
                  const Embeddings& embeddings, StepInput step_input);

  std::size_t outputs() const { return outputs_; }
  /// Whether tokens() needs embedded tokens: false with a complete table and when the previous
  /// token is not an input.
  bool embeds() const { return embeddings_.width > 0 && table_.empty(); }

  /// Whether the caller must add tokens(), which includes b; otherwise multiply_step_input() adds
  /// b.
  bool has_tokens() const { return embeddings_.width > 0 || step_input_units() == 0 || projects_; }
  /// Computes W_y E y + b [tokens, outputs] for the previous tokens (b for kNoToken). If embeds(),
  /// `embedded` [tokens, m_y] must hold their embeddings.
  void tokens(std::span<const text::TokenId> tokens, std::span<const float> embedded,
              std::span<float> y) const;

  /// Computes W_c h_j of every position [positions, outputs]; empty unless projects().
  kernels::Array project(const Annotations& annotations) const;
  /// Whether W_c c must be computed from a row's alignment and the rows that project() made for its
  /// source, and not by multiply_step_input() from its context.
  bool projects() const { return projects_; }
  /// Units of the step input; 0 without one.
  std::size_t step_input_units() const { return step_weight_.inputs(); }
  /// Computes W_c c or W_r r of every row, plus b unless has_tokens(): x [rows, step_input_units()]
  /// → y [rows, outputs].
  void multiply_step_input(std::span<const float> x, std::size_t rows, std::span<float> y) const;

 private:
  void find_rows(std::span<const text::TokenId> tokens, std::span<const float> embedded,
                 std::span<float> y) const;

  std::size_t outputs_ = 0;
  Embeddings embeddings_;
  std::span<const float> bias_;   // b [outputs]
  kernels::Matrix token_weight_;  // W_y [outputs, m_y]
  kernels::Matrix step_weight_;   // W_c [outputs, n_h] or W_r [outputs, l]
  // W_y E y + b [vocabulary, outputs]: a complete table, or one that is filled on demand, or none.
  std::vector<float> table_;
  std::unique_ptr<LazyRows> rows_;
  bool projects_ = false;
};

}  // namespace attend::runtime
