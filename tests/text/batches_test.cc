#include "text/batches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "base/base.h"

namespace attend::text {
namespace {

using Batches = std::vector<std::vector<std::uint32_t>>;

std::vector<ExampleLength> random_lengths(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  std::vector<ExampleLength> lengths(count);
  for (ExampleLength& length : lengths) {
    length.source = static_cast<std::uint32_t>(1 + random.below(50));
    length.target = static_cast<std::uint32_t>(random.below(40));
  }
  return lengths;
}

std::vector<std::uint32_t> all_examples(const Batches& batches) {
  std::vector<std::uint32_t> examples;
  for (const auto& batch : batches) examples.insert(examples.end(), batch.begin(), batch.end());
  std::sort(examples.begin(), examples.end());
  return examples;
}

std::size_t padded_tokens(const std::vector<std::uint32_t>& batch,
                          const std::vector<ExampleLength>& lengths) {
  std::size_t longest = 0;
  for (std::uint32_t i : batch) longest = std::max<std::size_t>(longest, lengths[i].target);
  return longest * batch.size();
}

TEST(Batches, HoldEveryExampleExactlyOnce) {
  for (const std::size_t count : {0U, 1U, 7U, 64U, 1000U}) {
    const auto lengths = random_lengths(count, count);
    std::vector<std::uint32_t> expected(count);
    std::iota(expected.begin(), expected.end(), 0U);
    for (const BatchUnit unit : {BatchUnit::kSentences, BatchUnit::kTokens}) {
      for (const std::size_t window : {0U, 1U, 20U}) {
        for (const std::size_t size : {1U, 30U, 500U}) {
          const BatchOptions options{.unit = unit, .size = size, .batches_per_sort = window};
          const Batches batches = make_batches(lengths, options, 3);
          EXPECT_EQ(all_examples(batches), expected);
          for (const auto& batch : batches) EXPECT_FALSE(batch.empty());
        }
      }
    }
  }
}

TEST(Batches, AreAFunctionOfSeedAndEpoch) {
  const auto lengths = random_lengths(500, 1);
  BatchOptions options{.size = 16, .seed = 5};
  EXPECT_EQ(make_batches(lengths, options, 2), make_batches(lengths, options, 2));
  EXPECT_NE(make_batches(lengths, options, 2), make_batches(lengths, options, 3));
  const Batches with_five = make_batches(lengths, options, 2);
  options.seed = 6;
  EXPECT_NE(make_batches(lengths, options, 2), with_five);
}

TEST(Batches, BySentencesAreFullButTheLast) {
  const auto lengths = random_lengths(1003, 2);
  const Batches batches = make_batches(lengths, {.size = 10, .batches_per_sort = 4}, 0);
  EXPECT_EQ(batches.size(), 101U);
  EXPECT_EQ(
      std::count_if(batches.begin(), batches.end(), [](const auto& b) { return b.size() == 10; }),
      100);
}

TEST(Batches, ByTokensStayWithinTheLimit) {
  const auto lengths = random_lengths(2000, 3);
  const Batches batches =
      make_batches(lengths, {.unit = BatchUnit::kTokens, .size = 300, .batches_per_sort = 10}, 1);
  std::size_t padded = 0;
  for (const auto& batch : batches) {
    EXPECT_LE(padded_tokens(batch, lengths), 300U);
    padded += padded_tokens(batch, lengths);
  }
  EXPECT_GT(padded / batches.size(), 220U) << "batches are mostly full";
}

TEST(Batches, AnExampleAboveTheLimitStandsAlone) {
  std::vector<ExampleLength> lengths(20, ExampleLength{.source = 3, .target = 4});
  lengths[11].target = 1000;
  for (const std::size_t window : {0U, 5U}) {
    const Batches batches = make_batches(
        lengths, {.unit = BatchUnit::kTokens, .size = 16, .batches_per_sort = window}, 0);
    for (const auto& batch : batches) {
      if (std::find(batch.begin(), batch.end(), 11U) != batch.end()) {
        EXPECT_EQ(batch.size(), 1U);
      } else {
        EXPECT_LE(batch.size(), 4U);
      }
    }
  }
}

TEST(Batches, SortedWindowsNeedLessPadding) {
  const auto lengths = random_lengths(3000, 4);
  const auto padding = [&](std::size_t window) {
    std::size_t sum = 0;
    for (const auto& batch : make_batches(lengths, {.size = 25, .batches_per_sort = window}, 0)) {
      sum += padded_tokens(batch, lengths);
    }
    return sum;
  };
  std::size_t tokens = 0;
  for (const ExampleLength& length : lengths) tokens += length.target;
  EXPECT_LT(padding(20), tokens * 11 / 10);
  EXPECT_GT(padding(0), tokens * 18 / 10);
}

TEST(Batches, AreSortedByLengthWithinAWindow) {
  const auto lengths = random_lengths(400, 5);
  const Batches batches = make_batches(lengths, {.size = 20, .batches_per_sort = 20}, 0);
  // With one window, the batches put in order of their lengths do not overlap.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges;
  for (const auto& batch : batches) {
    for (std::size_t i = 1; i < batch.size(); ++i) {
      const auto key = [&](std::uint32_t e) {
        return std::pair(lengths[e].target, lengths[e].source);
      };
      EXPECT_LE(key(batch[i - 1]), key(batch[i]));
    }
    ranges.emplace_back(lengths[batch.front()].target, lengths[batch.back()].target);
  }
  EXPECT_FALSE(std::is_sorted(ranges.begin(), ranges.end())) << "the batches are shuffled";
  std::sort(ranges.begin(), ranges.end());
  for (std::size_t i = 1; i < ranges.size(); ++i) EXPECT_LE(ranges[i - 1].second, ranges[i].first);
}

TEST(Batches, WithoutSortingMixLengths) {
  const auto lengths = random_lengths(400, 6);
  bool sorted = true;
  for (const auto& batch : make_batches(lengths, {.size = 20, .batches_per_sort = 0}, 0)) {
    sorted = sorted && std::is_sorted(batch.begin(), batch.end(), [&](auto a, auto b) {
               return lengths[a].target < lengths[b].target;
             });
  }
  EXPECT_FALSE(sorted);
}

TEST(Batches, RefuseSizeZero) {
  EXPECT_THROW(make_batches(random_lengths(3, 1), {.size = 0}, 0), UsageError);
}

TEST(Batches, HugeSizesDoNotOverflow) {
  const auto lengths = random_lengths(50, 7);
  for (const BatchUnit unit : {BatchUnit::kSentences, BatchUnit::kTokens}) {
    const BatchOptions options{.unit = unit, .size = ~std::size_t{0}};
    EXPECT_EQ(make_batches(lengths, options, 0).size(), 1U);
  }
}

}  // namespace
}  // namespace attend::text
