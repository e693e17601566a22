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

  // Leaves the gradient of the logits in their place.
  kernels::CrossEntropySums sums(const Tensor& logits,
                                 const kernels::CrossEntropyOptions& options) const {
    const Tensor part = logits.narrow(0, 0, count_);
    products_.forward(inputs_.weight, RowsPerProduct::kBatch)
        .multiply(rows_, inputs_.bias.data_ptr<float>(), rows_of(part), Write::kReplace);
    return kernels::cross_entropy(rows_of(part), static_cast<std::size_t>(count_),
                                  static_cast<std::size_t>(part.size(1)),
                                  inputs_.targets.data_ptr<std::int64_t>() + first_, options);
  }

  // From what sums() left.
  void gather(const Tensor& logits, const Tensor& all_d_rows) const {
    const Tensor d_logits = logits.narrow(0, 0, count_);
    const Tensor d_rows = all_d_rows.narrow(0, first_, count_);
    const Operand operand = products_.operand(d_logits);
    products_.backward(inputs_.weight, RowsPerProduct::kBatch)
        .multiply(operand, nullptr, rows_of(d_rows), Write::kReplace);
    add_product(products_, operand, rows_, inputs_.weight.grad());
    add_column_sums(d_logits, inputs_.bias.grad());
  }

 private:
  Products& products_;
  const LossInputs& inputs_;
  std::int64_t first_, count_;
  Operand rows_;
};

// Calls body(part, logits) for all rows; the logits are one buffer for all parts.
template <class Body>
void for_parts(Products& products, const LossInputs& inputs, Body&& body) {
  ATTEND_CHECK(inputs.rows.is_contiguous() && inputs.targets.is_contiguous());
  const std::int64_t rows = inputs.rows.size(0), vocabulary = inputs.weight.size(0);
  const std::int64_t at_once =
      std::min(rows, std::max(kFewestRows, kLogitsAtOnce / vocabulary / kFewestRows * kFewestRows));
  const Tensor logits = at::empty({at_once, vocabulary}, inputs.rows.options());
  for (std::int64_t first = 0; first < rows; first += at_once) {
    body(Part(products, inputs, first, std::min(at_once, rows - first)), logits);
  }
}

void add(kernels::CrossEntropySums& sums, const kernels::CrossEntropySums& part) {
  sums.cost += part.cost;
  sums.log_likelihood += part.log_likelihood;
}

}  // namespace

NativeLoss native_loss(Products& products, const LossInputs& inputs,
                       const kernels::CrossEntropyOptions& options) {
  ATTEND_CHECK(inputs.weight.grad().defined() && inputs.bias.grad().defined());
  NativeLoss result;
  result.d_rows = at::empty_like(inputs.rows);
  for_parts(products, inputs, [&](const Part& part, const Tensor& logits) {
    add(result.sums, part.sums(logits, options));
    part.gather(logits, result.d_rows);
  });
  return result;
}

kernels::CrossEntropySums native_evaluation(Products& products, const LossInputs& inputs,
                                            const kernels::CrossEntropyOptions& options) {
  kernels::CrossEntropySums sums;
  for_parts(products, inputs,
            [&](const Part& part, const Tensor& logits) { add(sums, part.sums(logits, options)); });
  return sums;
}

}  // namespace attend::train
