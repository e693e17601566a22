// The output layer of hard attention (§13.2): log p(y) = log Σ_j π_j softmax(W r_j + b)_y, a
// mixture of the distributions that the positions of a source give.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "runtime/output.h"

namespace attend::runtime {

/// Like OutputRun, but each row has a readout r_j for every position. Positions with π_j = 0 cost
/// nothing. Steps of no more rows and positions than an earlier one allocate nothing. Only one
/// thread at a time may use it.
class MixtureRun {
 public:
  /// Refers to `layer`.
  explicit MixtureRun(const OutputLayer& layer) : layer_(layer) {}

  /// From the next step on, only the `count` (≥ 1) best tokens of each row are kept, as
  /// model::Decoding::keep_best() describes them.
  void keep_best(std::size_t count);

  /// Starts a step, in which mix() must be called once for each row.
  void begin(std::size_t rows);
  /// Scores the tokens of one row: readouts [positions, l], prior π [positions]. If all π_j are 0,
  /// every log-probability is −∞. `normalizers` is [positions], where the positions receive log Σ_y
  /// exp(W_y · r_j + b_y), or 0 if π_j = 0; or it is empty.
  void mix(std::size_t row, std::span<const float> readouts, std::span<const float> prior,
           std::span<float> normalizers);
  /// Sets log_probabilities of `result`, or best and best_count after keep_best(). They are valid
  /// until the next begin().
  void fill(model::StepResult& result);

  /// normalizers_j ← log Σ_y exp(W_y · r_j + b_y): readouts [positions, l], normalizers
  /// [positions].
  void find_normalizers(std::span<const float> readouts, std::span<float> normalizers);
  /// Returns W_y · r + b_y for one token y: readout [l].
  float logit(std::span<const float> readout, text::TokenId token);

 private:
  void gather(std::span<const float> readouts, std::span<const float> prior);
  void find_distributions(std::span<const float> readouts, std::size_t count);
  void mix_distributions(std::span<const float> prior, std::span<float> scores);
  float exact_score(std::span<const float> prior, std::size_t token) const;
  std::size_t positions_at_once() const;

  const OutputLayer& layer_;
  std::size_t best_count_ = 0;  // 0: whole distributions
  std::size_t rows_ = 0;
  std::vector<std::size_t> positions_;  // of the row that is mixed: those with π_j ≠ 0
  kernels::Buffer readouts_, prior_;    // [positions_, l], [positions_]: theirs
  // [positions, vocabulary], [positions, vocabulary] and [positions], for as many of these
  // positions as are computed together.
  kernels::Buffer logits_, probabilities_, normalizers_;
  kernels::Buffer part_;                  // [vocabulary]: scratch
  kernels::Buffer scores_;                // [rows, vocabulary]; of one row after keep_best()
  std::vector<kernels::Ranked> ranked_;   // [best_count]
  std::vector<model::RankedToken> best_;  // [rows, best_count]
};

}  // namespace attend::runtime
