// Tests of the generator of docs/models.md §5.3.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "dates/dates.h"
#include "pairs.h"

namespace attend::dates {
namespace {

DatePairOptions exercise() {
  DatePairOptions options;
  options.style = DateStyle::kEnglishExercise;
  return options;
}

TEST(Exercise, HasThirtyFiveCharacters) {
  std::set<char> characters;
  for (const DatePair& pair : take(exercise(), 50000)) {
    characters.insert(pair.source.begin(), pair.source.end());
  }
  EXPECT_EQ(std::string(characters.begin(), characters.end()),
            " ./0123456789abcdefghijlmnoprstuvwy");
  EXPECT_EQ(characters.size(), 35U);
}

TEST(Exercise, WritesTheTwentyFourFormats) {
  // Each format of the list with its weight, as a regular expression.
  const std::string long_month =
      "(january|february|march|april|may|june|july|august|september|october|november|december)";
  const std::string short_month = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)";
  const std::vector<std::pair<std::string, double>> shapes = {
      {"\\d{1,2}/\\d{1,2}/\\d\\d", 1},
      {"\\d\\d\\.\\d\\d\\.\\d\\d", 1},
      {"\\d{1,2} \\d\\d \\d\\d", 1},
      {"[a-z]+day [a-z]+ \\d{1,2} \\d{4}", 10},
  };
  constexpr int kCount = 48000;
  const std::vector<DatePair> pairs = take(exercise(), kCount);
  for (const auto& [shape, weight] : shapes) {
    const std::regex expression(shape);
    int matches = 0;
    for (const DatePair& pair : pairs) matches += std::regex_match(pair.source, expression) ? 1 : 0;
    EXPECT_NEAR(matches, kCount * weight / 24, 5 * std::sqrt(kCount * weight / 24)) << shape;
  }
  const std::regex any("\\d{1,2} (" + long_month + "|" + short_month + ") \\d{4}|([a-z]+day )?" +
                       long_month + " \\d{1,2} \\d{4}|" + short_month +
                       " \\d{1,2} \\d{4}|\\d{1,2}/\\d{1,2}/\\d\\d|\\d\\d\\.\\d\\d\\.\\d\\d|"
                       "\\d{1,2} \\d\\d \\d\\d");
  for (const DatePair& pair : pairs) EXPECT_TRUE(std::regex_match(pair.source, any)) << pair.source;
}

TEST(Exercise, NamesTheRightWeekdayAndTheCalendarYear) {
  constexpr const char* kNames[] = {"sunday",   "monday", "tuesday", "wednesday",
                                    "thursday", "friday", "saturday"};
  int checked = 0;
  for (const DatePair& pair : take(exercise(), 40000)) {
    const Ymd date = parsed(pair.target);
    EXPECT_TRUE(date.year >= 1970 && date.year <= 2025) << pair.target;
    const std::string year = std::to_string(date.year);
    EXPECT_TRUE(pair.source.ends_with(year) || pair.source.ends_with(year.substr(2)));
    if (pair.source.find("day ") == std::string::npos) continue;
    EXPECT_TRUE(pair.source.starts_with(kNames[weekday_by_table(date)])) << pair.source;
    ++checked;
  }
  EXPECT_GT(checked, 10000);
}

TEST(Exercise, MapsEachSourceToOneTarget) {
  std::map<std::string, std::string> targets;
  for (const DatePair& pair : take(exercise(), 100000)) {
    const auto [place, fresh] = targets.emplace(pair.source, pair.target);
    // "5 06 07" has only one reading: formats with equal marks have one order.
    EXPECT_EQ(place->second, pair.target) << pair.source;
  }
}

}  // namespace
}  // namespace attend::dates
