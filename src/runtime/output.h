// The output layer: log-probabilities of the target tokens from readouts, all of them or the best
// of each row (§1.6).
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "runtime/tensors.h"

namespace attend::runtime {

/// The weights W r + b of the logits. Immutable; safe to use from several threads.
class OutputLayer {
 public:
  /// `weight` is the whole name of a matrix [vocabulary, l], `bias` [vocabulary]; both must outlive
  /// the layer.
  /// The logits are divided by `temperature` before they become probabilities.
  OutputLayer(const Tensors& tensors, const std::string& weight, std::span<const float> bias,
              double temperature = 1);

  std::size_t vocabulary() const { return linear_.weight.outputs(); }
  const Linear& linear() const { return linear_; }

 private:
  friend class OutputRun;
  Linear linear_;                  // [vocabulary, l]
  kernels::CoarseProduct coarse_;  // empty() unless the weights are many
  float inverse_temperature_ = 1;
};

/// The results of the output layer in one decoding, and buffers that its steps reuse. Steps of no
/// more rows than an earlier one allocate nothing. Only one thread at a time may use it.
class OutputRun {
 public:
  /// Refers to `layer`. After keep_best() only `candidates` (rising ids) are scored, or all tokens
  /// when there are none.
  OutputRun(const OutputLayer& layer, std::vector<text::TokenId> candidates);

  /// From the next run() on, only the `count` (≥ 1) best tokens of each row are computed, as
  /// model::Decoding::keep_best() describes them.
  void keep_best(std::size_t count);
  bool keeps_best() const { return best_count_ > 0; }

  /// Scores the tokens of every row: readouts [rows, l].
  void run(std::span<const float> readouts, std::size_t rows);
  /// Sets log_probabilities of `result`, or best and best_count after keep_best(). They are valid
  /// until the next run().
  void fill(model::StepResult& result);

 private:
  void run_all(std::span<const float> readouts);
  void run_best(std::span<const float> readouts);
  void run_few(std::span<const float> readouts);

  const OutputLayer& layer_;
  std::vector<text::TokenId> candidates_;  // rising; empty: all
  kernels::Matrix candidate_weight_;       // output weights of the candidates
  std::vector<float> candidate_bias_;
  std::size_t best_count_ = 0;  // 0: whole distributions
  std::size_t rows_ = 0;
  kernels::Buffer scores_;                // [rows, vocabulary], or of some rows at a time
  std::vector<kernels::Ranked> ranked_;   // [kFewRows, best_count]
  std::vector<model::RankedToken> best_;  // [rows, best_count]
};

}  // namespace attend::runtime
