// The largest outputs of a product without reading all of its weights.
#pragma once

#include <cstddef>
#include <span>

#include "kernels/coarse_product.h"
#include "kernels/matrix.h"
#include "kernels/ranking.h"

namespace attend::kernels {

/// Ranks every row of y = W x + bias as kernels::rank_log_softmax() does: x [rows, inputs], best
/// [rows, wanted], bias [outputs] or empty. Outputs are computed from `coarse`, and again from
/// `weights` where they may be among the best, so the best have the values that weights.multiply()
/// gives; only most terms of the normaliser Σ_k exp y_k stay coarse. Meant for few rows, whose
/// product takes as long as reading its weights from memory. `coarse` must be a copy of `weights`;
/// `y` [rows, outputs] is scratch memory.
void rank_log_softmax(const Matrix& weights, const CoarseProduct& coarse, std::span<const float> x,
                      std::size_t rows, std::span<const float> bias, std::span<float> y,
                      std::span<Ranked> best);

}  // namespace attend::kernels
