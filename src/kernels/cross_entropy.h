// The training loss: softmax, cross-entropy with label smoothing, and the gradient, in one pass.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/rows.h"

namespace attend::kernels {

struct CrossEntropyOptions {
  double smoothing = 0.0;  ///< ε: the share of the target spread over the vocabulary
  double scale = 1.0;      ///< factor of the gradient
};

struct CrossEntropySums {
  double cost = 0;            ///< Σ −(1 − ε) log p(y) − ε/V Σ_k log p(k), not scaled
  double log_likelihood = 0;  ///< Σ log p(y)
};

/// `logits` holds `count` rows of `vocabulary` values; targets [count] are ids below `vocabulary`.
/// Each row of logits becomes scale · (p − (1 − ε) 1_y − ε/V), the gradient of the scaled cost.
/// Returns the sums over all rows.
CrossEntropySums cross_entropy(Rows logits, std::size_t count, std::size_t vocabulary,
                               const std::int64_t* targets, const CrossEntropyOptions& options);

}  // namespace attend::kernels
