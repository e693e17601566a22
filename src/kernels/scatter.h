// Sums of rows by index: the gradient of looking rows of a table up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/rows.h"

namespace attend::kernels {

/// table_{ids[r]} += rows_r for every r in order; rows of `units` values. Ids must be rows of
/// `table`.
void scatter_add(std::span<const std::int64_t> ids, ConstRows rows, std::size_t units, Rows table);

}  // namespace attend::kernels
