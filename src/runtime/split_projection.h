// The product W [E y_{i-1}; x_i] + b that enters a layer of the decoder. It is computed as two
// parts: the part of the previous token and the part of the step input x_i. The step input is the
// context c_i, which may be fixed, the previous readout r_{i-1} (input feeding), or nothing.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "runtime/encoder.h"
#include "runtime/token_projection.h"

namespace attend::runtime {

/// The input of a step other than E y_{i-1}.
enum class StepInput {
  kContext,  ///< c_i = Σ_j α_ij h_j
  kFixed,    ///< c, one context of each source for all steps
  /// r_{i-1}. It is given also where there is no step input: W then has no columns after those of E
  /// y_{i-1}.
  kReadout
};

/// Immutable after construction; safe to use from several threads.
///
/// The part of the context is W_c Σ_j α_j h_j = Σ_j α_j (W_c h_j). If W_c has at least 2^17 values,
/// project() computes the products W_c h_j once for each source, and a step adds them up with the
/// weights α_j. Otherwise a step multiplies its context by W_c. A readout is multiplied in every
/// step. The caller multiplies a fixed context once for each source.
class SplitProjection {
 public:
  SplitProjection() = default;
  /// Columns [first, first + embeddings.width) of the matrix `weight` belong to E y, the
  /// columns after them to the step input. The columns before `first` are not used.
  SplitProjection(const Tensors& tensors, const std::string& weight, std::size_t first,
                  const Embeddings& embeddings, StepInput step_input);

  std::size_t outputs() const { return tokens_.outputs(); }
  /// Whether tokens() needs embedded tokens.
  bool embeds() const { return tokens_.embeds(); }

  /// Whether the caller must add tokens(), which includes b; otherwise multiply_step_input() adds
  /// b.
  bool has_tokens() const { return tokens_.width() > 0 || step_input_units() == 0 || projects_; }
  /// Computes W_y E y + b [tokens, outputs] for the previous tokens (b for kNoToken). If embeds(),
  /// `embedded` [tokens, m_y] must hold their embeddings.
  void tokens(std::span<const text::TokenId> tokens, std::span<const float> embedded,
              std::span<float> y) const {
    tokens_(tokens, embedded, y);
  }

  /// Computes W_c h_j of every position [positions, outputs]; empty unless projects().
  kernels::Array project(const Annotations& annotations) const;
  /// Whether W_c c must be computed from a row's alignment and the rows that project() made for its
  /// source, and not by multiply_step_input() from its context.
  bool projects() const { return projects_; }
  /// Units of the step input; 0 without one.
  std::size_t step_input_units() const { return step_weight_.inputs(); }
  /// Computes W_c c or W_r r of every row, plus b unless has_tokens(): x [rows, step_input_units()]
  /// → y [rows, outputs]. A row is one of a step, or a source with its fixed context.
  void multiply_step_input(std::span<const float> x, std::size_t rows, std::span<float> y) const;

 private:
  TokenProjection tokens_;
  kernels::Matrix step_weight_;  // W_c [outputs, n_h] or W_r [outputs, l]
  bool projects_ = false;
};

}  // namespace attend::runtime
