#include "kernels/buffer.h"

#include <array>
#include <bit>
#include <new>

namespace attend::kernels {
namespace {

constexpr std::align_val_t kAlignment{64};

// Blocks of class k have 2^k floats; blocks larger than the last class are not kept.
constexpr std::size_t kSmallest = 4, kClasses = 24;
constexpr std::size_t kKept = std::size_t{1} << 23;  // floats in all classes together

std::size_t class_of(std::size_t size) {
  return std::max(kSmallest, static_cast<std::size_t>(std::bit_width(size - 1)));
}

// True once the ending thread has freed its blocks; a buffer may outlive them.
thread_local bool ended = false;

// The free blocks of the calling thread; the first bytes of a block point to the next one.
class Blocks {
 public:
  Blocks() = default;
  ~Blocks() {
    ended = true;
    for (float*& first : first_) {
      while (first != nullptr) operator delete[](take(first), kAlignment);
    }
  }

  /// Returns a block of this class, or null when none is free.
  float* take(std::size_t number) {
    if (first_[number] == nullptr) return nullptr;
    kept_ -= std::size_t{1} << number;
    return take(first_[number]);
  }
  /// Keeps the block, or returns false when enough blocks are kept.
  bool keep(float* block, std::size_t number) {
    const std::size_t size = std::size_t{1} << number;
    if (kept_ + size > kKept) return false;
    kept_ += size;
    new (block) float*(first_[number]);
    first_[number] = block;
    return true;
  }

 private:
  static float* take(float*& first) {
    float* const block = first;
    first = *reinterpret_cast<float**>(block);
    return block;
  }

  std::array<float*, kClasses> first_{};
  std::size_t kept_ = 0;
};

Blocks* blocks() {
  if (ended) return nullptr;
  thread_local Blocks mine;
  return &mine;
}

}  // namespace

void Buffer::grow(std::size_t size) {
  const std::size_t wanted = std::max(size, capacity_ + capacity_ / 2);
  release();
  const std::size_t number = class_of(wanted);
  const bool kept = number < kClasses;
  Blocks* const mine = kept ? blocks() : nullptr;
  if (mine != nullptr) values_ = mine->take(number);
  const std::size_t capacity = kept ? std::size_t{1} << number : wanted;
  if (values_ == nullptr) values_ = new (kAlignment) float[capacity];
  capacity_ = capacity;
}

void Buffer::release() {
  if (values_ == nullptr) return;
  float* const block = std::exchange(values_, nullptr);
  const std::size_t number = class_of(std::exchange(capacity_, 0));
  Blocks* const mine = number < kClasses ? blocks() : nullptr;
  if (mine == nullptr || !mine->keep(block, number)) operator delete[](block, kAlignment);
}

}  // namespace attend::kernels
