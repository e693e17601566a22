// Memory that grows to what is asked for and is used again and again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <span>

namespace attend::kernels {

/// Floats at a cache line's boundary. Not thread-safe.
class Buffer {
 public:
  /// `size` values; what they are is unknown. What earlier calls returned is lost when the buffer
  /// has to grow, and shared with this call when it has not.
  std::span<float> get(std::size_t size) {
    if (size > capacity_) {
      capacity_ = std::max(size, capacity_ + capacity_ / 2);
      values_.reset();
      values_.reset(new (kAlignment) float[capacity_]);
    }
    return {values_.get(), size};
  }
  std::span<float> zeros(std::size_t size) {
    const std::span<float> values = get(size);
    std::fill(values.begin(), values.end(), 0.0F);
    return values;
  }
  const float* data() const { return values_.get(); }

 private:
  static constexpr std::align_val_t kAlignment{64};
  struct Free {
    void operator()(float* values) const { operator delete[](values, kAlignment); }
  };
  std::unique_ptr<float[], Free> values_;
  std::size_t capacity_ = 0;
};

}  // namespace attend::kernels
