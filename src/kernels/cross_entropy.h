// The loss of training: softmax, cross-entropy with label smoothing, and their gradient in one.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/rows.h"

namespace attend::kernels {

struct CrossEntropyOptions {
  double smoothing = 0.0;  ///< ε: this share of the target is spread over the vocabulary
  double scale = 1.0;      ///< of the gradient
};

struct CrossEntropySums {
  double cost = 0;            ///< Σ −(1 − ε) log p(y) − ε/V Σ_k log p(k), not scaled
  double log_likelihood = 0;  ///< Σ log p(y)
};

/// `logits` holds `count` rows of `vocabulary` values, targets [count] ids below that. Each row
/// becomes scale · (p − (1 − ε) 1_y − ε/V), the gradient of the scaled cost.
CrossEntropySums cross_entropy(Rows logits, std::size_t count, std::size_t vocabulary,
                               const std::int64_t* targets, const CrossEntropyOptions& options);

}  // namespace attend::kernels
