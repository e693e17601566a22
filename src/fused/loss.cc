#include "fused/loss.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/base.h"
#include "fused/differentiate.h"

namespace attend::fused {

using at::Tensor;
using kernels::PackedRows;
using kernels::RowsPerProduct;
using kernels::Write;

namespace {

// The number of logits that exist at once. There are enough rows for products to be fast, and the
// logits take no more memory than a batch needs otherwise.
constexpr std::int64_t kLogitsAtOnce = std::int64_t{1} << 22;
constexpr std::int64_t kFewestRows = 64;
constexpr std::int64_t kRowsInCache = 8;

kernels::CrossEntropyOptions kernel_options(const network::LossOptions& options) {
  return {options.label_smoothing, options.scale};
}

template <class Sums>
void add(network::LossSums& sums, const Sums& part) {
  sums.cost += part.cost;
  sums.log_likelihood += part.log_likelihood;
}

// The loss of rows [first, first + count) of a batch.
class Part {
 public:
  Part(ShardMatrices& matrices, const network::LossInputs& inputs, std::int64_t first,
       std::int64_t count)
      : matrices_(matrices),
        inputs_(inputs),
        first_(first),
        count_(count),
        rows_(matrices.pack(inputs.rows.narrow(0, first, count))) {}

  // Computes the sums of the loss and replaces the logits by their gradient. Calls done(first,
  // count) for rows of the part while they are in a cache.
  template <class Done>
  network::LossSums sums(const Tensor& logits, const network::LossOptions& options,
                         Done&& done) const {
    const kernels::Rows part = multiply(logits);
    const std::int64_t* targets = this->targets();
    network::LossSums sums;
    for (std::int64_t row = 0; row < count_; row += kRowsInCache) {
      const std::int64_t count = std::min(kRowsInCache, count_ - row);
      add(sums,
          kernels::cross_entropy(part.from(to_size(row)), to_size(count), to_size(logits.size(1)),
                                 targets + row, kernel_options(options)));
      done(to_size(row), to_size(count));
    }
    return sums;
  }

  // Computes the sums of the loss, adds to the gradients of weight and bias, and writes the
  // gradient of the rows to `all_d_rows`.
  network::LossSums gradient(const Tensor& logits, const network::LossOptions& options,
                             const Tensor& all_d_rows) const {
    const std::size_t vocabulary = to_size(logits.size(1));
    const kernels::Rows part = rows_of(logits);
    PackedRows d_logits =
        PackedRows::unpacked(matrices_.precision(), part, to_size(count_), vocabulary);
    float* d_bias = inputs_.bias.grad().data_ptr<float>();
    const network::LossSums result =
        sums(logits, options, [&](std::size_t first, std::size_t count) {
          kernels::add_column_sums(part.from(first), count, vocabulary, d_bias);
          d_logits.pack(first, count);
        });
    matrices_.backward(inputs_.weight, RowsPerProduct::kBatch)
        .multiply(d_logits, nullptr, rows_of(all_d_rows.narrow(0, first_, count_)),
                  Write::kReplace);
    if (!inputs_.weight.requires_grad()) return result;  // a frozen embedding, which is tied
    // This product must run now, because the logits of the next rows will replace d_logits.
    kernels::gradient_product(matrices_.primitives(), d_logits, rows_,
                              rows_of(inputs_.weight.grad()), Write::kAdd);
    return result;
  }

  // Writes log p of each target to its row of `all_scores` [tokens].
  void token_scores(const Tensor& logits, const Tensor& all_scores) const {
    const kernels::Rows part = multiply(logits);
    float* scores = all_scores.data_ptr<float>() + first_;
    for (std::int64_t row = 0; row < count_; ++row) {
      const auto one = kernels::cross_entropy(part.from(to_size(row)), 1, to_size(logits.size(1)),
                                              targets() + row, kernels::CrossEntropyOptions{});
      scores[row] = static_cast<float>(one.log_likelihood);
    }
  }

  // The backward pass of token_scores(): d_scores [tokens] is its outer gradient. Adds to d_weight
  // and d_bias, and writes d_rows.
  void token_gradient(const Tensor& logits, const Tensor& d_scores, const Tensor& all_d_rows,
                      const Tensor& d_weight, const Tensor& d_bias) const {
    const std::size_t vocabulary = to_size(logits.size(1));
    sums(logits, {}, [](std::size_t, std::size_t) {});  // leaves softmax − 1_y of each row
    const Tensor d_logits = logits.narrow(0, 0, count_);
    d_logits.mul_(d_scores.narrow(0, first_, count_).neg().unsqueeze(1));
    const kernels::Rows part = rows_of(logits);
    PackedRows packed =
        PackedRows::unpacked(matrices_.precision(), part, to_size(count_), vocabulary);
    kernels::add_column_sums(part, to_size(count_), vocabulary, d_bias.data_ptr<float>());
    packed.pack(0, to_size(count_));
    matrices_.backward(inputs_.weight, RowsPerProduct::kBatch)
        .multiply(packed, nullptr, rows_of(all_d_rows.narrow(0, first_, count_)), Write::kReplace);
    kernels::gradient_product(matrices_.primitives(), packed, rows_, rows_of(d_weight),
                              Write::kAdd);
  }

 private:
  kernels::Rows multiply(const Tensor& logits) const {
    const kernels::Rows part = rows_of(logits);
    matrices_.forward(inputs_.weight, RowsPerProduct::kBatch)
        .multiply(rows_, inputs_.bias.data_ptr<float>(), part, Write::kReplace);
    return part;
  }
  const std::int64_t* targets() const { return inputs_.targets.data_ptr<std::int64_t>() + first_; }

  ShardMatrices& matrices_;
  const network::LossInputs& inputs_;
  std::int64_t first_, count_;
  PackedRows rows_;
};

// Calls body(part, logits) for all rows, part by part. All parts use one buffer of logits.
template <class Body>
void for_parts(ShardMatrices& matrices, const network::LossInputs& inputs, Body&& body) {
  ATTEND_CHECK(inputs.rows.is_contiguous() && inputs.targets.is_contiguous());
  const std::int64_t rows = inputs.rows.size(0), vocabulary = inputs.weight.size(0);
  const std::int64_t most = std::max(kFewestRows, kLogitsAtOnce / vocabulary);
  const std::int64_t parts = std::max<std::int64_t>(1, (rows + most - 1) / most);
  const std::int64_t at_once = (rows + parts - 1) / parts;
  const Tensor logits = at::empty({at_once, vocabulary}, inputs.rows.options());
  for (std::int64_t first = 0; first < rows; first += at_once) {
    body(Part(matrices, inputs, first, std::min(at_once, rows - first)), logits);
  }
}

// Computes the loss of all rows at once in bfloat16 with tiles. The logits are not stored; d_logits
// and scales are kept instead, because the gradients are products of them.
Loss loss_by_tiles(ShardMatrices& matrices, const network::LossInputs& inputs,
                   const network::LossOptions& options) {
  const auto& forward = matrices.forward(inputs.weight, RowsPerProduct::kBatch);
  const kernels::LogitGradient logits =
      forward.cross_entropy(matrices.pack(inputs.rows), inputs.bias.data_ptr<float>(),
                            inputs.targets.data_ptr<std::int64_t>(), kernel_options(options),
                            inputs.bias.grad().data_ptr<float>(), matrices.logit_memory());
  const Tensor scales = at::empty({inputs.rows.size(0), 1}, inputs.rows.options());
  std::ranges::copy(logits.scales, scales.data_ptr<float>());
  Loss result{{logits.sums.cost, logits.sums.log_likelihood}, at::empty_like(inputs.rows)};
  matrices.backward(inputs.weight, RowsPerProduct::kBatch)
      .multiply(logits.d_logits, nullptr, rows_of(result.d_rows), Write::kReplace);
  result.d_rows.mul_(scales);
  if (!inputs.weight.requires_grad()) return result;  // a frozen embedding, which is tied
  const PackedRows scaled_rows = matrices.pack(inputs.rows * scales);
  if (inputs.tied) {
    kernels::gradient_product(matrices.primitives(), logits.d_logits, scaled_rows,
                              rows_of(inputs.weight.grad()), Write::kAdd);
  } else {
    add_product(matrices, logits.d_logits, scaled_rows, inputs.weight.grad());
  }
  return result;
}

}  // namespace

Loss accumulate_loss(ShardMatrices& matrices, const network::LossInputs& given,
                     const network::LossOptions& options) {
  network::LossInputs inputs = given;
  inputs.rows = given.rows.detach();
  ATTEND_CHECK(!inputs.weight.requires_grad() || inputs.weight.grad().defined());
  ATTEND_CHECK(inputs.bias.grad().defined());
  ATTEND_CHECK(inputs.rows.is_contiguous() && inputs.targets.is_contiguous());
  if (kernels::keeps_logit_gradient(matrices.precision(), to_size(inputs.weight.size(0)))) {
    return loss_by_tiles(matrices, inputs, options);
  }
  Loss result;
  result.d_rows = at::empty_like(inputs.rows);
  for_parts(matrices, inputs, [&](const Part& part, const Tensor& logits) {
    add(result.sums, part.gradient(logits, options, result.d_rows));
  });
  return result;
}

Tensor token_log_probabilities(const std::shared_ptr<ShardMatrices>& matrices,
                               const network::LossInputs& given) {
  network::LossInputs inputs = given;
  inputs.rows = given.rows.detach();
  std::vector<Tensor> results;
  {
    const at::NoGradGuard no_gradient;
    results.push_back(at::empty({inputs.rows.size(0)}, inputs.rows.options()));
    for_parts(*matrices, inputs, [&](const Part& part, const Tensor& logits) {
      part.token_scores(logits, results[0]);
    });
  }
  differentiate({given.rows, given.weight, given.bias}, results,
                [matrices, inputs](std::vector<Tensor>&& outer) {
                  const at::NoGradGuard no_gradient;
                  const Tensor d_scores = outer[0].contiguous();
                  const Tensor d_rows = at::empty_like(inputs.rows);
                  const WeightGradient d_weight(inputs.weight), d_bias(inputs.bias);
                  for_parts(*matrices, inputs, [&](const Part& part, const Tensor& logits) {
                    part.token_gradient(logits, d_scores, d_rows, d_weight.sum(), d_bias.sum());
                  });
                  return std::vector<Tensor>{d_rows, d_weight.result(), d_bias.result()};
                });
  return results[0];
}

network::LossSums evaluate_loss(ShardMatrices& matrices, const network::LossInputs& inputs,
                                const network::LossOptions& options) {
  network::LossSums sums;
  for_parts(matrices, inputs, [&](const Part& part, const Tensor& logits) {
    add(sums, part.sums(logits, options, [](std::size_t, std::size_t) {}));
  });
  return sums;
}

}  // namespace attend::fused
