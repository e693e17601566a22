// The Solar Hijri calendar of Iran and Afghanistan, and what a Persian text calls its months.
#pragma once

#include <array>
#include <string_view>

#include "dates/calendar.h"

namespace attend::dates {

struct SolarDate {
  int year = 1;
  int month = 1;  // 1 is Farvardin, which begins at the March equinox
  int day = 1;
  bool operator==(const SolarDate&) const = default;
};

/// Years whose leap years follow the cycle of 33 years as the equinox has them.
inline constexpr int kFirstSolarYear = 1250;  // begins in March 1871
inline constexpr int kLastSolarYear = 1478;   // ends in March 2100

bool is_solar_leap_year(int year);
int days_in_solar_month(int year, int month);
/// From Gregorian; exact for the years above.
SolarDate solar_hijri(const Date& date);

/// The names of each month as people write them, parted by '|'.
const std::array<std::string_view, 12>& solar_month_names();

}  // namespace attend::dates
