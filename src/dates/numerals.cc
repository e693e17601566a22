#include "dates/numerals.h"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "dates/pattern.h"

namespace attend::dates {
namespace {

using DigitRow = std::array<std::string_view, 10>;
constexpr DigitRow kArabic = {"٠", "١", "٢", "٣", "٤", "٥", "٦", "٧", "٨", "٩"};
constexpr DigitRow kPersian = {"۰", "۱", "۲", "۳", "۴", "۵", "۶", "۷", "۸", "۹"};
constexpr DigitRow kDevanagari = {"०", "१", "२", "३", "४", "५", "६", "७", "८", "९"};
constexpr DigitRow kBengali = {"০", "১", "২", "৩", "৪", "৫", "৬", "৭", "৮", "৯"};
constexpr DigitRow kThai = {"๐", "๑", "๒", "๓", "๔", "๕", "๖", "๗", "๘", "๙"};
constexpr DigitRow kChinese = {"零", "一", "二", "三", "四", "五", "六", "七", "八", "九"};

const DigitRow* row_of(Digits digits) {
  switch (digits) {
    case Digits::kAscii:
      return nullptr;
    case Digits::kArabic:
      return &kArabic;
    case Digits::kPersian:
      return &kPersian;
    case Digits::kDevanagari:
      return &kDevanagari;
    case Digits::kBengali:
      return &kBengali;
    case Digits::kThai:
      return &kThai;
  }
  return nullptr;
}

struct Era {
  Date begin;
  std::string_view name;
  char letter;
};
constexpr Era kEras[] = {{{2019, 5, 1}, "令和", 'R'},
                         {{1989, 1, 8}, "平成", 'H'},
                         {{1926, 12, 25}, "昭和", 'S'},
                         {{1912, 7, 30}, "大正", 'T'},
                         {{1873, 1, 1}, "明治", 'M'}};
constexpr int kFirstMeijiYear = 1868;
constexpr int kFirstMinguoYear = 1912;

const Era& era_of(const Date& date) {
  ATTEND_CHECK(has_japanese_era(date));
  const Era* era = kEras;
  while (day_number(date) < day_number(era->begin)) ++era;
  return *era;
}

int year_of_era(const Date& date, const Era& era) {
  return date.year - (era.letter == 'M' ? kFirstMeijiYear : era.begin.year) + 1;
}

std::string_view bengali_suffix(int day) {
  if (day == 1) return "লা";
  if (day == 2 || day == 3) return "রা";
  if (day == 4) return "ঠা";
  return day <= 18 ? "ই" : "শে";
}

std::string any_of(std::string_view list, Random& random) {
  const std::vector<std::string> entries = split_list(list);
  return entries.empty() ? std::string() : entries[random.below(entries.size())];
}

std::string swedish_suffix(int day, Random& random) {
  const bool ends_in_a = (day % 10 == 1 || day % 10 == 2) && day / 10 != 1;
  const std::string letter = ends_in_a ? "a" : "e";
  return (random.chance(0.75) ? ":" : "") + letter;
}

}  // namespace

std::string_view english_suffix(int day) {
  if (day / 10 == 1) return "th";
  switch (day % 10) {
    case 1:
      return "st";
    case 2:
      return "nd";
    case 3:
      return "rd";
    default:
      return "th";
  }
}

std::string with_digits(std::string_view text, Digits digits) {
  const DigitRow* row = row_of(digits);
  if (row == nullptr) return std::string(text);
  std::string result;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      result += (*row)[static_cast<std::size_t>(c - '0')];
    } else {
      result += c;
    }
  }
  return result;
}

std::string full_width(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if ((c >= '-' && c <= ':') || c == '(' || c == ')') {
      // U+FF01 + (c - '!') lies in U+FF01..U+FF1A: three bytes that begin EF BC.
      result += "\xEF\xBC";
      result += static_cast<char>(0x81 + (c - '!'));
    } else {
      result += c;
    }
  }
  return result;
}

std::string chinese_digits(int number, bool round_zero) {
  std::string result;
  for (const char c : std::to_string(number)) {
    result += c == '0' && round_zero ? "〇" : kChinese[static_cast<std::size_t>(c - '0')];
  }
  return result;
}

std::string chinese_number(int number) {
  constexpr std::pair<int, std::string_view> kUnits[] = {{1000, "千"}, {100, "百"}, {10, "十"}};
  std::string result;
  for (const auto& [unit, name] : kUnits) {
    const int count = number / unit % 10;
    if (count == 0) continue;
    if (count > 1) result += kChinese[static_cast<std::size_t>(count)];
    result += name;
  }
  if (number % 10 != 0) result += kChinese[static_cast<std::size_t>(number % 10)];
  return result;
}

std::string chinese_counted_year(int year, Random& random) {
  if (year == 2000) return std::array{"两千", "兩千", "二千"}[random.below(3)];
  const int thousands = year / 1000 % 10;
  const int rest = year % 1000;
  std::string result = thousands == 2 && random.chance(0.6)
                           ? std::string(random.chance(0.7) ? "两" : "兩")
                           : std::string(kChinese[static_cast<std::size_t>(thousands)]);
  result += "千";
  if (rest == 0) return result;
  if (rest < 100) result += "零";
  if (rest >= 100) {
    result += kChinese[static_cast<std::size_t>(rest / 100)];
    result += "百";
    if (rest % 100 != 0 && rest % 100 < 10) result += "零";
  }
  const int tail = rest % 100;
  if (tail >= 10 && tail < 20) result += "一";
  return tail == 0 ? result : result + chinese_number(tail);
}

std::string chinese_lunar_day(int day) {
  if (day <= 10) return "初" + chinese_number(day);
  if (day < 20) return chinese_number(day);
  if (day == 20) return "二十";
  if (day < 30) return "廿" + chinese_number(day - 20);
  return chinese_number(day);
}

std::string chinese_lunar_month(int month, Random& random) {
  if (month == 1 && random.chance(0.6)) return "正";
  if (month == 11 && random.chance(0.3)) return "冬";
  if (month == 12 && random.chance(0.5)) return random.chance(0.7) ? "腊" : "臘";
  return chinese_number(month);
}

bool has_japanese_era(const Date& date) {
  return date.year >= kEras[std::size(kEras) - 1].begin.year;
}

std::string japanese_era_year(const Date& date, Script script, Random& random) {
  const Era& era = era_of(date);
  const int year = year_of_era(date, era);
  if (year == 1 && random.chance(0.7)) return std::string(era.name) + "元";
  return std::string(era.name) +
         (script == Script::kChinese ? chinese_number(year) : std::to_string(year));
}

std::string japanese_era_letter_year(const Date& date) {
  const Era& era = era_of(date);
  return fmt::format("{}{}", era.letter, year_of_era(date, era));
}

std::string minguo_year(int year, Script script, Random& random) {
  const int number = year - kFirstMinguoYear + 1;
  ATTEND_CHECK(number >= 1);
  if (number == 1) return "元";
  if (script == Script::kDigits) return std::to_string(number);
  if (number < 100) return chinese_number(number);
  if (random.chance(0.3)) return chinese_digits(number, random.chance(0.5));
  const int rest = number % 100;
  const std::string_view gap = rest == 0 ? "" : rest < 10 ? "零" : rest < 20 ? "一" : "";
  return fmt::format("{}百{}{}", kChinese[static_cast<std::size_t>(number / 100)], gap,
                     rest == 0 ? std::string() : chinese_number(rest));
}

std::string_view roman_month(int month) {
  constexpr std::array<std::string_view, 12> kMonths = {"I",   "II",   "III", "IV", "V",  "VI",
                                                        "VII", "VIII", "IX",  "X",  "XI", "XII"};
  return kMonths[static_cast<std::size_t>(month - 1)];
}

std::string ordinal_day(int day, const LanguageFacts& facts, Random& random) {
  const std::string number = std::to_string(day);
  switch (facts.ordinal) {
    case Ordinal::kNone:
      return number;
    case Ordinal::kSuffix:
      return number + any_of(facts.ordinals, random);
    case Ordinal::kFirstOnly:
      return day == 1 ? number + any_of(facts.ordinals, random) : number;
    case Ordinal::kPrefix:
      return any_of(facts.ordinals, random) + number;
    case Ordinal::kEnglish:
      return (day < 10 && random.chance(0.1) ? "0" : "") + number +
             std::string(english_suffix(day));
    case Ordinal::kFrench:
      if (day == 1) return "1" + any_of("er|er|er|er|ᵉʳ", random);
      return random.chance(0.15) ? number + any_of("e|ème|eme", random) : number;
    case Ordinal::kSwedish:
      return number + swedish_suffix(day, random);
    case Ordinal::kBengali:
      return number + std::string(bengali_suffix(day));
    case Ordinal::kGeorgian:
      return day == 1 ? "1-ლი" : "მე-" + number;
    case Ordinal::kVietnamese:
      return (day <= 10 ? any_of("mồng |mùng |", random) : std::string()) + number;
  }
  return number;
}

}  // namespace attend::dates
