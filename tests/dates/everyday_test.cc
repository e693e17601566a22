// The everyday English style: every source is read back by a small parser of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "dates/dates.h"
#include "pairs.h"

namespace attend::dates {
namespace {

DatePairOptions everyday() {
  DatePairOptions options;
  options.style = DateStyle::kEverydayEnglish;
  options.first_year = 1500;
  options.last_year = 2100;
  return options;
}

std::string prepared(std::string text) {
  std::string result;
  for (const char c : text) {
    if (c != ',') result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return result;
}

int month_named(const std::string& word) {
  constexpr std::array kNames = {"january",   "february", "march",    "april",
                                 "may",       "june",     "july",     "august",
                                 "september", "october",  "november", "december"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (word.size() >= 3 && std::string(kNames[i]).starts_with(word))
      return static_cast<int>(i + 1);
  }
  return 0;
}

bool is_filling(const std::string& word) {
  static const std::regex kFilling(
      "on|the|of|in|ad|a|d|ce|st|nd|rd|th|(mon|tue|wed|thu|fri|sat|sun)[a-z]*");
  return std::regex_match(word, kFilling);
}

int full_year(const std::string& digits) {
  const int year = std::stoi(digits);
  return digits.size() > 2 ? year : year < 40 ? 2000 + year : 1900 + year;
}

/// The one reading of a source; 0-0-0 when there is none.
Ymd read(const std::string& source) {
  const std::string text = prepared(source);
  static const std::regex kToken("[a-z]+|[0-9]+");
  std::vector<std::string> numbers;
  int month = 0;
  std::size_t before_month = 0;
  for (std::sregex_iterator i(text.begin(), text.end(), kToken), end; i != end; ++i) {
    const std::string token = i->str();
    if (std::isdigit(static_cast<unsigned char>(token[0])) != 0) {
      numbers.push_back(token);
    } else if (month == 0 && month_named(token) != 0) {
      month = month_named(token);
      before_month = numbers.size();
    } else if (!is_filling(token)) {
      return {};
    }
  }
  // A comma that was deleted between day and year joins them: "july 201969".
  if (month != 0 && numbers.size() == 1 && numbers[0].size() >= 5 && before_month == 0) {
    const std::string all = numbers[0];
    numbers = {all.substr(0, all.size() - 4), all.substr(all.size() - 4)};
  }
  if (month == 0 && numbers.size() == 1 && numbers[0].size() == 8) {
    const std::string all = numbers[0];
    numbers = {all.substr(0, 4), all.substr(4, 2), all.substr(6)};
  }
  if (month != 0) {
    if (numbers.size() != 2) return {};
    const bool year_first = numbers[0].size() == 4;
    return {full_year(numbers[year_first ? 0 : 1]), month, std::stoi(numbers[year_first ? 1 : 0])};
  }
  if (numbers.size() != 3) return {};
  if (numbers[0].size() == 4)
    return {full_year(numbers[0]), std::stoi(numbers[1]), std::stoi(numbers[2])};
  const int first = std::stoi(numbers[0]), second = std::stoi(numbers[1]);
  const bool month_first = text.find_first_of("/-") != std::string::npos;
  const bool swapped = month_first ? first > 12 : second > 12;
  const bool day_first = month_first == swapped;
  return {full_year(numbers[2]), day_first ? second : first, day_first ? first : second};
}

TEST(Everyday, SourcesHaveOneReading) {
  for (const DatePair& pair : take(everyday(), 60000)) {
    const Ymd expected = parsed(pair.target), found = read(pair.source);
    ASSERT_EQ(found.year, expected.year) << pair.source << " " << pair.target;
    ASSERT_EQ(found.month, expected.month) << pair.source << " " << pair.target;
    ASSERT_EQ(found.day, expected.day) << pair.source << " " << pair.target;
  }
}

TEST(Everyday, AgreesWithTheExercise) {
  DatePairOptions options;
  options.style = DateStyle::kEnglishExercise;
  for (const DatePair& pair : take(options, 20000)) {
    const Ymd expected = parsed(pair.target), found = read(pair.source);
    ASSERT_EQ(std::vector({found.year, found.month, found.day}),
              std::vector({expected.year, expected.month, expected.day}))
        << pair.source;
  }
}

TEST(Everyday, SpansTheYears) {
  std::map<int, int> centuries;
  int first = 9999, last = 0;
  for (const DatePair& pair : take(everyday(), 60000)) {
    const Ymd date = parsed(pair.target);
    ASSERT_LE(date.day, last_day(date.year, date.month)) << pair.target;
    ++centuries[date.year / 100];
    first = std::min(first, date.year);
    last = std::max(last, date.year);
  }
  EXPECT_EQ(first, 1500);
  EXPECT_EQ(last, 2100);
  for (int century = 15; century <= 20; ++century) EXPECT_GT(centuries[century], 6000) << century;
}

TEST(Everyday, FitsIntoFortyCharacters) {
  std::size_t longest = 0;
  std::set<char> characters;
  for (const DatePair& pair : take(everyday(), 200000)) {
    const std::string source = prepared(pair.source);
    longest = std::max(longest, source.size());
    characters.insert(source.begin(), source.end());
  }
  EXPECT_LE(longest, 40U);
  EXPECT_GT(longest, 30U);
  EXPECT_EQ(std::string(characters.begin(), characters.end()),
            " '-./0123456789abcdefghijlmnoprstuvwy");
}

// What a reader of the course types about the landing of Apollo 11, and neighbours of these forms.
TEST(Everyday, WritesTheNotationsThatPeopleType) {
  DatePairOptions options = everyday();
  options.first_year = 1969;
  options.last_year = 1969;
  std::set<std::string> sources;
  for (const DatePair& pair : take(options, 1500000)) {
    if (pair.target == "1969-07-20") sources.insert(pair.source);
  }
  for (const char* source : {"July 20, 1969",
                             "20 July 1969",
                             "1969-07-20",
                             "July 20th, 1969",
                             "July 20th 1969",
                             "20th of July 1969",
                             "20th July 1969",
                             "Jul 20, 1969",
                             "Jul. 20, 1969",
                             "20-Jul-1969",
                             "7/20/1969",
                             "07/20/1969",
                             "7/20/69",
                             "20/7/1969",
                             "20.07.1969",
                             "20.7.1969",
                             "19690720",
                             "1969/07/20",
                             "20 Jul 1969",
                             "july 20, 1969",
                             "JULY 20, 1969",
                             "1969 July 20",
                             "20/Jul/1969",
                             "July 20 1969",
                             "20 July, 1969",
                             "the 20th of July 1969",
                             "the 20th of July, 1969",
                             "Sunday, July 20, 1969",
                             "Sunday, 20 July 1969",
                             "20 July 69",
                             "7-20-1969",
                             "20 07 1969"}) {
    EXPECT_TRUE(sources.contains(source)) << source;
  }
}

TEST(Everyday, KeepsShortYearsWithinTheirCentury) {
  DatePairOptions options = everyday();
  options.first_year = 1500;
  options.last_year = 1930;
  const std::regex four("[0-9]{4}");
  for (const DatePair& pair : take(options, 20000)) {
    EXPECT_TRUE(std::regex_search(pair.source, four)) << pair.source;
  }
}

TEST(Everyday, NamesTheRightWeekdayMostly) {
  constexpr const char* kNames[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
  int right = 0, all = 0;
  for (const DatePair& pair : take(everyday(), 60000)) {
    const std::string source = prepared(pair.source);
    for (int i = 0; i < 7; ++i) {
      if (!std::regex_search(source, std::regex("\\b" + std::string(kNames[i])))) continue;
      ++all;
      right += weekday_by_table(parsed(pair.target)) == i ? 1 : 0;
    }
  }
  EXPECT_GT(all, 3000);
  // One in ten draws another name, one in seven of them the right one: 0.914.
  EXPECT_NEAR(static_cast<double>(right) / all, 0.914, 0.02);
}

}  // namespace
}  // namespace attend::dates
