// Numbers in other scripts: native digits, Chinese and Japanese numerals, Japanese eras, ordinals.
#pragma once

#include <string>
#include <string_view>

#include "base/base.h"
#include "dates/calendar.h"
#include "dates/facts.h"

namespace attend::dates {

/// `text` with its ASCII digits replaced by those of a script.
std::string with_digits(std::string_view text, Digits digits);
/// ASCII digits and / - . : ( ) as the wide characters of East Asian keyboards.
std::string full_width(std::string_view text);

/// 2015 as 二零一五 or, with `round_zero`, 二〇一五.
std::string chinese_digits(int number, bool round_zero);
/// 1..9999 as counted: 二十一, 二千十五. 10..19 begin with 十.
std::string chinese_number(int number);
/// 2000 as 两千 or 兩千; other years like chinese_number with 零 for a gap: 二千零一十五.
std::string chinese_counted_year(int year, Random& random);
/// Day of a lunar month: 初一, 十五, 廿三, 三十.
std::string chinese_lunar_day(int day);
/// 正 for the first month, 冬 and 腊 for the last two, or the number.
std::string chinese_lunar_month(int month, Random& random);

/// Eras since Meiji 6 (1873), when Japan took the Gregorian calendar.
bool has_japanese_era(const Date& date);
enum class Script { kDigits, kChinese };
/// Era and year: 平成27, 平成二十七, 令和元; a Showa date is 昭和46.
std::string japanese_era_year(const Date& date, Script script, Random& random);

/// The same with the era's Latin letter: H27, S46.
std::string japanese_era_letter_year(const Date& date);
/// Year of the Republic of China, from 1912: 103, 一百零三, 元.
std::string minguo_year(int year, Script script, Random& random);

/// 1..12 as I..XII.
std::string_view roman_month(int month);

/// "st", "nd", "rd" or "th" of an English ordinal.
std::string_view english_suffix(int day);
/// The day as an ordinal in the language's way ("3rd", "1er", "3:e").
std::string ordinal_day(int day, const LanguageFacts& facts, Random& random);

}  // namespace attend::dates
