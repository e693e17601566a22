// Memory that grows to what is asked for and is used again and again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
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
      memory_.reset();
      memory_.reset(new float[capacity_ + kLine]);
      const auto address = reinterpret_cast<std::uintptr_t>(memory_.get());
      values_ = memory_.get() + (kLine - address / sizeof(float) % kLine) % kLine;
    }
    return {values_, size};
  }
  std::span<float> zeros(std::size_t size) {
    const std::span<float> values = get(size);
    std::fill(values.begin(), values.end(), 0.0F);
    return values;
  }
  const float* data() const { return values_; }

 private:
  static constexpr std::size_t kLine = 64 / sizeof(float);  // floats of a cache line

  // Aligned by hand: the library's aligned allocation is several times slower.
  std::unique_ptr<float[]> memory_;  // [capacity + line]
  float* values_ = nullptr;
  std::size_t capacity_ = 0;
};

}  // namespace attend::kernels
