// The largest outputs of a product without reading all of its weights.
#pragma once

#include <cstddef>
#include <span>

#include "kernels/coarse_product.h"
#include "kernels/matrix.h"
#include "kernels/ranking.h"

namespace attend::kernels {

/// What kernels::rank_log_softmax() gives for every row of y = W x + bias: x [rows, inputs], best
/// [rows, wanted]. Outputs are computed from `coarse`, and again from `weights` where they may be
/// among the best, so that these have the values that weights.multiply() gives; only most terms of
/// the normaliser Σ_k exp y_k stay coarse. For few rows, whose product takes as long as its weights
/// take from memory. `coarse` is a copy of the same weights; `y` [rows, outputs] is memory.
void rank_log_softmax(const Matrix& weights, const CoarseProduct& coarse, std::span<const float> x,
                      std::size_t rows, std::span<const float> bias, std::span<float> y,
                      std::span<Ranked> best);

}  // namespace attend::kernels
