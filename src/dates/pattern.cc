#include "dates/pattern.h"

#include <utility>

#include "base/base.h"
#include "dates/numerals.h"
#include "dates/solar_hijri.h"

namespace attend::dates {
namespace {

constexpr std::pair<std::string_view, Field> kFields[] = {
    {"d", Field::kDay},
    {"dd", Field::kDayPadded},
    {"d1", Field::kDayPlain},
    {"D", Field::kDayMaybeOrdinal},
    {"o", Field::kDayOrdinal},
    {"m", Field::kMonth},
    {"mm", Field::kMonthPadded},
    {"m1", Field::kMonthPlain},
    {"M", Field::kMonthName},
    {"MMM", Field::kMonthShort},
    {"MMMM", Field::kMonthLong},
    {"LLL", Field::kMonthShortAlone},
    {"LLLL", Field::kMonthLongAlone},
    {"y", Field::kYear},
    {"y4", Field::kYearLong},
    {"y2", Field::kYearShort},
    {"yb", Field::kYearBuddhist},
    {"W", Field::kWeekdayName},
    {"EEE", Field::kWeekdayShort},
    {"EEEE", Field::kWeekdayLong},
    {"of", Field::kOf},
    {"oy", Field::kOfYear},
    {"zy", Field::kYearChinese},
    {"cy", Field::kYearCounted},
    {"zm", Field::kMonthChinese},
    {"zd", Field::kDayChinese},
    {"zl", Field::kDayLunar},
    {"zlm", Field::kMonthLunar},
    {"Mo", Field::kMonthOrdinal},
    {"era", Field::kEra},
    {"zera", Field::kEraChinese},
    {"eral", Field::kEraLetter},
    {"ry", Field::kYearMinguo},
    {"zry", Field::kYearMinguoChinese},
    {"R", Field::kMonthRoman},
    {"sd", Field::kSolarDay},
    {"sdd", Field::kSolarDayPadded},
    {"sm", Field::kSolarMonth},
    {"smm", Field::kSolarMonthPadded},
    {"sM", Field::kSolarMonthName},
    {"sy", Field::kSolarYear},
    {"t", Field::kClockIso},
    {"hms", Field::kClockPlain},
    {"c6", Field::kClock6},
    {"c4", Field::kClock4},
    {"c2", Field::kClock2},
};

Field field_named(std::string_view name) {
  for (const auto& [key, field] : kFields) {
    if (key == name) return field;
  }
  throw CheckFailure("unknown field {" + std::string(name) + "} in a date pattern");
}

void add_literal(Pattern& pattern, std::string_view text) {
  if (text.empty()) return;
  if (pattern.pieces.empty() || pattern.pieces.back().field != Field::kLiteral) {
    pattern.pieces.push_back({});
  }
  pattern.pieces.back().text += text;
}

void add_field(Pattern& pattern, Field field) {
  pattern.pieces.push_back({field, {}, {}});
  switch (field) {
    case Field::kYearShort:
      pattern.short_year = true;
      break;
    case Field::kYear:
      pattern.free_year = true;
      break;
    case Field::kEra:
    case Field::kEraChinese:
    case Field::kEraLetter:
      pattern.reckoning = Reckoning::kJapaneseEra;
      break;
    case Field::kYearBuddhist:
      pattern.reckoning = Reckoning::kBuddhist;
      break;
    case Field::kYearMinguo:
    case Field::kYearMinguoChinese:
      pattern.reckoning = Reckoning::kMinguo;
      break;
    case Field::kSolarYear:
      pattern.reckoning = Reckoning::kSolarHijri;
      break;
    case Field::kClockIso:
    case Field::kClockPlain:
    case Field::kClock6:
    case Field::kClock4:
    case Field::kClock2:
      pattern.has_clock = true;
      break;
    case Field::kWeekdayName:
    case Field::kWeekdayShort:
    case Field::kWeekdayLong:
      pattern.has_weekday = true;
      break;
    default:
      break;
  }
}

/// Returns the field for a run of pattern letters; kLiteral when the run is to be left out.
Field icu_field(char letter, std::size_t length) {
  switch (letter) {
    case 'd':
      return length == 1 ? Field::kDayPlain : Field::kDayPadded;
    case 'M':
      if (length <= 2) return length == 1 ? Field::kMonthPlain : Field::kMonthPadded;
      return length == 3 ? Field::kMonthShort : Field::kMonthLong;
    case 'L':
      if (length <= 2) return length == 1 ? Field::kMonthPlain : Field::kMonthPadded;
      return length == 3 ? Field::kMonthShortAlone : Field::kMonthLongAlone;
    case 'y':
      return length == 2 ? Field::kYearShort : Field::kYearLong;
    case 'E':
    case 'c':
      return length <= 3 ? Field::kWeekdayShort : Field::kWeekdayLong;
    default:
      return Field::kLiteral;
  }
}

bool ends_in_year(const Pattern& pattern) {
  const Field last = pattern.pieces.empty() ? Field::kLiteral : pattern.pieces.back().field;
  return last == Field::kYear || last == Field::kYearLong || last == Field::kYearShort;
}

// Buddhist and Solar Hijri years are close enough to Gregorian ones to be taken for them. Therefore
// earlier Buddhist years are not written, nor Solar Hijri years outside of the range that is known
// exactly.
constexpr int kFirstBuddhistYear = 1757;  // 2300 of the Buddhist era; the latest Gregorian is 2299
constexpr int kFirstMinguoYear = 1912;

bool reckons(Reckoning reckoning, const Date& date) {
  switch (reckoning) {
    case Reckoning::kGregorian:
      return true;
    case Reckoning::kBuddhist:
      return date.year >= kFirstBuddhistYear;
    case Reckoning::kJapaneseEra:
      return has_japanese_era(date);
    case Reckoning::kMinguo:
      return date.year >= kFirstMinguoYear;
    case Reckoning::kSolarHijri: {
      const long day = day_number(date);
      return day >= day_number({kFirstSolarYear + 622, 1, 1}) &&
             day <= day_number({kLastSolarYear + 621, 12, 31});
    }
  }
  return true;
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

std::vector<std::string> split_list(std::string_view list) {
  std::vector<std::string> entries;
  if (list.empty()) return entries;
  for (std::size_t begin = 0;;) {
    const std::size_t end = list.find('|', begin);
    if (end == std::string_view::npos) {
      entries.emplace_back(list.substr(begin));
      return entries;
    }
    entries.emplace_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
}

Pattern compile(std::string_view notation) {
  Pattern pattern;
  for (std::size_t i = 0; i < notation.size();) {
    if (notation[i] != '{' && notation[i] != '<') {
      add_literal(pattern, notation.substr(i++, 1));
      continue;
    }
    const std::size_t end = notation.find(notation[i] == '{' ? '}' : '>', i);
    ATTEND_CHECK(end != std::string_view::npos);
    const std::string_view inside = notation.substr(i + 1, end - i - 1);
    if (notation[i] == '{') {
      add_field(pattern, field_named(inside));
    } else {
      pattern.pieces.push_back({Field::kAlternatives, {}, split_list(inside)});
    }
    i = end + 1;
  }
  pattern.ends_in_year = ends_in_year(pattern);
  return pattern;
}

Pattern compile_icu(std::string_view icu_pattern) {
  Pattern pattern;
  bool quoted = false;
  for (std::size_t i = 0; i < icu_pattern.size();) {
    const char c = icu_pattern[i];
    if (c == '\'') {
      quoted = !quoted;
      ++i;
    } else if (quoted || !is_letter(c)) {
      const bool mark =
          icu_pattern.compare(i, 3, "\u200f") == 0 || icu_pattern.compare(i, 3, "\u200e") == 0;
      if (!mark) add_literal(pattern, icu_pattern.substr(i, 1));
      i += mark ? 3 : 1;
    } else {
      std::size_t end = i;
      while (end < icu_pattern.size() && icu_pattern[end] == c) ++end;
      const Field field = icu_field(c, end - i);
      if (field != Field::kLiteral) add_field(pattern, field);
      i = end;
      // This blank would be doubled, because the field before it was left out.
      if (field == Field::kLiteral && i < icu_pattern.size() && icu_pattern[i] == ' ') ++i;
    }
  }
  pattern.ends_in_year = ends_in_year(pattern);
  return pattern;
}

bool fulfils(const Date& date, const Pattern& pattern) {
  if (date.year < pattern.first_year || !reckons(pattern.reckoning, date)) return false;
  const int short_year = date.year % 100;
  switch (pattern.need) {
    case Need::kNothing:
      return true;
    case Need::kDayOver12:
      return date.day > 12;
    case Need::kDayOneDigit:
      return date.day < 10;
    case Need::kMonthOneDigit:
      return date.month < 10;
    case Need::kShortYearOver12:
      return short_year > 12;
    case Need::kShortYearOver31:
      return short_year > 31;
  }
  return true;
}

}  // namespace attend::dates
