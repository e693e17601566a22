#include "train/products.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/base.h"

namespace attend::train {

using at::Tensor;
using kernels::Operand;
using kernels::RowsPerProduct;
using kernels::TrainingProduct;

namespace {

std::size_t size(std::int64_t value) { return static_cast<std::size_t>(value); }

}  // namespace

kernels::Rows rows_of(const Tensor& matrix) {
  ATTEND_CHECK(matrix.dim() == 2 && (matrix.stride(1) == 1 || matrix.size(1) == 1));
  return {matrix.data_ptr<float>(), size(matrix.stride(0))};
}

kernels::Rows rows_at(const Tensor& sequence, std::int64_t t) {
  ATTEND_CHECK(sequence.dim() == 3 && sequence.is_contiguous());
  return {sequence.data_ptr<float>() + t * sequence.stride(0), size(sequence.size(2))};
}

const TrainingProduct& Products::get(const Tensor& block, bool transposed, RowsPerProduct rows) {
  ATTEND_CHECK(block.dim() == 2);
  const int outputs = transposed ? 1 : 0, inputs = 1 - outputs;
  const float* values = block.data_ptr<float>();
  const Key key{reinterpret_cast<std::int64_t>(values),
                block.size(outputs),
                block.size(inputs),
                block.stride(outputs),
                block.stride(inputs),
                static_cast<std::int64_t>(rows)};
  const std::lock_guard lock(mutex_);
  const auto found = products_.find(key);
  if (found != products_.end()) return found->second;
  TrainingProduct product(code_, precision_, rows, values, size(key[1]), size(key[2]),
                          {size(key[3]), size(key[4])});
  return products_.emplace(key, std::move(product)).first->second;
}

const TrainingProduct& Products::forward(const Tensor& block, RowsPerProduct rows) {
  return get(block, false, rows);
}

const TrainingProduct& Products::backward(const Tensor& block, RowsPerProduct rows) {
  return get(block, true, rows);
}

Operand Products::operand(const Tensor& matrix) const {
  return {precision_, rows_of(matrix), size(matrix.size(0)), size(matrix.size(1))};
}

void Products::refresh(Workers& workers) {
  std::vector<std::vector<TrainingProduct*>> shares(size(workers.count()));
  std::vector<std::int64_t> loads(shares.size(), 0);
  for (auto& [key, product] : products_) {
    const auto lightest = std::min_element(loads.begin(), loads.end()) - loads.begin();
    loads[size(lightest)] += key[1] * key[2];
    shares[size(lightest)].push_back(&product);
  }
  workers.run([&](int index) {
    for (TrainingProduct* product : shares[size(index)]) product->pack();
  });
}

void Products::refresh() {
  for (auto& [key, product] : products_) product.pack();
}

WeightGradient::WeightGradient(const Tensor& weight)
    : in_place_(weight.is_leaf() && weight.requires_grad() && weight.grad().defined()),
      sum_(in_place_ ? weight.grad()
                     : at::zeros(weight.sizes(), weight.options().requires_grad(false))) {}

void add_product(const Products& products, const Operand& a, const Operand& b,
                 const Tensor& gradient) {
  ATTEND_CHECK(gradient.size(0) == static_cast<std::int64_t>(a.units()) &&
               gradient.size(1) == static_cast<std::int64_t>(b.units()));
  kernels::gradient_product(products.code(), a, b, rows_of(gradient), kernels::Write::kAdd);
}

}  // namespace attend::train
