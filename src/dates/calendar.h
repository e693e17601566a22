// Days of the proleptic Gregorian calendar, in exact integers, without locales and time zones.
#pragma once

#include <string>

namespace attend::dates {

struct Date {
  int year = 1970;
  int month = 1;  // 1..12
  int day = 1;    // 1..31
  bool operator==(const Date&) const = default;
};

/// Returns the days since 1970-01-01, which are negative before it.
long day_number(const Date& date);
/// The inverse of day_number().
Date date_of(long day_number);
/// Returns 0 for Monday … 6 for Sunday.
int weekday(const Date& date);
int days_in_month(int year, int month);
/// Returns yyyy-mm-dd, for years 0..9999.
std::string iso(const Date& date);

}  // namespace attend::dates
