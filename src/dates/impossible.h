// Dates that no calendar has: 29 February 2014, 31 April, the 32nd, month 13, a day of the years
// before Christ, which yyyy-mm-dd cannot write.
#pragma once

#include <string_view>

#include "base/base.h"
#include "dates/calendar.h"
#include "dates/pattern.h"
#include "dates/solar_hijri.h"

namespace attend::dates {

bool is_date(const Date& date);

/// `date` with a day or a month that its year has not. A third are 29 February of a year without
/// one; then the year may be another one of `first_year` … `last_year`, a century's last.
Date impossible_date(const Date& date, int first_year, int last_year, Random& random);
/// The same in the Solar Hijri calendar: 30 Esfand of a common year, 31 Mehr, …
SolarDate impossible_solar_date(const SolarDate& date, Random& random);

/// Which readings a language has for three numbers of two digits.
enum class ShortReadings {
  kYearLast,  // and first only where it is over 31
  kAlsoYearFirst,
};

/// Whether the impossible date, written so, can be read in no other way that is a date, and whether
/// the pattern has words for its month. `short_year` says what a {y} becomes.
bool shows_impossible(const Date& date, const Pattern& pattern, bool short_year,
                      ShortReadings readings);

/// Whether the text speaks of the lunar calendar, which has a 30 February.
bool is_lunar(std::string_view text);

/// Words behind a year that say "before Christ", or before it where the year comes first; empty for
/// languages without an entry. Parted by '|'.
struct BeforeChrist {
  std::string_view behind, before;
};
BeforeChrist before_christ(std::string_view language);

}  // namespace attend::dates
