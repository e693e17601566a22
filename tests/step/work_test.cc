// Multiply-adds, counted by hand.
#include <gtest/gtest.h>

#include "small_program.h"

namespace attend::step {
namespace {

TEST(Work, CountsTheProductsOfASmallDecoder) {
  const Work found = work(small_program());
  EXPECT_EQ(found.per_source, 0);
  EXPECT_EQ(found.per_position, 0);  // a dot score needs no keys
  // Gates of [E y; c] 12 · 6, the recurrence 12 · 4, the readout 3 · 8, the output 5 · 3.
  EXPECT_EQ(found.per_step, 12 * 6 + 12 * 4 + 3 * 8 + 5 * 3);
  EXPECT_EQ(found.per_step_and_position, 4 + 4);  // an energy and a weighted sum
  EXPECT_EQ(found.per_token(10, 2), found.per_step + 10 * 8);
}

TEST(Work, KeepsTheValuesOfSteps) {
  const KeptValues kept = kept_values(small_program());
  EXPECT_EQ(kept.per_step_and_position, 2);  // the energy and the alignment
  EXPECT_EQ(kept.per_position, 4);           // the annotations
}

}  // namespace
}  // namespace attend::step
