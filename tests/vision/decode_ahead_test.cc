#include "vision/decode_ahead.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "vision/vision.h"

namespace attend::vision {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

// A picture of one pixel that tells its number, below 256.
Image numbered(std::size_t number) {
  return {{1, 1}, std::vector<std::uint8_t>(kChannels, static_cast<std::uint8_t>(number))};
}

void pause(std::size_t milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

std::vector<std::size_t> range(std::size_t count) {
  std::vector<std::size_t> numbers(count);
  for (std::size_t i = 0; i < count; ++i) numbers[i] = i;
  return numbers;
}

std::vector<std::size_t> all_of(DecodeAhead& ahead) {
  std::vector<std::size_t> numbers;
  while (const std::optional<Image> image = ahead.next()) numbers.push_back(image->pixels[0]);
  return numbers;
}

TEST(DecodeAhead, KeepsTheOrderWhateverThreadsDo) {
  const auto unequal = [](std::size_t number) {
    pause(number * 7 % 5);
    return numbered(number);
  };
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < 60; ++i) order.push_back(i * 37 % 60);
  for (const int threads : {0, 1, 2, 5}) {
    for (const std::size_t room : {1, 3, 100}) {
      DecodeAhead ahead(order, unequal, {threads, room});
      EXPECT_THAT(all_of(ahead), ElementsAreArray(order));
      EXPECT_EQ(ahead.next(), std::nullopt);
    }
  }
}

TEST(DecodeAhead, TakesANumberMoreThanOnce) {
  DecodeAhead ahead({3, 3, 1, 3}, numbered, {2, 2});
  EXPECT_THAT(all_of(ahead), ElementsAre(3, 3, 1, 3));
}

TEST(DecodeAhead, HasNothingToDoForNoPicture) {
  DecodeAhead ahead({}, numbered);
  EXPECT_EQ(ahead.next(), std::nullopt);
}

TEST(DecodeAhead, RunsAheadAsFarAsAllowed) {
  constexpr std::size_t kAhead = 5;
  std::atomic<std::size_t> begun = 0;
  const auto counted = [&](std::size_t number) {
    ++begun;
    return numbered(number);
  };
  DecodeAhead ahead(range(100), counted, {3, kAhead});
  for (std::size_t taken = 0; taken < 20; ++taken) {
    // It reaches the limit without a call of next(), and stays there.
    while (begun < taken + kAhead) pause(1);
    pause(2);
    EXPECT_EQ(begun, taken + kAhead);
    EXPECT_EQ(ahead.next(), numbered(taken));
  }
}

TEST(DecodeAhead, PassesAnErrorInItsPlaceAndGoesOn) {
  const auto sometimes = [](std::size_t number) {
    if (number % 10 == 4) throw ImageError("list.tsv", number, "damaged");
    return numbered(number);
  };
  for (const int threads : {1, 3}) {
    DecodeAhead ahead(range(30), sometimes, {threads, 4});
    for (std::size_t number = 0; number < 30; ++number) {
      if (number % 10 != 4) {
        EXPECT_EQ(ahead.next(), numbered(number));
        continue;
      }
      try {
        ahead.next();
        FAIL() << "no error";
      } catch (const ImageError& error) {
        EXPECT_EQ(error.what(), "list.tsv:" + std::to_string(number) + ": damaged");
      }
    }
    EXPECT_EQ(ahead.next(), std::nullopt);
  }
}

TEST(DecodeAhead, EndsEarlyWithoutDecodingTheRest) {
  std::atomic<std::size_t> begun = 0;
  const auto counted = [&](std::size_t number) {
    ++begun;
    return numbered(number % 256);
  };
  {
    DecodeAhead ahead(range(100'000), counted, {2, 8});
    EXPECT_EQ(ahead.next(), numbered(0));
  }
  EXPECT_LE(begun, 9u);
}

TEST(DecodeAhead, StopsBeforeThePicturesThatWait) {
  DecodeAhead ahead(range(100), numbered, {2, 8});
  EXPECT_EQ(ahead.next(), numbered(0));
  ahead.stop();
  EXPECT_EQ(ahead.next(), std::nullopt);
  ahead.stop();
  EXPECT_EQ(ahead.next(), std::nullopt);
}

TEST(DecodeAhead, StopWakesAThreadThatWaits) {
  std::atomic<bool> may_end = false;
  const auto waiting = [&](std::size_t number) {
    while (!may_end) pause(1);
    return numbered(number);
  };
  DecodeAhead ahead(range(3), waiting, {1, 2});
  std::thread stopper([&] {
    pause(20);
    ahead.stop();
  });
  EXPECT_EQ(ahead.next(), std::nullopt);
  stopper.join();
  may_end = true;
}

TEST(DecodeAhead, IsDestroyedInAnyState) {
  for (std::size_t taken = 0; taken < 12; ++taken) {
    DecodeAhead ahead(range(10), numbered, {3, 2});
    for (std::size_t i = 0; i < taken; ++i) ahead.next();
  }
}

}  // namespace
}  // namespace attend::vision
