#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "alignment/alignment.h"

namespace attend::alignment {
namespace {

TEST(LexicalGain, OfWordsThatAreLinkedOnceIsZero) {
  LexicalGain gain;
  EXPECT_EQ(gain.value(), 0);
  gain.add("a", "x");
  gain.add("b", "y");
  gain.add("c", "z");
  EXPECT_NEAR(gain.value(), 0, 1e-12);
}

// Four links: the pair (a, x) twice, (a, y), (b, y).
TEST(LexicalGain, IsTheSumOfItsEquation) {
  LexicalGain gain;
  for (const char* target : {"x", "x", "y"}) gain.add("a", target);
  gain.add("b", "y");
  const double a_x = std::log((1 + 0.5) / (3 * 0.5)), a_y = std::log(0.5 / (3 * 0.5));
  const double b_y = std::log(0.5 / (1 * 0.5));
  EXPECT_NEAR(gain.value(), 2 * a_x + a_y + b_y, 1e-12);
}

// Sentences of words of a dictionary; the links of a wrong shift join each word with the neighbour
// of its translation.
TEST(LexicalGain, IsLargestForTheShiftOfADictionary) {
  std::mt19937 random(4);
  LexicalGain right, late, early;
  for (int sentence = 0; sentence < 40; ++sentence) {
    std::vector<int> words;
    for (int i = 0; i < 8; ++i) words.push_back(static_cast<int>(random() % 30));
    for (std::size_t i = 0; i < words.size(); ++i) {
      const std::string source = "s" + std::to_string(words[i]);
      right.add(source, "t" + std::to_string(words[i]));
      if (i + 1 < words.size()) late.add(source, "t" + std::to_string(words[i + 1]));
      if (i > 0) early.add(source, "t" + std::to_string(words[i - 1]));
    }
  }
  EXPECT_GT(right.value(), 0);
  EXPECT_GT(right.value(), late.value() + 100);
  EXPECT_GT(right.value(), early.value() + 100);
}

TEST(BestIndex, IsTheFirstOfEquals) {
  EXPECT_EQ(best_index(std::vector<double>{1, 3, 3, 2}), 1U);
  EXPECT_EQ(kShifts[best_index(std::vector<double>{0, 0, 0})], 0) << "no shift without a reason";
}

}  // namespace
}  // namespace attend::alignment
