#include "train/native_loss.h"

#include <algorithm>

#include "base/base.h"

namespace attend::train {

using at::Tensor;
using kernels::Operand;
using kernels::RowsPerProduct;
using kernels::Write;

namespace {

// Logits that exist at once: enough rows for products to be fast, no more memory than a batch has
// otherwise.
constexpr std::int64_t kLogitsAtOnce = std::int64_t{1} << 22;
constexpr std::int64_t kFewestRows = 64;

// The loss of some rows.
class Part {
 public:
  Part(Products& products, const LossInputs& inputs, std::int64_t first, std::int64_t count)
      : products_(products),
        inputs_(inputs),
        first_(first),
        count_(count),
        rows_(products.operand(inputs.rows.narrow(0, first, count))) {}

  kernels::CrossEntropySums run(const Tensor& logits, const Tensor& d_rows,
                                const kernels::CrossEntropyOptions& options) const {
    const Tensor part = logits.narrow(0, 0, count_);
    products_.forward(inputs_.weight, RowsPerProduct::kBatch)
        .multiply(rows_, inputs_.bias.data_ptr<float>(), rows_of(part), Write::kReplace);
    const kernels::CrossEntropySums sums = kernels::cross_entropy(
        rows_of(part), static_cast<std::size_t>(count_), static_cast<std::size_t>(part.size(1)),
        inputs_.targets.data_ptr<std::int64_t>() + first_, options);
    gather(part, d_rows.narrow(0, first_, count_));
    return sums;
  }

 private:
  // `d_logits` are what cross_entropy left of the logits.
  void gather(const Tensor& d_logits, const Tensor& d_rows) const {
    const Operand operand = products_.operand(d_logits);
    products_.backward(inputs_.weight, RowsPerProduct::kBatch)
        .multiply(operand, nullptr, rows_of(d_rows), Write::kReplace);
    add_product(products_, operand, rows_, inputs_.weight.grad());
    inputs_.bias.grad().add_(d_logits.sum(0));
  }

  Products& products_;
  const LossInputs& inputs_;
  std::int64_t first_, count_;
  Operand rows_;
};

}  // namespace

NativeLoss native_loss(Products& products, const LossInputs& inputs,
                       const kernels::CrossEntropyOptions& options) {
  ATTEND_CHECK(inputs.weight.grad().defined() && inputs.bias.grad().defined());
  ATTEND_CHECK(inputs.rows.is_contiguous() && inputs.targets.is_contiguous());
  const std::int64_t rows = inputs.rows.size(0), vocabulary = inputs.weight.size(0);
  const std::int64_t at_once =
      std::min(rows, std::max(kFewestRows, kLogitsAtOnce / vocabulary / kFewestRows * kFewestRows));
  const Tensor logits = at::empty({at_once, vocabulary}, inputs.rows.options());
  NativeLoss result;
  result.d_rows = at::empty_like(inputs.rows);
  for (std::int64_t first = 0; first < rows; first += at_once) {
    const Part part(products, inputs, first, std::min(at_once, rows - first));
    const kernels::CrossEntropySums sums = part.run(logits, result.d_rows, options);
    result.sums.cost += sums.cost;
    result.sums.log_likelihood += sums.log_likelihood;
  }
  return result;
}

}  // namespace attend::train
