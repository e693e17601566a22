#include "dates/impossible.h"

#include <algorithm>
#include <vector>

namespace attend::dates {
namespace {

int between(Random& random, int low, int high) {
  return low + static_cast<int>(random.below(static_cast<std::uint64_t>(high - low + 1)));
}

/// Returns 29 February of a common year: of `year`, or of the year before if `year` is a leap year,
/// or sometimes of 1700, 1800, 1900, 2100 or 2200.
Date missing_leap_day(int year, int first_year, int last_year, Random& random) {
  constexpr double kCenturyShare = 0.1;
  if (random.chance(kCenturyShare)) {
    std::vector<int> centuries;
    for (int century = (first_year + 99) / 100 * 100; century <= last_year; century += 100) {
      if (days_in_month(century, 2) == 28) centuries.push_back(century);
    }
    if (!centuries.empty()) return {centuries[random.below(centuries.size())], 2, 29};
  }
  return {days_in_month(year, 2) == 28 ? year : year - 1, 2, 29};
}

enum class Part { kNone, kDay, kMonth, kYear };

Part part_of(Field field) {
  switch (field) {
    case Field::kDay:
    case Field::kDayPadded:
    case Field::kDayPlain:
    case Field::kDayMaybeOrdinal:
    case Field::kDayOrdinal:
      return Part::kDay;
    case Field::kMonth:
    case Field::kMonthPadded:
    case Field::kMonthPlain:
      return Part::kMonth;
    case Field::kYear:
    case Field::kYearLong:
    case Field::kYearShort:
      return Part::kYear;
    default:
      return Part::kNone;
  }
}

bool has(const Pattern& pattern, std::initializer_list<Field> fields) {
  return std::any_of(pattern.pieces.begin(), pattern.pieces.end(), [&](const Piece& piece) {
    return std::find(fields.begin(), fields.end(), piece.field) != fields.end();
  });
}

bool has_month_name(const Pattern& pattern) {
  return has(pattern,
             {Field::kMonthName, Field::kMonthShort, Field::kMonthLong, Field::kMonthShortAlone,
              Field::kMonthLongAlone, Field::kMonthOrdinal, Field::kMonthRoman});
}

/// Whether another one of three numbers may be read as the year, when the year has two digits.
bool reads_with_year_first(const Date& date, const Pattern& pattern, ShortReadings readings) {
  if (readings == ShortReadings::kAlsoYearFirst) return true;
  for (const Piece& piece : pattern.pieces) {
    const Part part = part_of(piece.field);
    if (part == Part::kNone) continue;
    // In a pattern with the year first, the year is over 31 and so is neither day nor month.
    return part != Part::kYear && (part == Part::kDay ? date.day : date.month) > 31;
  }
  return true;
}

}  // namespace

bool is_date(const Date& date) {
  return date.month >= 1 && date.month <= 12 && date.day >= 1 &&
         date.day <= days_in_month(date.year, date.month);
}

Date impossible_date(const Date& date, int first_year, int last_year, Random& random) {
  const double kind = random.uniform();
  if (kind < 0.34) return missing_leap_day(date.year, first_year, last_year, random);
  if (kind < 0.43) return {date.year, 2, 30};
  if (kind < 0.48) return {date.year, 2, 31};
  if (kind < 0.70) {
    constexpr int kShortMonths[] = {4, 6, 9, 11};
    return {date.year, kShortMonths[random.below(4)], 31};
  }
  if (kind < 0.81)
    return {date.year, date.month, between(random, 32, random.chance(0.7) ? 39 : 99)};
  if (kind < 0.87) return {date.year, date.month, 0};
  if (kind < 0.97) {
    return {date.year, between(random, 13, random.chance(0.7) ? 19 : 99), between(random, 13, 31)};
  }
  return {date.year, 0, between(random, 1, 31)};
}

SolarDate impossible_solar_date(const SolarDate& date, Random& random) {
  const double kind = random.uniform();
  if (kind < 0.3) return {is_solar_leap_year(date.year) ? date.year - 1 : date.year, 12, 30};
  if (kind < 0.4) return {date.year, 12, 31};
  if (kind < 0.75) return {date.year, between(random, 7, 11), 31};
  if (kind < 0.95) return {date.year, date.month, between(random, 32, 39)};
  return {date.year, date.month, 0};
}

bool shows_impossible(const Date& date, const Pattern& pattern, bool short_year,
                      ShortReadings readings) {
  if (pattern.reckoning == Reckoning::kSolarHijri || !fulfils(date, pattern)) return false;
  const bool month_exists = date.month >= 1 && date.month <= 12;
  const bool eastern = has(pattern, {Field::kMonthChinese, Field::kDayChinese});
  if (has(pattern, {Field::kDayLunar, Field::kMonthLunar})) return false;
  if (eastern && (date.month == 0 || date.day == 0)) return false;
  if (has_month_name(pattern)) return month_exists && (!short_year || date.day <= 31);
  if (is_date({date.year, date.day, date.month})) return false;  // day and month exchanged
  return !short_year ||
         (date.day > 0 && date.month > 0 && !reads_with_year_first(date, pattern, readings));
}

bool is_lunar(std::string_view text) {
  constexpr std::string_view kWords[] = {"农历", "農曆", "阴历", "陰曆", "旧历", "旧暦", "음력"};
  return std::any_of(std::begin(kWords), std::end(kWords), [&](std::string_view word) {
    return text.find(word) != std::string_view::npos;
  });
}

BeforeChrist before_christ(std::string_view language) {
  struct Entry {
    std::string_view language;
    BeforeChrist words;
  };
  constexpr Entry kEntries[] = {{"en", {" BC| B.C.| BCE| bc", ""}},
                                {"de", {" v. Chr.| v.Chr.| v. u. Z.", ""}},
                                {"nl", {" v.Chr.| v. Chr.", ""}},
                                {"fr", {" av. J.-C.| avant J.-C.", ""}},
                                {"es", {" a. C.| a.C.| a. de C.", ""}},
                                {"pt", {" a.C.| a. C.", ""}},
                                {"it", {" a.C.| a. C.", ""}},
                                {"ca", {" aC| a. C.", ""}},
                                {"ro", {" î.Hr.| î.e.n.", ""}},
                                {"pl", {" p.n.e.| przed Chr.", ""}},
                                {"cs", {" př. n. l.| př. Kr.", ""}},
                                {"sv", {" f.Kr.| f. Kr.", ""}},
                                {"da", {" f.Kr.| f. Kr.", ""}},
                                {"nb", {" f.Kr.| f. Kr.", ""}},
                                {"fi", {" eKr.| e.Kr.", ""}},
                                {"ru", {" до н. э.| до н.э.", ""}},
                                {"uk", {" до н. е.| до н.е.", ""}},
                                {"el", {" π.Χ.| π. Χ.", ""}},
                                {"id", {" SM", ""}},
                                {"ar", {" ق.م| ق. م.", ""}},
                                {"he", {" לפני הספירה| לפנה\"ס", ""}},
                                {"zh", {"", "公元前|前"}},
                                {"ja", {"", "紀元前|前"}},
                                {"ko", {"", "기원전 |기원전"}}};
  for (const Entry& entry : kEntries) {
    if (entry.language == language) return entry.words;
  }
  return {};
}

}  // namespace attend::dates
