// Looking rows of a table up, with a gradient that is summed by a kernel, and what several
// positions with the same word share. Internal to this folder.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "train/packed_weights.h"

namespace attend::train {

/// Rows of `table` [vocabulary, units] at `ids`, any shape: [ids…, units], 0 for negative ids.
/// Float on the CPU.
at::Tensor native_embedding(const at::Tensor& table, const at::Tensor& ids);

/// What the positions of a sequence multiply: a row each, or one for all positions of a word.
struct WordRows {
  at::Tensor rows;   // [time · batch, units]; with an index [distinct, units]
  at::Tensor index;  // [time, batch]: the position's row, contiguous; undefined: its own

  bool defined() const { return rows.defined(); }
  bool shared() const { return index.defined(); }
};

/// native_embedding of the ids [time, batch] of a sequence. Positions with equal ids share a row
/// where there are enough of them.
WordRows embed_words(const at::Tensor& table, const at::Tensor& ids);

/// Rows of step t of a sequence [time, batch] of positions ← those rows of `table` that they share;
/// the first `count` of the batch.
void take_shared_rows(const at::Tensor& index, std::int64_t t, std::size_t count,
                      const at::Tensor& table, kernels::Rows rows);

/// The gradient of `count` shared rows: the sum of those of their positions [time · batch, units].
at::Tensor sum_shared_rows(const at::Tensor& positions, const at::Tensor& index,
                           std::int64_t count);

}  // namespace attend::train
