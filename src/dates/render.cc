#include "dates/render.h"

#include <fmt/format.h>

#include <utility>

#include "dates/numerals.h"
#include "dates/pattern_sets.h"
#include "dates/unicode.h"

namespace attend::dates {
namespace {

constexpr double kWeekdayShare = 0.14;
constexpr double kWrongWeekdayShare = 0.2;
constexpr double kBeforeShare = 0.1;
constexpr double kPaddedDayShare = 0.28;
constexpr int kBuddhistOffset = 543;

bool is_eastern(const LanguageFacts& facts) {
  return facts.code == "zh" || facts.code == "ja" || facts.code == "ko";
}

const std::string& any_of(const std::vector<std::string>& list, Random& random) {
  return list[random.below(list.size())];
}

}  // namespace

/// A date that is being written.
struct Writer::Draft {
  const Date& date;
  const SolarDate& solar;
  YearDigits year;
  const Names& names;
  std::size_t month;    // from 0
  std::size_t weekday;  // Monday is 0
  Random& random;
  std::string text;
};

Writer::Writer(const LanguageFacts& facts, std::shared_ptr<const Names> english)
    : facts_(facts),
      names_(names_of(facts)),
      english_(std::move(english)),
      patterns_(patterns_of(facts)),
      clock_(facts),
      of_(split_list(facts.of)),
      of_year_(split_list(facts.of_year)),
      before_(split_list(facts.before)),
      after_(split_list(facts.after)),
      weekday_links_(split_list(facts.weekday_links)) {
  ATTEND_CHECK(english_ != nullptr || facts.english_share == 0.0);
  noise_.locale = icu::Locale(std::string(facts.icu_locale).c_str());
  noise_.cased = has_case(names_.months_long[0]) || facts.english_share > 0.2;
  noise_.full_width_share = facts.code == "ja" ? 0.05 : is_eastern(facts) ? 0.02 : 0.0;
}

std::string Writer::write(const Day& day, const Pattern& pattern, YearDigits year,
                          Random& random) const {
  const Date& date = day.date;
  const bool english = facts_.english_share > 0 && random.chance(facts_.english_share);
  const bool wrong = random.chance(kWrongWeekdayShare);
  Draft draft{date,
              day.solar,
              year,
              english ? *english_ : names_,
              static_cast<std::size_t>(date.month - 1),
              wrong ? random.below(7) : static_cast<std::size_t>(dates::weekday(date)),
              random,
              {}};
  for (const Piece& piece : pattern.pieces) append(piece, draft);
  if (pattern.ends_in_year && !after_.empty() && !pattern.machine &&
      random.chance(facts_.after_share)) {
    draft.text += any_of(after_, random);
  }
  if (pattern.machine) return draft.text;
  std::string text = decorated(std::move(draft.text), pattern, draft);
  text = with_noise(std::move(text), noise_, random);
  if (facts_.native_digits_share > 0 && random.chance(facts_.native_digits_share)) {
    text = with_digits(text, facts_.digits);
  }
  return text;
}

std::string Writer::decorated(std::string date, const Pattern& pattern, Draft& draft) const {
  Random& random = draft.random;
  // Words such as 西暦 say how the year is counted, so they do not fit a year of an era.
  const bool era =
      pattern.reckoning == Reckoning::kJapaneseEra || pattern.reckoning == Reckoning::kMinguo;
  const bool introduced = !before_.empty() && !era;
  if (!pattern.has_weekday && random.chance(kWeekdayShare)) {
    date = with_weekday(std::move(date), draft);
    if (introduced && random.chance(kBeforeShare / 2)) date = any_of(before_, random) + date;
  } else if (introduced && random.chance(kBeforeShare)) {
    date = any_of(before_, random) + date;
  }
  if (!pattern.has_clock && random.chance(facts_.clock_share))
    date = clock_.beside(std::move(date), random);
  return date;
}

std::string Writer::with_weekday(std::string date, Draft& draft) const {
  Random& random = draft.random;
  const Names& names = is_eastern(facts_) ? names_ : draft.names;
  const std::string& name = names.weekdays[draft.weekday].draw(random);
  const double kind = random.uniform();
  if (is_eastern(facts_)) {
    if (kind < 0.4) return date + name;
    if (kind < 0.65) return date + " " + name;
    if (kind < 0.8) return date + "(" + name + ")";
    if (kind < 0.9) return date + (random.chance(0.5) ? "," : ", ") + name;
    return name + (random.chance(0.5) ? ", " : " ") + date;
  }
  if (kind < 0.35) return name + " " + date;
  if (kind < 0.58) return name + ", " + date;
  if (kind < 0.80) {
    const std::string link =
        weekday_links_.empty() ? std::string(" ") : any_of(weekday_links_, random);
    return name + link + date;
  }
  if (kind < 0.84) return name + (name.back() == '.' ? " " : ". ") + date;
  if (kind < 0.88) return name + (name.back() == '.' ? ", " : "., ") + date;
  if (kind < 0.90) return "(" + name + ") " + date;
  if (kind < 0.91) return name + date;
  if (kind < 0.95) return date + ", " + name;
  if (kind < 0.98) return date + " " + name;
  return date + " (" + name + ")";
}

void Writer::append(const Piece& piece, Draft& draft) const {
  Random& random = draft.random;
  switch (piece.field) {
    case Field::kLiteral:
      draft.text += piece.text;
      break;
    case Field::kAlternatives:
      draft.text += any_of(piece.alternatives, random);
      break;
    case Field::kOf:
      if (!of_.empty() && random.chance(facts_.of_share)) draft.text += any_of(of_, random);
      break;
    case Field::kOfYear:
      if (!of_year_.empty() && random.chance(facts_.of_year_share)) {
        draft.text += any_of(of_year_, random);
      }
      break;
    case Field::kClockIso:
      draft.text += Clock::iso(random);
      break;
    case Field::kClockPlain:
      draft.text += Clock::plain(random);
      break;
    case Field::kClock6:
      draft.text += Clock::compact(6, random);
      break;
    case Field::kClock4:
      draft.text += Clock::compact(4, random);
      break;
    case Field::kClock2:
      draft.text += Clock::compact(2, random);
      break;
    default:
      append_number(piece, draft);
      break;
  }
}

void Writer::append_number(const Piece& piece, Draft& draft) const {
  const Date& date = draft.date;
  Random& random = draft.random;
  const auto number = [&](int value, bool padded) {
    if (padded && value < 10) draft.text += '0';
    draft.text += std::to_string(value);
  };
  switch (piece.field) {
    case Field::kDay:
      number(date.day, random.chance(kPaddedDayShare));
      break;
    case Field::kDayPadded:
      number(date.day, true);
      break;
    case Field::kDayPlain:
      number(date.day, false);
      break;
    case Field::kDayMaybeOrdinal:
      if (random.chance(facts_.ordinal_share)) {
        draft.text += ordinal_day(date.day, facts_, random);
      } else {
        number(date.day, random.chance(kPaddedDayShare));
      }
      break;
    case Field::kDayOrdinal:
      draft.text += ordinal_day(date.day, facts_, random);
      break;
    case Field::kMonth:
      number(date.month, random.chance(kPaddedDayShare));
      break;
    case Field::kMonthPadded:
      number(date.month, true);
      break;
    case Field::kMonthPlain:
      number(date.month, false);
      break;
    case Field::kYear:
      if (draft.year == YearDigits::kTwo) {
        if (random.chance(0.1)) draft.text += '\'';
        number(date.year % 100, true);
      } else {
        number(date.year, false);
      }
      break;
    case Field::kYearLong:
      number(date.year, false);
      break;
    case Field::kYearShort:
      number(date.year % 100, true);
      break;
    case Field::kYearBuddhist:
      number(date.year + kBuddhistOffset, false);
      break;
    default:
      append_name(piece, draft);
      break;
  }
}

void Writer::append_name(const Piece& piece, Draft& draft) const {
  const Names& names = draft.names;
  switch (piece.field) {
    case Field::kMonthName:
      draft.text += names.months[draft.month].draw(draft.random);
      break;
    case Field::kMonthShort:
      draft.text += names.months_short[draft.month];
      break;
    case Field::kMonthLong:
      draft.text += names.months_long[draft.month];
      break;
    case Field::kMonthShortAlone:
      draft.text += names.months_short_alone[draft.month];
      break;
    case Field::kMonthRoman:
      draft.text += roman(draft.date.month, draft.random);
      break;
    case Field::kMonthOrdinal:
      draft.text += facts_.month_ordinals[draft.month];
      break;
    case Field::kMonthLongAlone:
      draft.text += names.months_long_alone[draft.month];
      break;
    case Field::kWeekdayName:
      draft.text += names.weekdays[draft.weekday].draw(draft.random);
      break;
    case Field::kWeekdayShort:
      draft.text += names.weekdays_short[draft.weekday];
      break;
    case Field::kWeekdayLong:
      draft.text += names.weekdays_long[draft.weekday];
      break;
    default:
      append_eastern(piece, draft);
      break;
  }
}

void Writer::append_eastern(const Piece& piece, Draft& draft) const {
  const Date& date = draft.date;
  Random& random = draft.random;
  switch (piece.field) {
    case Field::kYearChinese:
      draft.text += chinese_digits(date.year, random.chance(0.5));
      break;
    case Field::kYearCounted:
      draft.text +=
          facts_.code == "ja" ? chinese_number(date.year) : chinese_counted_year(date.year, random);
      break;
    case Field::kMonthChinese:
      draft.text += chinese_number(date.month);
      break;
    case Field::kDayChinese:
      draft.text += date.day > 20 && date.day < 30 && facts_.code == "zh" && random.chance(0.08)
                        ? "廿" + chinese_number(date.day - 20)
                        : chinese_number(date.day);
      break;
    case Field::kDayLunar:
      draft.text += chinese_lunar_day(date.day);
      break;
    case Field::kMonthLunar:
      draft.text += chinese_lunar_month(date.month, random);
      break;
    case Field::kEra:
      draft.text += japanese_era_year(date, Script::kDigits, random);
      break;
    case Field::kEraChinese:
      draft.text += japanese_era_year(date, Script::kChinese, random);
      break;
    case Field::kEraLetter:
      draft.text += japanese_era_letter_year(date);
      break;
    case Field::kYearMinguo:
      draft.text += minguo_year(date.year, Script::kDigits, random);
      break;
    case Field::kYearMinguoChinese:
      draft.text += minguo_year(date.year, Script::kChinese, random);
      break;
    default:
      append_solar(piece, draft);
      break;
  }
}

void Writer::append_solar(const Piece& piece, Draft& draft) const {
  const SolarDate& date = draft.solar;
  switch (piece.field) {
    case Field::kSolarDay:
      draft.text += std::to_string(date.day);
      break;
    case Field::kSolarDayPadded:
      draft.text += fmt::format("{:02}", date.day);
      break;
    case Field::kSolarMonth:
      draft.text += std::to_string(date.month);
      break;
    case Field::kSolarMonthPadded:
      draft.text += fmt::format("{:02}", date.month);
      break;
    case Field::kSolarMonthName:
      draft.text += any_of(
          split_list(solar_month_names()[static_cast<std::size_t>(date.month - 1)]), draft.random);
      break;
    case Field::kSolarYear:
      draft.text += std::to_string(date.year);
      break;
    default:
      ATTEND_CHECK(false);
      break;
  }
}

/// In a Cyrillic text the X may be the Cyrillic letter. Sometimes the whole numeral is one
/// character, U+2160 for I to U+216B for XII.
std::string Writer::roman(int month, Random& random) const {
  constexpr double kOneCharacterShare = 0.04, kCyrillicShare = 0.3;
  std::string text;
  if (random.chance(kOneCharacterShare)) {
    text = "\xE2\x85";
    text += static_cast<char>(0xA0 + month - 1);
    return text;
  }
  const bool cyrillic = facts_.roman_cyrillic && random.chance(kCyrillicShare);
  for (const char c : roman_month(month)) {
    text += cyrillic && c == 'X' ? std::string("\xD0\xA5") : std::string(1, c);
  }
  return text;
}

}  // namespace attend::dates
