// The part of the previous token in a product with the input of a step: W_y E y_{i-1} + b.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/tensors.h"

namespace attend::runtime {

/// The target's embeddings; width 0 when the previous token is not an input.
struct Embeddings {
  std::span<const float> values;  // E [vocabulary, width]
  std::span<const float> start;   // E y_0 [width]; empty: 0
  std::size_t vocabulary = 0;
  std::size_t width = 0;  // m_y
};

/// Returns the embeddings that a decoder reads; `end` is the id of </s>, if targets end in it.
Embeddings make_embeddings(const model::DecoderConfig& config, std::size_t vocabulary,
                           std::optional<text::TokenId> end, const model::Weights& weights);

/// Copies the embeddings of the tokens to `embedded` [tokens, width]; kNoToken gets E y_0.
void embed(const Embeddings& embeddings, std::span<const text::TokenId> tokens,
           std::span<float> embedded);

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

/// The product depends on the previous token alone. It is looked up in a complete table of up to
/// 2^22 values (vocabulary · outputs) or in a LazyRows table of up to 2^24 values; beyond that
/// every step multiplies it. Immutable after construction; safe to use from several threads.
class TokenProjection {
 public:
  TokenProjection() = default;
  /// Columns [first, first + embeddings.width) of the matrix `weight` belong to E y. `bias` is b
  /// [outputs], or empty for 0.
  TokenProjection(const Tensors& tensors, const std::string& weight, std::size_t first,
                  const Embeddings& embeddings, std::span<const float> bias);

  std::size_t outputs() const { return outputs_; }
  /// Units of E y; 0 when the previous token is not an input.
  std::size_t width() const { return embeddings_.width; }
  std::span<const float> bias() const { return bias_; }  // b [outputs]
  /// Whether the product needs embedded tokens: false with a complete table and when the previous
  /// token is not an input.
  bool embeds() const { return embeddings_.width > 0 && table_.empty(); }

  /// Computes W_y E y + b [tokens, outputs] for the previous tokens (E y_0 for kNoToken; b for
  /// every token when the previous token is not an input). If embeds(), `embedded` [tokens, m_y]
  /// must hold their embeddings.
  void operator()(std::span<const text::TokenId> tokens, std::span<const float> embedded,
                  std::span<float> y) const;

 private:
  std::span<const float> first() const { return first_.empty() ? bias_ : std::span(first_); }
  void find_rows(std::span<const text::TokenId> tokens, std::span<const float> embedded,
                 std::span<float> y) const;

  std::size_t outputs_ = 0;
  Embeddings embeddings_;
  std::vector<float> zeros_;     // b, if there is no other
  std::span<const float> bias_;  // b [outputs]
  std::vector<float> first_;     // W_y E y_0 + b [outputs]; empty if E y_0 is 0
  kernels::Matrix weight_;       // W_y [outputs, m_y]
  // W_y E y + b [vocabulary, outputs]: a complete table, or one that is filled on demand, or none.
  std::vector<float> table_;
  std::unique_ptr<LazyRows> rows_;
};

}  // namespace attend::runtime
