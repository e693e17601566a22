// Memory that grows on demand and is reused.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

namespace attend::kernels {

/// An array of floats that grows on demand, aligned to a cache line. Not thread-safe. The calling
/// thread keeps the memory of destroyed buffers, at most 32 MiB until the thread ends, for its next
/// buffers. Predicting one short batch after another therefore needs no memory from the system.
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

  /// Returns `size` values of unspecified content. If the buffer has to grow, the memory that
  /// earlier calls returned is freed. Otherwise every call returns the same memory.
  std::span<float> get(std::size_t size) {
    if (size > capacity_) grow(size);
    return {values_, size};
  }
  /// Returns get(size), filled with zeros.
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

/// A buffer of fixed size.
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
