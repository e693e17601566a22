#include "runtime/tensors.h"

#include <algorithm>

#include "base/base.h"

namespace attend::runtime {

const model::TensorView& Tensors::get(const std::string& name) const {
  return weights_.get(prefix_ + "." + name);  // ModelError when it is missing
}

std::span<const float> Tensors::values(const std::string& name) const {
  return weights_.contains(prefix_ + "." + name) ? get(name).values : std::span<const float>();
}

std::size_t Tensors::rows(const std::string& name) const {
  return static_cast<std::size_t>(get(name).shape.at(0));
}

std::size_t Tensors::columns(const std::string& name) const {
  return static_cast<std::size_t>(get(name).shape.at(1));
}

kernels::WeightView Tensors::view(const std::string& name, const Block& block) const {
  const model::TensorView& tensor = get(name);
  const std::size_t stride = columns(name);
  const std::size_t rows = std::min(block.rows, this->rows(name) - block.first_row);
  const std::size_t width = std::min(block.columns, stride - block.first_column);
  kernels::WeightView view{tensor.values.data() + block.first_row * stride + block.first_column,
                           rows, width, stride};
  if (!tensor.scales.empty()) view.scales = tensor.scales.subspan(block.first_row, rows);
  return view;
}

kernels::Matrix Tensors::matrix(const std::string& name, const Block& block) const {
  return {view(name, block), precision_};
}

kernels::CoarseProduct Tensors::coarse(const std::string& name) const {
  return {view(name, {}), precision_};
}

void copy(std::span<const float> from, std::span<float> to) {
  ATTEND_CHECK_EQ(from.size(), to.size());
  std::copy(from.begin(), from.end(), to.begin());
}

}  // namespace attend::runtime
