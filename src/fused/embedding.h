// Rows of an embedding table, with gradients that kernels sum, and rows that several positions of a
// sequence share. In float on the CPU. Internal to this folder.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "fused/packed_weights.h"
#include "network/network.h"

namespace attend::fused {

using network::WordRows;

/// Rows of `table` [vocabulary, units] at `ids` of any shape: [ids…, units], a zero row for
/// negative ids.
at::Tensor embed(const at::Tensor& table, const at::Tensor& ids);

/// The embeddings of the ids [time, batch] of a sequence. Positions with equal ids share a row
/// where at most three quarters of the positions hold distinct ids.
WordRows embed_words(const at::Tensor& table, const at::Tensor& ids);

/// Copies the shared rows of `table` to the first `count` positions of step t: rows [count, units].
/// `index` [time, batch] says which row belongs to a position.
void take_shared_rows(const at::Tensor& index, std::int64_t t, std::size_t count,
                      const at::Tensor& table, kernels::Rows rows);

/// The gradient of `count` shared rows: for each row the sum of the gradients `positions` [time ·
/// batch, units] of all positions that share it.
at::Tensor sum_shared_rows(const at::Tensor& positions, const at::Tensor& index,
                           std::int64_t count);

}  // namespace attend::fused
