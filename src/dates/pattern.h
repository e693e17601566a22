// The notation for patterns of dates, and its compiled form.
//
// clang-format off
//   {d} day, one or two digits   {dd} two digits   {d1} never padded
//   {D} day, sometimes an ordinal   {o} day as an ordinal
//   {m} {mm} {m1} month as a number, padded like {d} {dd} {d1}
//   {M} month's name, any form   {MMM} {MMMM} ICU's short and long form (format context)
//   {LLL} {LLLL} ICU's short and long form (stand-alone context)   {Mo} ordinal word of the month
//   {R} month as a Roman numeral
//   {y} year, two or four digits   {y4} four digits   {y2} two digits   {yb} Buddhist year
//   {W} weekday, any form   {EEE} {EEEE} ICU's short and long form
//   {of} {oy} linking words before month and year, with their blank, or nothing
//   {zy} year in Chinese digits   {cy} {zm} {zd} year, month, day in counting numerals
//   {zl} {zlm} day and month of the lunar calendar
//   {era} {zera} Japanese era and its year, in digits or numerals
//   {eral} Latin letter of the era and its year: H27
//   {ry} {zry} year of the Republic of China, in digits or numerals
//   {sd} {sdd} {sm} {smm} {sM} {sy} day, month, month's name, year of the Solar Hijri calendar
//   {t} ISO time of day, perhaps with zone   {hms} hh:mm:ss   {c6} {c4} {c2} hhmmss, hhmm, hh
//   <a|b|> one of the alternatives, each with equal probability
// clang-format on
//
// Every other character means itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "dates/calendar.h"

namespace attend::dates {

enum class Field : std::uint8_t {
  kLiteral,
  kAlternatives,
  kDay,
  kDayPadded,
  kDayPlain,
  kDayMaybeOrdinal,
  kDayOrdinal,
  kMonth,
  kMonthPadded,
  kMonthPlain,
  kMonthName,
  kMonthShort,
  kMonthLong,
  kMonthShortAlone,
  kMonthLongAlone,
  kMonthOrdinal,
  kMonthRoman,
  kYear,
  kYearLong,
  kYearShort,
  kYearBuddhist,
  kWeekdayName,
  kWeekdayShort,
  kWeekdayLong,
  kOf,
  kOfYear,
  kYearChinese,
  kYearCounted,
  kMonthChinese,
  kDayChinese,
  kDayLunar,
  kMonthLunar,
  kEra,
  kEraChinese,
  kEraLetter,
  kYearMinguo,
  kYearMinguoChinese,
  kSolarDay,
  kSolarDayPadded,
  kSolarMonth,
  kSolarMonthPadded,
  kSolarMonthName,
  kSolarYear,
  kClockIso,
  kClockPlain,
  kClock6,
  kClock4,
  kClock2,
};

/// The condition that a date must fulfil so that a pattern can be read back without doubt.
enum class Need : std::uint8_t {
  kNothing,
  kDayOver12,
  kDayOneDigit,
  kMonthOneDigit,
  kShortYearOver12,  // the year's last two digits
  kShortYearOver31,
};

/// How a pattern counts years.
enum class Reckoning : std::uint8_t { kGregorian, kBuddhist, kJapaneseEra, kMinguo, kSolarHijri };

struct Piece {
  Field field = Field::kLiteral;
  std::string text;                       // the text of kLiteral
  std::vector<std::string> alternatives;  // the choices of kAlternatives
};

struct Pattern {
  std::vector<Piece> pieces;
  Need need = Need::kNothing;
  Reckoning reckoning = Reckoning::kGregorian;
  int first_year = 0;       // earlier years are not written: they would look like another reckoning
  bool short_year = false;  // has {y2}
  bool free_year = false;   // has {y}
  bool has_clock = false;   // contains a time of day
  bool has_weekday = false;  // contains a weekday
  bool ends_in_year = false;
  bool machine = false;  // written by programs, so no noise is added
};

/// Compiles a pattern. Throws CheckFailure for a broken notation, which is a mistake in the tables.
Pattern compile(std::string_view notation);
/// Compiles the pattern letters of Unicode TR 35 (d, M, L, y, E, c, quoted text). Other letters,
/// marks of direction and the era are left out.
Pattern compile_icu(std::string_view icu_pattern);
/// Whether `date` fulfils the pattern's need and can be written in its reckoning.
bool fulfils(const Date& date, const Pattern& pattern);
/// Splits "a|b" at '|'. An empty list has no entry; an empty entry is kept.
std::vector<std::string> split_list(std::string_view list);

}  // namespace attend::dates
