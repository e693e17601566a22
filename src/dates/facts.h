// How people write dates in a language, as far as ICU's locale data does not tell. A list is one
// string whose entries are separated by '|'. An entry is repeated to make it more frequent.
#pragma once

#include <array>
#include <string_view>
#include <vector>

namespace attend::dates {

enum class Order { kDayMonth, kMonthDay };

/// How a day of the month becomes an ordinal.
enum class Ordinal {
  kNone,
  kSuffix,     // one of `ordinals` after any day
  kFirstOnly,  // one of `ordinals` after the first day of a month only
  kPrefix,     // one of `ordinals` before any day
  kEnglish,
  kFrench,
  kSwedish,
  kBengali,
  kGeorgian,
  kVietnamese,
};

/// A pattern of a date, in the notation of pattern.h.
struct PatternFact {
  double weight;
  std::string_view pattern;
};

/// The order of day and month where all three parts are numbers and the year comes last.
struct NumericOrder {
  Order long_year = Order::kDayMonth;     // 3/7/2017
  Order short_year = Order::kDayMonth;    // 3/7/17
  Order short_hyphen = Order::kDayMonth;  // 3-7-17
  Order comma = Order::kDayMonth;         // 3/7,17
};

enum class Digits { kAscii, kArabic, kPersian, kDevanagari, kBengali, kThai };

struct LanguageFacts {
  std::string_view code;
  std::string_view icu_locale;
  std::array<std::string_view, 12> months{};          // more names, from January
  std::array<std::string_view, 12> month_ordinals{};  // "fourth", for {Mo}
  std::array<std::string_view, 7> weekdays{};         // more names, from Monday
  std::string_view of{};       // words before the month, including the blank: "of "
  double of_share = 0.12;      // how often one is written
  std::string_view of_year{};  // words before the year
  double of_year_share = 0.1;
  Ordinal ordinal = Ordinal::kNone;
  std::string_view ordinals{};
  double ordinal_share = 0.15;
  std::string_view before{};  // words before the whole date: "on |the "
  std::string_view after{};   // words after the year: " AD"
  double after_share = 0.1;
  std::string_view weekday_links{};  // between weekday and date, in addition to " " and ", "
  double clock_share = 0.13;         // how often a time of day is next to the date
  std::string_view clock_links{};    // between date and time, in addition to " " and ", "
  std::string_view clock_before{};   // between a time and a date after it: " on "
  std::string_view clock_ends{};     // after the time: " Uhr"
  std::string_view clock_forms{};    // forms of the language, H HH mm ss in braces: "{H}h{mm}"
  std::string_view halves{};         // "am/pm|a.m./p.m."
  std::string_view clock_words{};    // a time without numbers: " at noon"
  NumericOrder order{};
  Digits digits = Digits::kAscii;
  double native_digits_share = 0.0;
  bool short_years = true;      // whether years of two digits are written
  int first_year = 0;           // earlier Gregorian years would look like another reckoning
  double roman = 0.0;           // weight of the patterns with a Roman month
  bool roman_cyrillic = false;  // whether the X of a Roman month may be a Cyrillic letter
  double english_share = 0.0;   // how often English month names are used
  double common_words = 1.0;    // factor on the weight of the common patterns with a month's name
  double weight = 1.0;          // weight of the language among all languages
  std::vector<PatternFact> patterns{};  // patterns in addition to the common ones
};

std::vector<LanguageFacts> north_facts();  // Germanic and Finnic languages
std::vector<LanguageFacts> south_facts();  // Romance languages, Greek, Turkish, ...
std::vector<LanguageFacts> east_facts();   // Slavic languages, Hungarian, Georgian
std::vector<LanguageFacts> asia_facts();   // Arabic to Vietnamese
std::vector<LanguageFacts> plain_facts();  // languages that need little besides ICU's data

}  // namespace attend::dates
