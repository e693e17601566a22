#include "fused/linear.h"

#include "base/base.h"
#include "fused/differentiate.h"

namespace attend::fused {
namespace {

using at::Tensor;
using kernels::PackedRows;
using kernels::RowsPerProduct;
using kernels::Write;
using network::Activation;

// One part x_k of the input.
struct Part {
  WordRows words;     // detached and contiguous: packed float32 rows point into them
  bool asks = false;  // whether the part requires a gradient
  PackedRows packed;
  std::int64_t column = 0;  // the first of its columns in the weights

  Tensor block(const Tensor& matrix) const { return matrix.narrow(1, column, words.rows.size(1)); }
};

// The forward pass, kept for the backward pass.
struct Pass {
  std::shared_ptr<ShardMatrices> matrices;
  Activation activation = Activation::kNone;
  std::vector<Part> parts;
  std::size_t first = 0;  // the part that is multiplied first: one that shares rows, if any does
  Tensor weight, bias;
  Tensor result;  // detached

  void add(std::size_t k) const;
  void run();
};

// Adds W_k x_k to the result; the first part sets it, with the bias.
void Pass::add(std::size_t k) const {
  const Part& part = parts[k];
  const float* b = k == first && bias.defined() ? bias.data_ptr<float>() : nullptr;
  const bool shared = part.words.shared();
  const Tensor rows =
      shared ? at::empty({part.words.rows.size(0), result.size(1)}, result.options()) : result;
  matrices->forward(part.block(weight), RowsPerProduct::kBatch)
      .multiply(part.packed, b, rows_of(rows),
                shared || k == first ? Write::kReplace : Write::kAdd);
  if (!shared) return;
  if (k != first) return add_shared_rows(part.words.index, rows, rows_of(result));
  take_shared_rows(part.words.index.view({1, -1}), 0, to_size(result.size(0)), rows,
                   rows_of(result));
}

void Pass::run() {
  add(first);
  for (std::size_t k = 0; k < parts.size(); ++k) {
    if (k != first) add(k);
  }
  if (activation == Activation::kTanh) kernels::tanh(span_of(result));
}

void set_parts(Pass& pass, const std::vector<WordRows>& parts, std::int64_t first_column) {
  std::int64_t column = first_column;
  for (std::size_t k = 0; k < parts.size(); ++k) {
    const Tensor rows = parts[k].rows.detach().contiguous();
    pass.parts.push_back(
        {{rows, parts[k].index}, parts[k].rows.requires_grad(), pass.matrices->pack(rows), column});
    column += rows.size(1);
    if (parts[k].shared()) pass.first = k;
  }
}

// The gradients of all arguments.
struct Backward {
  Backward(const Pass& pass, const Tensor& d_outer);
  std::vector<Tensor> d_parts;  // undefined for a part that requires no gradient
  Tensor d_weight, d_bias;
};

Backward::Backward(const Pass& pass, const Tensor& d_outer) {
  Tensor d_result = d_outer.contiguous();
  if (pass.activation == Activation::kTanh) d_result = at::tanh_backward(d_result, pass.result);
  const PackedRows packed_d_result = pass.matrices->pack(d_result);
  const WeightGradient weight(pass.weight);
  if (pass.bias.defined()) {
    const WeightGradient gradient(pass.bias);
    add_column_sums(d_result, gradient.sum());
    d_bias = gradient.result();
  }
  for (const Part& part : pass.parts) {
    const WordRows& words = part.words;
    const Tensor sums =
        words.shared() ? sum_shared_rows(d_result, words.index, words.rows.size(0)) : d_result;
    const PackedRows packed = words.shared() ? pass.matrices->pack(sums) : packed_d_result;
    add_product(*pass.matrices, packed, part.packed, part.block(weight.sum()));
    Tensor& d_part = d_parts.emplace_back();
    if (!part.asks) continue;
    d_part = at::empty_like(words.rows);
    pass.matrices->backward(part.block(pass.weight), RowsPerProduct::kBatch)
        .multiply(packed, nullptr, rows_of(d_part), Write::kReplace);
  }
  d_weight = weight.result();
}

}  // namespace

Tensor linear(const std::shared_ptr<ShardMatrices>& matrices, const std::vector<WordRows>& parts,
              const Tensor& weight, const Tensor& bias, Activation activation,
              std::int64_t first_column) {
  ATTEND_CHECK(!parts.empty());
  const auto pass = std::make_shared<Pass>();
  pass->matrices = matrices;
  pass->activation = activation;
  pass->weight = weight;
  pass->bias = bias;
  std::vector<Tensor> results;
  {
    const at::NoGradGuard no_gradient;
    set_parts(*pass, parts, first_column);
    const WordRows& first = pass->parts[pass->first].words;
    const std::int64_t positions = first.shared() ? first.index.numel() : first.rows.size(0);
    results.push_back(
        at::empty({positions, weight.size(0)}, weight.options().requires_grad(false)));
    pass->result = results[0].detach();
    pass->run();
  }
  std::vector<Argument<Backward>> arguments{
      {weight, [](const Backward& backward) { return backward.d_weight; }},
      {bias, [](const Backward& backward) { return backward.d_bias; }}};
  for (std::size_t k = 0; k < parts.size(); ++k) {
    arguments.push_back(
        {parts[k].rows, [k](const Backward& backward) { return backward.d_parts[k]; }});
  }
  differentiate<Backward>(arguments, results, [pass](std::vector<Tensor>&& gradients) {
    return std::make_shared<const Backward>(*pass, gradients[0]);
  });
  return results[0];
}

}  // namespace attend::fused
