// Shared by the tests of date pairs: pairs taken from a generator, and a calendar that is
// independent of the code under test.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

#include "dates/dates.h"

namespace attend::dates {

struct Ymd {
  int year, month, day;
};

inline Ymd parsed(const std::string& iso) {
  Ymd date{};
  EXPECT_EQ(iso.size(), 10U) << iso;
  EXPECT_EQ(std::sscanf(iso.c_str(), "%4d-%2d-%2d", &date.year, &date.month, &date.day), 3) << iso;
  return date;
}

inline int last_day(int year, int month) {
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  if (month == 2) return leap ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/// Returns the weekday by Sakamoto's rule, where 0 is Sunday; independent of the code under test.
inline int weekday_by_table(const Ymd& date) {
  constexpr int kOffsets[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};
  const int year = date.year - (date.month < 3 ? 1 : 0);
  return (year + year / 4 - year / 100 + year / 400 + kOffsets[date.month - 1] + date.day) % 7;
}

inline std::vector<DatePair> take(const DatePairOptions& options, int count) {
  DatePairGenerator generator(options);
  std::vector<DatePair> pairs;
  for (int i = 0; i < count; ++i) pairs.push_back(generator.next());
  return pairs;
}

}  // namespace attend::dates
