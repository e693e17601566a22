// A small reader of English dates that is independent of the code under test.
#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <regex>
#include <string>
#include <vector>

#include "pairs.h"

namespace attend::dates {

/// Returns the source in lower case and without commas, as the date exercise prepares it.
inline std::string prepared(std::string text) {
  std::string result;
  for (const char c : text) {
    if (c != ',') result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return result;
}

inline int month_named(const std::string& word) {
  constexpr std::array kNames = {"january",   "february", "march",    "april",
                                 "may",       "june",     "july",     "august",
                                 "september", "october",  "november", "december"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (word.size() >= 3 && std::string(kNames[i]).starts_with(word))
      return static_cast<int>(i + 1);
  }
  return 0;
}

inline bool is_filling(const std::string& word) {
  static const std::regex kFilling(
      "on|the|of|in|ad|a|d|ce|st|nd|rd|th|(mon|tue|wed|thu|fri|sat|sun)[a-z]*");
  return std::regex_match(word, kFilling);
}

inline int full_year(const std::string& digits) {
  const int year = std::stoi(digits);
  return digits.size() > 2 ? year : year < 40 ? 2000 + year : 1900 + year;
}

/// Returns the only reading of a source, or 0-0-0 when there is none.
inline Ymd read(const std::string& source) {
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
  // A deleted comma between day and year joins the two: "july 201969".
  if (month != 0 && numbers.size() == 1 && numbers[0].size() >= 5 && before_month == 0) {
    const std::string all = numbers[0];
    numbers = {all.substr(0, all.size() - 4), all.substr(all.size() - 4)};
  }
  if (month == 0 && numbers.size() == 1 && numbers[0].size() == 8) {
    const std::string all = numbers[0];
    numbers = {all.substr(0, 4), all.substr(4, 2), all.substr(6)};
  }
  for (const std::string& number : numbers) {
    if (number.size() > 4) return {};
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

}  // namespace attend::dates
