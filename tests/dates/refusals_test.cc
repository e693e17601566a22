// Tests of pairs whose target is empty. By the tests' own calendars their sources must be no date.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "base/base.h"
#include "dates/dates.h"
#include "english_reader.h"
#include "pairs.h"

namespace attend::dates {
namespace {

DatePairOptions refusing(DateStyle style, double share = 0.9) {
  DatePairOptions options;
  options.style = style;
  options.refusal_share = share;
  return options;
}

constexpr std::array kStyles = {DateStyle::kWritten, DateStyle::kEverydayEnglish,
                                DateStyle::kEnglishExercise};

std::string without_tag(const std::string& source) {
  return source.front() == '<' ? source.substr(source.find("> ") + 2) : source;
}

bool exists(int year, int month, int day) {
  return month >= 1 && month <= 12 && day >= 1 && day <= last_day(year, month);
}

TEST(Refusals, HaveTheWantedShareAndComeAgainWithTheSeed) {
  for (const DateStyle style : kStyles) {
    for (const double share : {0.1, 0.5}) {
      constexpr int kCount = 10000;
      const auto first = take(refusing(style, share), kCount);
      const auto again = take(refusing(style, share), kCount);
      int empty = 0;
      for (int i = 0; i < kCount; ++i) {
        empty += first[static_cast<std::size_t>(i)].target.empty() ? 1 : 0;
        ASSERT_EQ(first[static_cast<std::size_t>(i)].source,
                  again[static_cast<std::size_t>(i)].source);
      }
      EXPECT_NEAR(static_cast<double>(empty) / kCount, share,
                  4 * std::sqrt(share * (1 - share) / kCount));
    }
  }
}

TEST(Refusals, AreNoneByDefault) {
  for (const DateStyle style : kStyles) {
    DatePairOptions options;
    options.style = style;
    for (const DatePair& pair : take(options, 5000)) EXPECT_EQ(pair.target.size(), 10U);
  }
}

TEST(Refusals, NeedAShareBelowOne) {
  for (const double share : {-0.1, 1.0, 2.0, std::stod("nan")}) {
    EXPECT_THROW(DatePairGenerator(refusing(DateStyle::kWritten, share)), UsageError) << share;
  }
}

std::string iso(int year, int month, int day) {
  return fmt::format("{:04}-{:02}-{:02}", year, month, day);
}

int count_tests(int year, int last_year, int last_month, double share) {
  int count = 0;
  for (; year <= last_year; ++year) {
    for (int month = 1; month <= last_month; ++month) {
      for (int day = 1; day <= last_day(year, month); ++day) {
        count += split_of(iso(year, month, day), share) == DateSplit::kTest ? 1 : 0;
      }
    }
  }
  return count;
}

// The side of an impossible date is that of the day so many days later, in the same year or in one
// of the eight after it: a year whose only test date, for all these years, is in January has none.
TEST(Refusals, ThatTheWantedSideDoesNotHaveAreSaidAtOnce) {
  DatePairOptions options;
  options.split = DateSplit::kTest;
  options.test_share = 2e-4;
  int year = 1000;
  while (count_tests(year, year, 1, options.test_share) == 0 ||
         count_tests(year - 1 < 1000 ? year : year - 1, year + 8, 12, options.test_share) != 1) {
    ASSERT_LT(++year, 2290);
  }
  for (const DateStyle style : {DateStyle::kEverydayEnglish, DateStyle::kEnglishExercise}) {
    options.style = style;
    const bool exercise = style == DateStyle::kEnglishExercise;
    options.test_share = exercise ? 0.004 : 2e-4;
    options.first_year = options.last_year = exercise ? 2004 : year;
    options.refusal_share = 0;
    EXPECT_NO_THROW(DatePairGenerator{options}) << "dates themselves are there";
    options.refusal_share = 0.5;
    EXPECT_THROW(DatePairGenerator{options}, UsageError) << options.first_year;
  }
}

TEST(Refusals, AreOneLineThatIsNotEmpty) {
  for (const DateStyle style : kStyles) {
    for (const DatePair& pair : take(refusing(style), 20000)) {
      ASSERT_FALSE(without_tag(pair.source).empty());
      ASSERT_EQ(pair.source.find_first_of("\t\r\n"), std::string::npos) << pair.source;
    }
  }
}

TEST(Refusals, HaveNoReadingInEverydayEnglish) {
  DatePairOptions options = refusing(DateStyle::kEverydayEnglish);
  options.first_year = 1500;
  int looks_like_a_date = 0, dates = 0;
  for (const DatePair& pair : take(options, 40000)) {
    // The reader knows neither times of day nor sums.
    if (pair.source.find_first_of(":+") != std::string::npos) continue;
    const Ymd found = read(pair.source);
    if (pair.target.empty()) {
      EXPECT_FALSE(exists(found.year, found.month, found.day)) << pair.source;
      looks_like_a_date += found.year != 0 ? 1 : 0;
    } else {
      EXPECT_TRUE(exists(found.year, found.month, found.day)) << pair.source;
      ++dates;
    }
  }
  EXPECT_GT(looks_like_a_date, 14000);
  EXPECT_GT(dates, 3000);
}

/// Finds three numbers of ASCII digits with signs between them.
bool three_numbers(const std::string& text, std::array<std::string, 3>& numbers) {
  static const std::regex kShape("([0-9]{1,4})[-/., _]+([0-9]{1,4})[-/., _]+([0-9]{1,4})[., ]*");
  std::smatch match;
  if (!std::regex_match(text, match, kShape)) return false;
  for (std::size_t i = 0; i < 3; ++i) numbers[i] = match[i + 1];
  return true;
}

TEST(Refusals, InNumbersAreImpossibleInBothOrders) {
  int checked = 0;
  for (const DatePair& pair : take(refusing(DateStyle::kWritten), 100000)) {
    std::array<std::string, 3> n;
    if (!pair.target.empty() || !three_numbers(without_tag(pair.source), n)) continue;
    if (pair.source.starts_with("<fa>")) continue;  // Persian texts also have another calendar
    ++checked;
    const bool year_first = n[0].size() == 4;
    const int year = full_year(n[year_first ? 0 : 2]);
    const int a = std::stoi(n[year_first ? 1 : 0]), b = std::stoi(n[year_first ? 2 : 1]);
    EXPECT_FALSE(exists(year, a, b)) << pair.source;
    EXPECT_FALSE(exists(year, b, a)) << pair.source;
    // The first of three short numbers is the year if it is over 31.
    if (n[0].size() <= 2 && n[2].size() <= 2 && std::stoi(n[0]) > 31) {
      EXPECT_FALSE(exists(full_year(n[0]), std::stoi(n[1]), std::stoi(n[2]))) << pair.source;
    }
  }
  EXPECT_GT(checked, 5000);
}

TEST(Refusals, InChineseAndJapaneseAreImpossible) {
  const std::regex shape(".*?([0-9]{4}) ?年 ?([0-9]{1,2}) ?月 ?([0-9]{1,2}) ?(日|号|號).*");
  const std::regex era("(平成|昭和)([0-9]{1,2})年([0-9]{1,2})月([0-9]{1,2})日");
  DatePairOptions options = refusing(DateStyle::kWritten);
  options.locales = {"zh", "ja"};
  int western = 0, eras = 0;
  for (const DatePair& pair : take(options, 60000)) {
    std::smatch match;
    const std::string text = without_tag(pair.source);
    if (!pair.target.empty() || text.find("前") != std::string::npos) continue;
    EXPECT_EQ(text.find("农历"), std::string::npos) << text;  // it has a 30 February
    if (std::regex_match(text, match, era)) {
      const int year = std::stoi(match[2]) + (match[1] == "平成" ? 1988 : 1925);
      EXPECT_FALSE(exists(year, std::stoi(match[3]), std::stoi(match[4]))) << text;
      ++eras;
    } else if (std::regex_match(text, match, shape)) {
      EXPECT_FALSE(exists(std::stoi(match[1]), std::stoi(match[2]), std::stoi(match[3]))) << text;
      ++western;
    }
  }
  EXPECT_GT(western, 2000);
  EXPECT_GT(eras, 100);
}

TEST(Refusals, InPersianAreImpossibleInTheCalendarOfTheirYear) {
  const auto solar_leap = [](int year) {  // the cycle of 33 years
    const std::set<int> kLeap = {1, 5, 9, 13, 17, 22, 26, 30};
    return kLeap.contains(year % 33);
  };
  const auto solar_exists = [&](int year, int month, int day) {
    const int days = month <= 6 ? 31 : month < 12 || solar_leap(year) ? 30 : 29;
    return month >= 1 && month <= 12 && day >= 1 && day <= days;
  };
  DatePairOptions options = refusing(DateStyle::kWritten);
  options.locales = {"fa"};
  int solar = 0, gregorian = 0;
  for (const DatePair& pair : take(options, 60000)) {
    std::array<std::string, 3> n;
    if (!pair.target.empty() || !three_numbers(without_tag(pair.source), n)) continue;
    if (n[0].size() != 4) continue;
    const int year = std::stoi(n[0]), month = std::stoi(n[1]), day = std::stoi(n[2]);
    EXPECT_FALSE(year < 1600 ? solar_exists(year, month, day) : exists(year, month, day))
        << pair.source;
    (year < 1600 ? solar : gregorian) += 1;
  }
  EXPECT_GT(solar, 300);
  EXPECT_GT(gregorian, 300);
}

TEST(Refusals, AreNeverWrittenAsDatesToo) {
  for (const std::string& code : supported_locales()) {
    DatePairOptions options = refusing(DateStyle::kWritten, 0.5);
    options.locales = {code};
    options.first_year = 2011;  // few years, so that sources occur again
    options.last_year = 2012;
    options.far_year_share = 0;
    std::map<std::string, bool> refused;
    for (const DatePair& pair : take(options, 8000)) {
      const auto [place, fresh] = refused.emplace(pair.source, pair.target.empty());
      EXPECT_EQ(place->second, pair.target.empty()) << pair.source;
    }
  }
}

TEST(Refusals, AreVaried) {
  std::set<std::string> sources, shapes;
  int all = 0;
  for (const DatePair& pair : take(refusing(DateStyle::kWritten), 50000)) {
    if (!pair.target.empty()) continue;
    ++all;
    sources.insert(pair.source);
    shapes.insert(std::regex_replace(without_tag(pair.source), std::regex("[0-9]"), "0"));
  }
  EXPECT_GT(static_cast<double>(sources.size()) / all, 0.9);
  EXPECT_GT(static_cast<double>(shapes.size()) / all, 0.6);
}

TEST(Refusals, TellLeapYearsFromOthers) {
  DatePairOptions options = refusing(DateStyle::kWritten, 0.5);
  options.locales = {"en-US"};
  options.tag = SourceTag::kNone;
  const std::regex shape("0?2/29/([0-9]{4})");
  std::set<int> refused, accepted;
  for (const DatePair& pair : take(options, 300000)) {
    std::smatch match;
    if (!std::regex_match(pair.source, match, shape)) continue;
    (pair.target.empty() ? refused : accepted).insert(std::stoi(match[1]));
  }
  for (const int year : accepted) EXPECT_EQ(last_day(year, 2), 29) << year;
  for (const int year : refused) EXPECT_EQ(last_day(year, 2), 28) << year;
  EXPECT_TRUE(refused.contains(1900));
  EXPECT_TRUE(refused.contains(2100));
  EXPECT_TRUE(refused.contains(2014));
  EXPECT_TRUE(accepted.contains(2000));
  EXPECT_TRUE(accepted.contains(2012));
  EXPECT_GT(accepted.size(), 15U);
}

TEST(Refusals, OfTrainingAndTestAreDisjoint) {
  DatePairOptions options = refusing(DateStyle::kWritten);
  options.test_share = 0.2;
  std::set<std::string> train;
  options.split = DateSplit::kTrain;
  for (const DatePair& pair : take(options, 30000)) train.insert(pair.source);
  options.split = DateSplit::kTest;
  options.seed = 2;
  int test = 0;
  for (const DatePair& pair : take(options, 10000)) {
    EXPECT_FALSE(train.contains(pair.source)) << pair.source;
    ++test;
  }
  EXPECT_EQ(test, 10000);
}

TEST(Refusals, SpeakEveryLanguage) {
  for (const std::string& code : supported_locales()) {
    DatePairOptions options = refusing(DateStyle::kWritten);
    options.locales = {code};
    int refused = 0;
    for (const DatePair& pair : take(options, 300)) {
      ASSERT_TRUE(pair.source.starts_with("<" + code + "> ")) << pair.source;
      refused += pair.target.empty() ? 1 : 0;
    }
    EXPECT_GT(refused, 240) << code;
  }
}

}  // namespace
}  // namespace attend::dates
