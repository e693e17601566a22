#include "runtime/tensors.h"

#include <algorithm>

#include "base/base.h"

namespace attend::runtime {

const model::TensorView& Tensors::get(const std::string& name) const {
  return weights_.get(prefix_ + "." + name);
}

std::span<const float> Tensors::values(const std::string& name) const {
  return weights_.contains(prefix_ + "." + name) ? get(name).values : std::span<const float>();
}

kernels::Matrix Tensors::matrix(const std::string& name) const {
  return matrix(name, 0, static_cast<std::size_t>(get(name).shape.at(0)));
}

kernels::Matrix Tensors::matrix(const std::string& name, std::size_t first,
                                std::size_t count) const {
  const model::TensorView& tensor = get(name);
  const auto columns = static_cast<std::size_t>(tensor.shape.at(1));
  return {tensor.values.subspan(first * columns, count * columns), count, columns};
}

void copy(std::span<const float> from, std::span<float> to) {
  ATTEND_CHECK_EQ(from.size(), to.size());
  std::copy(from.begin(), from.end(), to.begin());
}

}  // namespace attend::runtime
