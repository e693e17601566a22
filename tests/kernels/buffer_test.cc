#include "kernels/buffer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

namespace attend::kernels {
namespace {

TEST(Buffer, BeginsAtACacheLine) {
  for (const std::size_t size : {1, 15, 16, 17, 1000, 1 << 20}) {
    Buffer buffer;
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.get(size).data()) % 64, 0U) << size;
    EXPECT_EQ(buffer.get(size).size(), size);
  }
}

TEST(Buffer, KeepsItsMemoryUntilItHasToGrow) {
  Buffer buffer;
  const std::span<float> values = buffer.get(100);
  values[99] = 3;
  EXPECT_EQ(buffer.get(7).data(), values.data());
  EXPECT_EQ(buffer.get(100)[99], 3);
  for (std::size_t size = 1; size < 5000; size += 97) {
    const std::span<float> zeros = buffer.zeros(size);
    for (const float value : zeros) ASSERT_EQ(value, 0);
    for (float& value : zeros) value = 1;
  }
}

TEST(Buffer, BuffersNeverShareMemory) {
  std::vector<Buffer> buffers(50);
  for (int round = 0; round < 3; ++round) {
    for (std::size_t b = 0; b < buffers.size(); ++b) {
      if ((b + static_cast<std::size_t>(round)) % 3 == 0) buffers[b] = Buffer();
      for (float& value : buffers[b].get(10 * (b + 1))) value = static_cast<float>(b);
    }
    for (std::size_t b = 0; b < buffers.size(); ++b) {
      for (const float value : buffers[b].get(10 * (b + 1))) {
        ASSERT_EQ(value, static_cast<float>(b));
      }
    }
  }
}

TEST(Buffer, TheNextOneOfTheThreadTakesWhatOneGaveBack) {
  const float* first = nullptr;
  {
    Buffer buffer;
    first = buffer.get(1000).data();
  }
  Buffer next;
  EXPECT_EQ(next.get(900).data(), first);
}

TEST(Buffer, MovesAndLeavesNothingBehind) {
  Buffer buffer;
  buffer.get(64)[63] = 5;
  Buffer moved = std::move(buffer);
  EXPECT_EQ(moved.get(64)[63], 5);
  EXPECT_NE(buffer.get(64).data(), moved.get(64).data());  // NOLINT: a moved-from buffer is empty
}

TEST(Buffer, OutlivesTheThreadThatFilledIt) {
  Array array;
  std::thread([&] {
    thread_local Buffer last;  // destroyed after the blocks of its thread
    last.get(100)[0] = 1;
    array = Array(100);
    array.span()[99] = 2;
  }).join();
  EXPECT_EQ(array.span()[99], 2);
  EXPECT_EQ(array.size(), 100U);
}

}  // namespace
}  // namespace attend::kernels
