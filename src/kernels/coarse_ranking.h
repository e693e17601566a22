// The largest outputs of a product without reading all of its weights.
#pragma once

#include <cstddef>
#include <span>

#include "kernels/coarse_product.h"
#include "kernels/matrix.h"
#include "kernels/ranking.h"

namespace attend::kernels {

/// Ranks every row of y = W x + bias as kernels::rank_log_softmax() does: x [rows, inputs], best
/// [rows, wanted], bias [outputs] or empty. All outputs are computed from `coarse`. Those that may
/// be among the best or are probable are then computed again from `weights`, so the best have the
/// values that weights.multiply() gives. In the normaliser Σ_k exp y_k the terms of less probable
/// outputs stay coarse. This is meant for few rows, whose product takes as long as reading its
/// weights from memory. `coarse` must be a copy of `weights`; `y` [rows, outputs] is scratch
/// memory.
void rank_log_softmax(const Matrix& weights, const CoarseProduct& coarse, std::span<const float> x,
                      std::size_t rows, std::span<const float> bias, std::span<float> y,
                      std::span<Ranked> best);

}  // namespace attend::kernels
