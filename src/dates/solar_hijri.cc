#include "dates/solar_hijri.h"

namespace attend::dates {
namespace {

// The day number (calendar.h) of 1 Farvardin of year 1: 22 March 622 of the proleptic Gregorian
// calendar, by the cycle of 33 years.
constexpr long kEpoch = -492268;

/// Returns the days from the epoch to the first day of a year. 33 years have eight leap years.
long days_before(int year) { return 365L * (year - 1) + (8L * year + 21) / 33; }

}  // namespace

bool is_solar_leap_year(int year) { return (25 * year + 11) % 33 < 8; }

int days_in_solar_month(int year, int month) {
  if (month <= 6) return 31;
  return month < 12 || is_solar_leap_year(year) ? 30 : 29;
}

SolarDate solar_hijri(const Date& date) {
  const long days = day_number(date) - kEpoch;
  SolarDate solar;
  solar.year = static_cast<int>(days / 366) + 1;
  while (days_before(solar.year + 1) <= days) ++solar.year;
  const long day = days - days_before(solar.year);
  solar.month = static_cast<int>(day < 186 ? day / 31 : 6 + (day - 186) / 30) + 1;
  solar.day = static_cast<int>(day < 186 ? day % 31 : (day - 186) % 30) + 1;
  return solar;
}

const std::array<std::string_view, 12>& solar_month_names() {
  static constexpr std::array<std::string_view, 12> kNames = {
      "فروردین|فروردین|فروردین|فروردين|حمل",
      "اردیبهشت|اردیبهشت|اردیبهشت|ارديبهشت|ثور",
      "خرداد|خرداد|خرداد|جوزا",
      "تیر|تیر|تیر|تير|سرطان",
      "مرداد|مرداد|مرداد|امرداد|اسد",
      "شهریور|شهریور|شهریور|شهريور|سنبله",
      "مهر|مهر|مهر|میزان",
      "آبان|آبان|آبان|ابان|عقرب",
      "آذر|آذر|آذر|اذر|قوس",
      "دی|دی|دی|دي|جدی",
      "بهمن|بهمن|بهمن|دلو",
      "اسفند|اسفند|اسفند|حوت"};
  return kNames;
}

}  // namespace attend::dates
