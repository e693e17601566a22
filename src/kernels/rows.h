// Rows of equal size with any distance between them.
#pragma once

#include <cstddef>

namespace attend::kernels {

/// Row r begins at values + r · stride. A stride of 0 repeats one row.
template <class T>
struct BasicRows {
  T* values = nullptr;
  std::size_t stride = 0;

  T* row(std::size_t r) const { return values + r * stride; }
  BasicRows from(std::size_t r) const { return {row(r), stride}; }
  /// These rows from column `c` on.
  BasicRows column(std::size_t c) const { return {values + c, stride}; }
  operator BasicRows<const T>() const { return {values, stride}; }
};

using Rows = BasicRows<float>;
using ConstRows = BasicRows<const float>;

}  // namespace attend::kernels
