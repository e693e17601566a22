// What ICU's locale data does not tell about the way people write dates in a language. Lists are
// written in one string, parted by '|'; an entry is repeated to make it more frequent.
#pragma once

#include <array>
#include <string_view>
#include <vector>

namespace attend::dates {

enum class Order { kDayMonth, kMonthDay };

/// How a day of the month becomes an ordinal.
enum class Ordinal {
  kNone,
  kSuffix,     // one of `ordinals` behind any day
  kFirstOnly,  // the same, but only the first of a month
  kPrefix,     // one of `ordinals` before any day
  kEnglish,
  kFrench,
  kSwedish,
  kBengali,
  kGeorgian,
  kVietnamese,
};

/// A way to write a date, in the notation of pattern.h.
struct PatternFact {
  double weight;
  std::string_view pattern;
};

/// The order of day and month where all three are numbers and the year comes last.
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
  std::array<std::string_view, 12> months{};          // further names, from January
  std::array<std::string_view, 12> month_ordinals{};  // "fourth", for {Mo}
  std::array<std::string_view, 7> weekdays{};         // further names, from Monday
  std::string_view of{};       // words before the month, with their blank: "of "
  double of_share = 0.12;      // how often one is written
  std::string_view of_year{};  // words before the year
  double of_year_share = 0.1;
  Ordinal ordinal = Ordinal::kNone;
  std::string_view ordinals{};
  double ordinal_share = 0.15;
  std::string_view before{};  // words before the whole date: "on |the "
  std::string_view after{};   // words behind the year: " AD"
  double after_share = 0.1;
  std::string_view weekday_links{};  // between weekday and date, besides " " and ", "
  double clock_share = 0.13;         // how often a time of day stands beside the date
  std::string_view clock_links{};    // between date and time of day, besides " " and ", "
  std::string_view clock_before{};   // between a time and the date behind it: " on "
  std::string_view clock_ends{};     // behind the time: " Uhr"
  std::string_view clock_forms{};    // own forms, H HH mm ss in braces: "{H}h{mm}"
  std::string_view halves{};         // "am/pm|a.m./p.m."
  std::string_view clock_words{};    // a time without numbers: " at noon"
  NumericOrder order{};
  Digits digits = Digits::kAscii;
  double native_digits_share = 0.0;
  bool short_years = true;      // whether years of two digits are written
  int first_year = 0;           // an earlier Gregorian year would be read in another reckoning
  double roman = 0.0;           // weight of the patterns with a Roman month
  bool roman_cyrillic = false;  // whether the X of a Roman month may be a Cyrillic letter
  double english_share = 0.0;   // how often English month names are used
  double common_words = 1.0;    // weight of the common patterns with a month's name, times
  double weight = 1.0;          // of the language among all
  std::vector<PatternFact> patterns{};  // the language's own ways, besides the common ones
};

std::vector<LanguageFacts> north_facts();  // Germanic and Finnic languages
std::vector<LanguageFacts> south_facts();  // Romance languages, Greek, Turkish, ...
std::vector<LanguageFacts> east_facts();   // Slavic languages, Hungarian, Georgian
std::vector<LanguageFacts> asia_facts();   // Arabic to Vietnamese
std::vector<LanguageFacts> plain_facts();  // languages with little beside ICU\'s data

}  // namespace attend::dates
