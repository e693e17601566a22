// Dates in other calendars and numerals. A small parser or ICU's calendars read each one back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unicode/calendar.h>
#include <unicode/locid.h>

#include <array>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "dates/dates.h"
#include "pairs.h"

namespace attend::dates {
namespace {

std::vector<DatePair> pairs_in(const std::string& locale, int count) {
  DatePairOptions options;
  options.locales = {locale};
  options.tag = SourceTag::kNone;
  return take(options, count);
}

/// Replaces Persian digits by ASCII digits.
std::string with_ascii_digits(std::string text) {
  constexpr std::array kPersian = {"۰", "۱", "۲", "۳", "۴", "۵", "۶", "۷", "۸", "۹"};
  for (std::size_t digit = 0; digit < kPersian.size(); ++digit) {
    const std::string wide = kPersian[digit];
    for (std::size_t at = text.find(wide); at != std::string::npos; at = text.find(wide, at)) {
      text.replace(at, wide.size(), std::to_string(digit));
    }
  }
  return text;
}

/// Returns the Gregorian date of a Solar Hijri date, as ICU converts it.
std::string by_icu(int year, int month, int day) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<icu::Calendar> persian(icu::Calendar::createInstance(
      *icu::TimeZone::getGMT(), icu::Locale("fa_IR@calendar=persian"), status));
  const std::unique_ptr<icu::Calendar> gregorian(icu::Calendar::createInstance(
      *icu::TimeZone::getGMT(), icu::Locale("en_US@calendar=gregorian"), status));
  persian->clear();
  persian->set(UCAL_EXTENDED_YEAR, year);
  persian->set(UCAL_MONTH, month - 1);
  persian->set(UCAL_DATE, day);
  gregorian->setTime(persian->getTime(status), status);
  char iso[32];
  std::snprintf(iso, sizeof iso, "%04d-%02d-%02d", gregorian->get(UCAL_YEAR, status),
                gregorian->get(UCAL_MONTH, status) + 1, gregorian->get(UCAL_DATE, status));
  EXPECT_TRUE(U_SUCCESS(status));
  return iso;
}

TEST(Persian, SolarHijriNumbersAgreeWithIcu) {
  const std::regex numbers("(1[234][0-9]{2})([/.-])([0-9]{1,2})\\2([0-9]{1,2})");
  std::set<int> years;
  int checked = 0;
  for (const DatePair& pair : pairs_in("fa", 60000)) {
    const std::string source = with_ascii_digits(pair.source);
    std::smatch match;
    if (!std::regex_match(source, match, numbers)) continue;
    EXPECT_EQ(by_icu(std::stoi(match[1]), std::stoi(match[3]), std::stoi(match[4])), pair.target)
        << pair.source;
    years.insert(std::stoi(match[1]));
    ++checked;
  }
  EXPECT_GT(checked, 3000);
  EXPECT_LE(*years.begin(), 1285);
  EXPECT_GE(*years.rbegin(), 1475);
  EXPECT_TRUE(years.contains(1399));  // a leap year
}

TEST(Persian, SolarHijriNamesAgreeWithIcu) {
  const std::map<std::string, int> months = {
      {"فروردین", 1}, {"اردیبهشت", 2}, {"خرداد", 3}, {"تیر", 4}, {"مرداد", 5}, {"شهریور", 6},
      {"مهر", 7},     {"آبان", 8},     {"آذر", 9},   {"دی", 10}, {"بهمن", 11}, {"اسفند", 12}};
  const std::regex shape("([0-9]{1,2}) ([^ 0-9]+) ([0-9]{4})");
  std::set<int> found;
  bool leap_day = false;
  for (const DatePair& pair : pairs_in("fa", 60000)) {
    const std::string source = with_ascii_digits(pair.source);
    std::smatch match;
    if (!std::regex_match(source, match, shape) || !months.contains(match[2])) continue;
    const int month = months.at(match[2]);
    EXPECT_EQ(by_icu(std::stoi(match[3]), month, std::stoi(match[1])), pair.target) << pair.source;
    found.insert(month);
    leap_day = leap_day || (month == 12 && match[1] == "30");
  }
  EXPECT_EQ(found.size(), 12U);
  EXPECT_TRUE(leap_day);
}

TEST(Persian, YearsTellTheCalendar) {
  const std::regex number("[0-9]{4}"), zone("[+-]0[0-9]00");
  for (const DatePair& pair : pairs_in("fa", 40000)) {
    const std::string source = with_ascii_digits(pair.source);
    std::smatch match;
    // Compact dates and times with a zone contain longer numbers of their own.
    if (source.find(':') != std::string::npos || source.find('T') != std::string::npos) continue;
    if (std::regex_search(source, zone) || !std::regex_search(source, match, number)) continue;
    const int written = std::stoi(match[0]), year = parsed(pair.target).year;
    const bool solar = written < 1600;
    const int difference = year - written;
    EXPECT_TRUE(solar ? difference == 621 || difference == 622 : difference == 0)
        << pair.source << " " << pair.target;
  }
}

/// Returns the month of I … XII, also as one character or with Cyrillic letters; 0 for none.
int roman(const std::string& text) {
  constexpr std::array kMonths = {"I|Ⅰ",   "II|Ⅱ",   "III|Ⅲ",   "IV|Ⅳ",  "V|Ⅴ",     "VI|Ⅵ",
                                  "VII|Ⅶ", "VIII|Ⅷ", "IX|IХ|Ⅸ", "X|Х|Ⅹ", "XI|ХI|Ⅺ", "XII|ХII|Ⅻ"};
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    if (std::regex_match(text, std::regex(kMonths[i]))) return static_cast<int>(i + 1);
  }
  return 0;
}

TEST(RomanMonths, AreReadBack) {
  const std::regex shape("([0-9]{1,2})[ ./-]{1,3}([^0-9 ./-]+)[ ./-]{1,3}([0-9]{4}).*");
  for (const char* locale : {"pl", "hu", "ro", "ru", "it", "bg", "cs", "uk", "sr"}) {
    std::set<int> months;
    for (const DatePair& pair : pairs_in(locale, 30000)) {
      std::smatch match;
      if (!std::regex_match(pair.source, match, shape) || roman(match[2]) == 0) continue;
      const Ymd date = parsed(pair.target);
      EXPECT_EQ(roman(match[2]), date.month) << pair.source;
      EXPECT_EQ(std::stoi(match[1]), date.day) << pair.source;
      EXPECT_EQ(std::stoi(match[3]), date.year) << pair.source;
      months.insert(date.month);
    }
    EXPECT_EQ(months.size(), 12U) << locale;
  }
}

TEST(RomanMonths, StandBehindTheYearInHungarian) {
  const std::regex shape("([0-9]{4})\\.? ?([IVX]+)\\.? ?([0-9]{1,2})\\.?");
  int checked = 0;
  for (const DatePair& pair : pairs_in("hu", 30000)) {
    std::smatch match;
    if (!std::regex_match(pair.source, match, shape)) continue;
    const Ymd date = parsed(pair.target);
    EXPECT_EQ(roman(match[2]), date.month) << pair.source;
    EXPECT_EQ(std::stoi(match[3]), date.day) << pair.source;
    ++checked;
  }
  EXPECT_GT(checked, 200);
}

TEST(RomanMonths, AreLeftOutWhereNobodyWritesThem) {
  const std::regex shape("[0-9] [IVX]+ [0-9]");
  for (const DatePair& pair : pairs_in("ko", 20000)) {
    EXPECT_FALSE(std::regex_search(pair.source, shape)) << pair.source;
  }
}

TEST(Eras, JapaneseLettersAreReadBack) {
  const std::map<char, int> before = {
      {'M', 1867}, {'T', 1911}, {'S', 1925}, {'H', 1988}, {'R', 2018}};
  const std::regex shape("([MTSHR])([0-9]{1,2})[./]([0-9]{1,2})[./]([0-9]{1,2})");
  std::set<char> letters;
  for (const DatePair& pair : pairs_in("ja", 60000)) {
    std::smatch match;
    if (!std::regex_match(pair.source, match, shape)) continue;
    const Ymd date = parsed(pair.target);
    const char letter = match[1].str()[0];
    EXPECT_EQ(std::stoi(match[2]) + before.at(letter), date.year) << pair.source;
    EXPECT_EQ(std::stoi(match[3]), date.month) << pair.source;
    EXPECT_EQ(std::stoi(match[4]), date.day) << pair.source;
    letters.insert(letter);
  }
  EXPECT_GE(letters.size(), 4U);
}

TEST(Eras, YearsOfTheRepublicOfChinaAreReadBack) {
  const std::regex shape("(?:民國|民国|中華民國)([0-9]+)年([0-9]{1,2})月([0-9]{1,2}).*");
  int checked = 0;
  for (const DatePair& pair : pairs_in("zh", 60000)) {
    std::smatch match;
    if (!std::regex_match(pair.source, match, shape)) continue;
    const Ymd date = parsed(pair.target);
    EXPECT_EQ(std::stoi(match[1]) + 1911, date.year) << pair.source;
    EXPECT_EQ(std::stoi(match[2]), date.month) << pair.source;
    EXPECT_EQ(std::stoi(match[3]), date.day) << pair.source;
    ++checked;
  }
  EXPECT_GT(checked, 300);
}

TEST(Eras, BuddhistYearsAreNoGregorianYears) {
  const std::regex shape("([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})");
  int buddhist = 0;
  for (const DatePair& pair : pairs_in("th", 60000)) {
    std::smatch match;
    if (!std::regex_match(pair.source, match, shape)) continue;
    const int written = std::stoi(match[3]), year = parsed(pair.target).year;
    EXPECT_EQ(written - year, written >= 2300 ? 543 : 0) << pair.source;
    buddhist += written >= 2300 ? 1 : 0;
  }
  EXPECT_GT(buddhist, 50);
}

TEST(Eras, WordsOfTheCommonEraChangeNothing) {
  for (const auto& [locale, word] :
       {std::pair{"en", " AD"}, {"de", " n. Chr."}, {"pl", " n.e."}, {"fr", " ap. J.-C."}}) {
    int found = 0;
    for (const DatePair& pair : pairs_in(locale, 40000)) {
      if (pair.source.find(word) == std::string::npos) continue;
      const std::string year = std::to_string(parsed(pair.target).year);
      EXPECT_TRUE(pair.source.find(year) != std::string::npos ||
                  pair.source.find(year.substr(2)) != std::string::npos)
          << pair.source;
      ++found;
    }
    EXPECT_GT(found, 20) << locale;
  }
}

}  // namespace
}  // namespace attend::dates
