// Copies rows to and from a table and sums rows: the gradients of table look-ups and of biases.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/rows.h"

namespace attend::kernels {

/// table_{ids[r]} ← rows_r for every r: rows [ids.size(), units]. Every id must be a row of
/// `table`, whose rows may be wider than `units`.
void copy_rows(std::span<const float> rows, std::size_t units, std::span<const std::int32_t> ids,
               Rows table);

/// rows_r ← table_{ids[r]} for every r, or 0 where ids[r] < 0; a row has `units` values. An id that
/// is not negative must be a row of `table`.
void gather(std::span<const std::int64_t> ids, ConstRows table, std::size_t units, Rows rows);

/// table_{ids[r]} += rows_r for every r, in order; rows with ids[r] < 0 are skipped.
void scatter_add(std::span<const std::int64_t> ids, ConstRows rows, std::size_t units, Rows table);

/// sums_k ← Σ_{r: ids[r] = k} rows_r for k = 0 … count − 1, in order. Ids must be below `count`;
/// negative ones are skipped.
void scatter_sums(std::span<const std::int64_t> ids, ConstRows rows, std::size_t units,
                  std::size_t count, Rows sums);

/// sums [units] += Σ_r rows_r over `count` rows. `rows` and `sums` do not overlap.
void add_column_sums(ConstRows rows, std::size_t count, std::size_t units, float* sums);

}  // namespace attend::kernels
