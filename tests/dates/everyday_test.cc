// Tests of the everyday English style. A small parser reads every source back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "dates/dates.h"
#include "english_reader.h"
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

// Readers of the course type such forms for the day when Apollo 11 landed.
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
  // One weekday in ten is drawn again, and one in seven of these is right: 0.914.
  EXPECT_NEAR(static_cast<double>(right) / all, 0.914, 0.02);
}

}  // namespace
}  // namespace attend::dates
