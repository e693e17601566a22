// The output layer of a decoder that copies (§13.4): log P(y) = log(p_gen softmax(W r + b)_y + (1 −
// p_gen) Σ_{j: x_j = y} α_j) for the units y of the target vocabulary and those of a source.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "runtime/output.h"

namespace attend::runtime {

/// The copied part of one row of a step.
struct CopiedRow {
  std::size_t row = 0;
  std::size_t source = 0;
  float gate = 0;                    ///< z, p_gen = σ(z)
  std::span<const float> alignment;  // α_j [positions of the source]
};

/// Like OutputRun, but a row has the ids of the target vocabulary and, after them, as many ids as
/// the source with the most units of its own has. Ids that a row's source lacks have −∞. Steps of
/// no more rows than an earlier one allocate nothing. Only one thread at a time may use it.
class CopyRun {
 public:
  /// Refers to `layer`. `copies` are those of the sources; without any, there is nothing to copy.
  CopyRun(const OutputLayer& layer, std::span<const model::Copies> copies);

  /// The number of ids of a row.
  std::size_t width() const { return layer_.vocabulary() + own_ids_; }
  /// From the next step on, only the `count` (≥ 1) best ids of each row are kept, as
  /// model::Decoding::keep_best() describes them.
  void keep_best(std::size_t count);

  /// Scores the vocabulary for the rows of a step: readouts [rows, l]. copy() must then be called
  /// once for each row.
  void begin(std::span<const float> readouts, std::size_t rows);
  void copy(const CopiedRow& one);
  /// Sets log_probabilities of `result`, or best and best_count after keep_best(). They are valid
  /// until the next begin().
  void fill(model::StepResult& result);

 private:
  struct Place {
    text::TokenId id = text::kNoToken;
    std::size_t position = 0;
  };

  const OutputLayer& layer_;
  std::size_t own_ids_ = 0;
  std::vector<std::vector<Place>> places_;  // [sources]: by rising id
  std::size_t best_count_ = 0;              // 0: whole distributions
  std::size_t rows_ = 0;
  kernels::Buffer generated_;             // [rows, vocabulary]: log softmax(W r + b)
  kernels::Buffer scores_;                // [rows, width()]; of one row after keep_best()
  std::vector<kernels::Ranked> ranked_;   // [best_count]
  std::vector<model::RankedToken> best_;  // [rows, best_count]
};

}  // namespace attend::runtime
