// Rows of an embedding table, with gradients that kernels sum, and rows that several positions of a
// sequence share. In float on the CPU. Internal to this folder.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "fused/packed_weights.h"
#include "network/network.h"

namespace attend::fused {

using network::WordRows;

/// Returns the rows of `table` [vocabulary, units] at `ids` of any shape: [ids…, units], with a
/// zero row for a negative id.
at::Tensor embed(const at::Tensor& table, const at::Tensor& ids);

/// Returns the mean of the rows of `table` [vocabulary, units] at the ids of each group: [groups,
/// units]. Arguments as those of network::Operations::embedding_means().
at::Tensor embed_means(const at::Tensor& table, const at::Tensor& ids, const at::Tensor& groups,
                       const at::Tensor& counts);

/// Returns the embeddings of the ids [time, batch] of a sequence. If the sequence has at most
/// three quarters as many distinct ids as positions, all positions with equal ids share a row;
/// otherwise no positions share one.
WordRows embed_words(const at::Tensor& table, const at::Tensor& ids);

/// Copies the shared rows of `table` to the first `count` positions of step t: rows [count, units].
/// `index` [time, batch] says which row belongs to a position.
void take_shared_rows(const at::Tensor& index, std::int64_t t, std::size_t count,
                      const at::Tensor& table, kernels::Rows rows);

/// Adds to the rows of all positions [time · batch, units] their shared rows of `table`.
void add_shared_rows(const at::Tensor& index, const at::Tensor& table, kernels::Rows rows);

/// Returns the gradient of `count` shared rows: for each row the sum of the gradients `positions`
/// [time · batch, units] of all positions that share it.
at::Tensor sum_shared_rows(const at::Tensor& positions, const at::Tensor& index,
                           std::int64_t count);

}  // namespace attend::fused
