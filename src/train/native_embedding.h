// Looking rows of a table up, with a gradient that is summed by a kernel. Internal to this folder.
#pragma once

#include <ATen/ATen.h>

namespace attend::train {

/// Rows of `table` [vocabulary, units] at `ids`, any shape: [ids…, units]. Float on the CPU.
at::Tensor native_embedding(const at::Tensor& table, const at::Tensor& ids);

/// The gradient of `table` from that of the rows [ids, units].
at::Tensor embedding_gradient(const at::Tensor& rows, const at::Tensor& ids,
                              std::int64_t vocabulary);

}  // namespace attend::train
