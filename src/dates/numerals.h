// Numbers in other scripts: native digits, Chinese and Japanese numerals, Japanese eras, ordinals.
#pragma once

#include <string>
#include <string_view>

#include "base/base.h"
#include "dates/calendar.h"
#include "dates/facts.h"

namespace attend::dates {

/// Returns `text` with its ASCII digits replaced by those of a script.
std::string with_digits(std::string_view text, Digits digits);
/// Returns `text` with ASCII digits and / - . : ( ) as the wide characters of East Asian keyboards.
std::string full_width(std::string_view text);

/// Returns the digits one by one: 2015 as 二零一五 or, with `round_zero`, 二〇一五.
std::string chinese_digits(int number, bool round_zero);
/// Returns a number from 1 to 9999 as it is counted: 二十一, 二千十五. 10 to 19 begin with 十.
std::string chinese_number(int number);
/// Returns 2000 as 两千 or 兩千, and other years like chinese_number() with 零 for a gap:
/// 二千零一十五.
std::string chinese_counted_year(int year, Random& random);
/// Returns the day of a lunar month: 初一, 十五, 廿三, 三十.
std::string chinese_lunar_day(int day);
/// Returns 正 for the first month, 冬 and 腊 for the last two, and the number for others.
std::string chinese_lunar_month(int month, Random& random);

/// Whether the date has a Japanese era since Meiji 6 (1873), when Japan took the Gregorian
/// calendar.
bool has_japanese_era(const Date& date);
enum class Script { kDigits, kChinese };
/// Returns era and year: 平成27, 平成二十七, 令和元; a Showa date is 昭和46.
std::string japanese_era_year(const Date& date, Script script, Random& random);

/// Returns the Latin letter of the era and the year: H27, S46.
std::string japanese_era_letter_year(const Date& date);
/// Returns the year of the Republic of China, from 1912: 103, 一百零三, 元.
std::string minguo_year(int year, Script script, Random& random);

/// Returns I..XII for 1..12.
std::string_view roman_month(int month);

/// Returns "st", "nd", "rd" or "th" of an English ordinal.
std::string_view english_suffix(int day);
/// Returns the day as an ordinal of the language ("3rd", "1er", "3:e").
std::string ordinal_day(int day, const LanguageFacts& facts, Random& random);

}  // namespace attend::dates
