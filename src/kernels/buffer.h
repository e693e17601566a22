// Memory that grows to what is asked for and is used again and again.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

namespace attend::kernels {

/// Floats at a cache line's boundary. Not thread-safe. What a buffer gives back, its thread keeps
/// for its next buffers (32 MiB at most, until the thread ends): prediction of short batches one
/// after the other asks the system for nothing.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept
      : values_(std::exchange(other.values_, nullptr)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(values_, other.values_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~Buffer() { release(); }

  /// `size` values; what they are is unknown. What earlier calls returned is lost when the buffer
  /// has to grow, and shared with this call when it has not.
  std::span<float> get(std::size_t size) {
    if (size > capacity_) grow(size);
    return {values_, size};
  }
  std::span<float> zeros(std::size_t size) {
    const std::span<float> values = get(size);
    std::fill(values.begin(), values.end(), 0.0F);
    return values;
  }
  const float* data() const { return values_; }

 private:
  void grow(std::size_t size);
  void release();

  float* values_ = nullptr;
  std::size_t capacity_ = 0;
};

/// A buffer of a size that stays.
class Array {
 public:
  Array() = default;
  explicit Array(std::size_t size) : size_(size) { memory_.get(size); }

  std::span<float> span() { return memory_.get(size_); }
  std::span<const float> span() const { return {memory_.data(), size_}; }
  operator std::span<const float>() const { return span(); }
  std::size_t size() const { return size_; }

 private:
  Buffer memory_;
  std::size_t size_ = 0;
};

}  // namespace attend::kernels
