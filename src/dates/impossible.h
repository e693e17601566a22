// Dates that no calendar has: 29 February 2014, 31 April, the 32nd, month 13; and words for years
// before Christ, which yyyy-mm-dd cannot write.
#pragma once

#include <string_view>

#include "base/base.h"
#include "dates/calendar.h"
#include "dates/pattern.h"
#include "dates/solar_hijri.h"

namespace attend::dates {

bool is_date(const Date& date);

/// Returns `date` with a day or a month that does not exist in its year. One in three is 29
/// February of a common year: of the year of `date`, or of the year before if that one is a leap
/// year. Sometimes it is 29 February of a year between `first_year` and `last_year` that is
/// divisible by 100 and is no leap year.
Date impossible_date(const Date& date, int first_year, int last_year, Random& random);
/// Returns `date` with a day that does not exist in the Solar Hijri calendar: 30 Esfand of a common
/// year, 31 Mehr, …
SolarDate impossible_solar_date(const SolarDate& date, Random& random);

/// The orders in which a language may read three numbers of two digits.
enum class ShortReadings {
  kYearLast,       // the last number is the year; the first one only where it is over 31
  kAlsoYearFirst,  // the first number may be the year whatever it is
};

/// Whether the impossible date, written in this pattern, has no reading that is a date. If the
/// pattern writes the month as a name, the month must be 1 … 12, because month 13 has no name.
/// Returns false for patterns that may not write the date (fulfils()) and for those of the lunar or
/// the Solar Hijri calendar. `short_year` tells whether a {y} becomes two digits.
bool shows_impossible(const Date& date, const Pattern& pattern, bool short_year,
                      ShortReadings readings);

/// Whether the text names the lunar calendar, which has a 30 February.
bool is_lunar(std::string_view text);

/// Words for "before Christ", separated by '|'. `behind` stands after the year at the end of a
/// date. `before` stands in front of a date that begins with its year (Chinese, Japanese, Korean).
/// Both are empty for languages without an entry.
struct BeforeChrist {
  std::string_view behind, before;
};
BeforeChrist before_christ(std::string_view language);

}  // namespace attend::dates
