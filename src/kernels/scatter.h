// Rows of a table looked up, and the sums of rows that are the gradients of tables and of biases.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/rows.h"

namespace attend::kernels {

/// rows_r ← table_{ids[r]} for every r, or 0 where ids[r] < 0; rows of `units` values. Other ids
/// must be rows of `table`.
void gather(std::span<const std::int64_t> ids, ConstRows table, std::size_t units, Rows rows);

/// table_{ids[r]} += rows_r for every r in order but those with ids[r] < 0.
void scatter_add(std::span<const std::int64_t> ids, ConstRows rows, std::size_t units, Rows table);

/// sums [units] += Σ_r rows_r over `count` rows. `rows` and `sums` do not overlap.
void add_column_sums(ConstRows rows, std::size_t count, std::size_t units, float* sums);

}  // namespace attend::kernels
