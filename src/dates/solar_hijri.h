// The Solar Hijri calendar of Iran and Afghanistan, and the names of its months in Persian texts.
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

/// In these years the cycle of 33 years gives the leap years that the equinox gives.
inline constexpr int kFirstSolarYear = 1250;  // begins in March 1871
inline constexpr int kLastSolarYear = 1478;   // ends in March 2100

bool is_solar_leap_year(int year);
int days_in_solar_month(int year, int month);
/// Converts a Gregorian date; exact for the years above.
SolarDate solar_hijri(const Date& date);

/// Returns the names of each month as people write them, separated by '|'.
const std::array<std::string_view, 12>& solar_month_names();

}  // namespace attend::dates
