// Days of the proleptic Gregorian calendar. Exact integers, no locale, no time zone.
#pragma once

#include <string>

namespace attend::dates {

struct Date {
  int year = 1970;
  int month = 1;  // 1..12
  int day = 1;    // 1..31
  bool operator==(const Date&) const = default;
};

/// Days since 1970-01-01, negative before it.
long day_number(const Date& date);
/// The inverse of day_number.
Date date_of(long day_number);
/// 0 is Monday, 6 is Sunday.
int weekday(const Date& date);
int days_in_month(int year, int month);
/// yyyy-mm-dd; years 0..9999.
std::string iso(const Date& date);

}  // namespace attend::dates
