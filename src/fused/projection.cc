// Words that share a row are projected and normalised once; so are their gradients, after a sum.
#include "fused/projection.h"

namespace attend::fused {

using at::Tensor;
using kernels::PackedRows;
using kernels::RowsPerProduct;
using kernels::Write;

ProjectionPass::ProjectionPass(const std::shared_ptr<ShardMatrices>& matrices,
                               const CellShape& shape, const CellTensors& cell,
                               const SeenRows& seen)
    : matrices_(matrices), shape_(shape), cell_(cell), seen_(seen) {}

// W x + bias, which may be undefined.
Tensor ProjectionPass::multiply(const Tensor& bias) const {
  const Tensor& weight = cell_.input_weight;
  if (seen_.one_hot()) {  // a column of W for each word
    const Tensor table = weight.t().clone(at::MemoryFormat::Contiguous);
    return bias.defined() ? table.add_(bias) : table;
  }
  const Tensor rows = at::empty({seen_.words.rows.size(0), shape_.gate_units()},
                                weight.options().requires_grad(false));
  matrices_->forward(weight, RowsPerProduct::kBatch)
      .multiply(*seen_.packed, bias.defined() ? bias.data_ptr<float>() : nullptr, rows_of(rows),
                Write::kReplace);
  return rows;
}

kernels::NormSizes ProjectionPass::norm_sizes() const {
  return {to_size(normal_.size(0)), to_size(shape_.config.gate_count()), to_size(shape_.units)};
}

Tensor ProjectionPass::project() {
  if (!cell_.input_gain.defined()) return multiply(cell_.bias);
  normal_ = multiply({});
  scales_ = at::empty({normal_.size(0), shape_.config.gate_count()}, normal_.options());
  const Tensor sums = cell_.bias.expand_as(normal_).clone(at::MemoryFormat::Contiguous);
  kernels::layer_norm_forward(norm_sizes(), rows_of(normal_), span_of(cell_.input_gain),
                              rows_of(scales_), rows_of(sums));
  return sums;
}

ProjectionPass::Gradients ProjectionPass::gather(const Tensor& d_sums,
                                                 const std::optional<PackedRows>& packed_d_sums,
                                                 const Tensor& d_seen, Write write) const {
  const WeightGradient d_weight(cell_.input_weight), d_bias(cell_.bias);
  Gradients result;
  const bool shared = seen_.words.shared(), normalised = cell_.input_gain.defined();
  Tensor d_rows = d_sums;
  if (shared) {
    const std::int64_t rows =
        seen_.one_hot() ? cell_.input_weight.size(1) : seen_.words.rows.size(0);
    d_rows = sum_shared_rows(d_sums, seen_.words.index, rows);
  }
  add_column_sums(d_rows, d_bias.sum());
  if (normalised) {
    const WeightGradient d_gain(cell_.input_gain);
    kernels::layer_norm_backward(norm_sizes(), rows_of(d_rows), span_of(cell_.input_gain),
                                 rows_of(scales_), rows_of(normal_), span_of(d_gain.sum()));
    result.gain = d_gain.result();
    d_rows = normal_;
  }
  result.weight = d_weight.result();
  result.bias = d_bias.result();
  if (seen_.one_hot()) {
    d_weight.sum().add_(d_rows.t());
    return result;
  }
  const bool own = shared || normalised || !packed_d_sums;
  const PackedRows packed = own ? matrices_->pack(d_rows) : *packed_d_sums;
  add_product(*matrices_, packed, *seen_.packed, d_weight.sum());
  if (d_seen.defined()) {
    matrices_->backward(cell_.input_weight, RowsPerProduct::kBatch)
        .multiply(packed, nullptr, rows_of(d_seen), write);
  }
  return result;
}

}  // namespace attend::fused
