#include "dates/dates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unicode/normalizer2.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "base/base.h"
#include "pairs.h"
#include "testing.h"

namespace attend::dates {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

DatePairOptions in(const std::string& locale) {
  DatePairOptions options;
  options.locales = {locale};
  return options;
}

std::set<std::string> sources_of(const std::string& locale, int count) {
  std::set<std::string> sources;
  for (const DatePair& pair : take(in(locale), count)) sources.insert(pair.source);
  return sources;
}

bool any_source(const std::string& locale, const std::string& expression, int count = 60000) {
  const std::regex pattern(expression);
  for (const DatePair& pair : take(in(locale), count)) {
    if (std::regex_search(pair.source, pattern)) return true;
  }
  return false;
}

std::vector<std::string> one_of(const std::set<std::string>& sources, const std::string& start) {
  std::vector<std::string> found;
  for (const std::string& source : sources) {
    if (source.starts_with(start)) found.push_back(source);
  }
  return found;
}

TEST(DatePairs, AreTheSameForTheSameSeedAndDifferForAnother) {
  for (const DateStyle style :
       {DateStyle::kEnglishExercise, DateStyle::kEverydayEnglish, DateStyle::kWritten}) {
    DatePairOptions options;
    options.style = style;
    const auto first = take(options, 500), again = take(options, 500);
    options.seed = 2;
    const auto other = take(options, 500);
    int different = 0;
    for (std::size_t i = 0; i < first.size(); ++i) {
      EXPECT_EQ(first[i].source, again[i].source);
      EXPECT_EQ(first[i].target, again[i].target);
      different += first[i].source != other[i].source ? 1 : 0;
    }
    EXPECT_GT(different, 450);
  }
}

TEST(DatePairs, HaveTargetsThatAreDatesOfTheRange) {
  DatePairOptions options;
  options.first_year = 1993;
  options.last_year = 2004;
  options.far_year_share = 0;
  for (const DateStyle style :
       {DateStyle::kEnglishExercise, DateStyle::kEverydayEnglish, DateStyle::kWritten}) {
    options.style = style;
    std::set<int> years;
    for (const DatePair& pair : take(options, 20000)) {
      const Ymd date = parsed(pair.target);
      years.insert(date.year);
      ASSERT_TRUE(date.month >= 1 && date.month <= 12) << pair.target;
      ASSERT_TRUE(date.day >= 1 && date.day <= last_day(date.year, date.month)) << pair.target;
    }
    EXPECT_EQ(*years.begin(), 1993);
    EXPECT_EQ(*years.rbegin(), 2004);
    EXPECT_EQ(years.size(), 12U);
  }
}

TEST(DatePairs, KeepTrainingAndTestDatesApart) {
  for (const DateStyle style :
       {DateStyle::kEnglishExercise, DateStyle::kEverydayEnglish, DateStyle::kWritten}) {
    DatePairOptions options;
    options.style = style;
    options.test_share = 0.2;
    std::set<std::string> train, test;
    options.split = DateSplit::kTrain;
    for (const DatePair& pair : take(options, 20000)) train.insert(pair.target);
    options.split = DateSplit::kTest;
    options.seed = 99;
    for (const DatePair& pair : take(options, 20000)) {
      test.insert(pair.target);
      EXPECT_FALSE(train.contains(pair.target)) << pair.target;
      EXPECT_EQ(split_of(pair.target, 0.2), DateSplit::kTest);
    }
    for (const std::string& date : train) EXPECT_EQ(split_of(date, 0.2), DateSplit::kTrain);
    EXPECT_GT(test.size(), 1000U);
  }
}

TEST(DatePairs, PutTheWantedShareOfDatesIntoTheTest) {
  int tests = 0, all = 0;
  for (int year = 1900; year <= 2100; ++year) {
    for (int month = 1; month <= 12; ++month) {
      for (int day = 1; day <= 28; ++day, ++all) {
        char iso[16];
        std::snprintf(iso, sizeof iso, "%04d-%02d-%02d", year, month, day);
        tests += split_of(iso, 0.1) == DateSplit::kTest ? 1 : 0;
      }
    }
  }
  // Four standard deviations of a binomial share of 67,536 dates.
  EXPECT_NEAR(static_cast<double>(tests) / all, 0.1, 0.0047);
}

TEST(DatePairs, RefuseBadOptions) {
  EXPECT_THROW(DatePairGenerator(in("xx")), UsageError);
  EXPECT_THROW(DatePairGenerator(in("")), UsageError);
  EXPECT_THROW(DatePairGenerator(in("en-gb")), UsageError);
  const auto with = [](auto change) {
    DatePairOptions options;
    change(options);
    return options;
  };
  const std::vector<DatePairOptions> bad = {
      with([](DatePairOptions& o) { o.first_year = 2001, o.last_year = 2000; }),
      with([](DatePairOptions& o) { o.first_year = 999; }),
      with([](DatePairOptions& o) { o.last_year = 2300; }),
      with([](DatePairOptions& o) { o.test_share = 0; }),
      with([](DatePairOptions& o) { o.test_share = 1; }),
      with([](DatePairOptions& o) { o.far_year_share = -0.1; }),
      with([](DatePairOptions& o) { o.far_year_share = std::stod("nan"); }),
      with([](DatePairOptions& o) {
        o.first_year = o.last_year = 2000;
        o.split = DateSplit::kTest;
        o.test_share = 1e-12;
      }),
      with([](DatePairOptions& o) {
        o.style = DateStyle::kEnglishExercise;
        o.first_year = 2030;
        o.last_year = 2040;
      }),
  };
  for (const DatePairOptions& options : bad) {
    EXPECT_THROW(DatePairGenerator{options}, UsageError);
  }
}

TEST(DatePairs, NameTheUnknownLocale) {
  try {
    DatePairGenerator generator(in("tlh"));
    FAIL() << "accepted";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("tlh"));
  }
}

TEST(SplitOf, RefusesWhatIsNoDate) {
  for (const char* text : {"", "2015-02-29", "2015-13-01", "2015-00-10", "2015-1-1", "0999-01-01",
                           "2015/01/01", "20x5-01-01", "2015-01-011"}) {
    EXPECT_THROW(split_of(text, 0.1), UsageError) << text;
  }
  EXPECT_NO_THROW(split_of("2016-02-29", 0.1));
  EXPECT_THROW(split_of("2016-02-29", 1.5), UsageError);
}

TEST(Written, NeverGivesOneSourceTwoTargets) {
  for (const std::string& code : supported_locales()) {
    DatePairOptions options = in(code);
    options.first_year = 2011;  // few years, so that sources occur again
    options.last_year = 2012;
    options.far_year_share = 0;
    std::map<std::string, std::string> targets;
    int again = 0;
    for (const DatePair& pair : take(options, 6000)) {
      const auto [place, fresh] = targets.emplace(pair.source, pair.target);
      again += fresh ? 0 : 1;
      EXPECT_EQ(place->second, pair.target) << pair.source;
    }
    EXPECT_GT(again, 20) << code;
  }
}

TEST(Written, SupportsEveryCodeOfTheCommonList) {
  const std::vector<std::string> codes = supported_locales();
  EXPECT_TRUE(std::is_sorted(codes.begin(), codes.end()));
  for (const char* code :
       {"en", "en-GB", "en-US", "fr", "ja", "zh", "tl", "fil", "nb", "he", "und"}) {
    EXPECT_THAT(codes, Contains(code));
  }
  for (const std::string& code : codes) {
    for (const DatePair& pair : take(in(code), 300)) {
      ASSERT_TRUE(pair.source.starts_with("<" + code + "> ")) << pair.source;
      ASSERT_GE(pair.source.size(), code.size() + 3 + 6) << pair.source;
    }
  }
}

TEST(Written, SupportsEveryCodeOfTheRealList) {
  ATTEND_REQUIRE_DATA("dates/absolute.tsv");
  const std::vector<std::string> codes = supported_locales();
  std::ifstream file(testing::data_folder() / "dates/absolute.tsv");
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) EXPECT_THAT(codes, Contains(line.substr(0, line.find('\t'))));
}

TEST(Written, LeavesTheTagOutWhenAsked) {
  DatePairOptions options;
  options.tag = SourceTag::kNone;
  for (const DatePair& pair : take(options, 3000)) EXPECT_NE(pair.source.front(), '<');
}

TEST(Written, IsOneLineOfNormalizedText) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(status);
  ASSERT_TRUE(U_SUCCESS(status));
  for (const DatePair& pair : take({}, 200000)) {
    ASSERT_EQ(pair.source.find_first_of("\t\r\n"), std::string::npos) << pair.source;
    const auto text = icu::UnicodeString::fromUTF8(pair.source);
    ASSERT_TRUE(nfc->isNormalized(text, status)) << pair.source;
    ASSERT_EQ(text.indexOf(static_cast<UChar>(0xFFFD)), -1) << pair.source;  // broken UTF-8
  }
}

/// Of the sources d/m/yyyy whose two numbers differ and are at most 12, returns the share with the
/// day first.
double day_first_share(const std::string& locale) {
  const std::regex slashes("<[^>]*> (\\d{1,2})/(\\d{1,2})/(\\d{4})");
  int day_first = 0, all = 0;
  for (const DatePair& pair : take(in(locale), 40000)) {
    std::smatch match;
    if (!std::regex_match(pair.source, match, slashes)) continue;
    const int first = std::stoi(match[1]), second = std::stoi(match[2]);
    const Ymd date = parsed(pair.target);
    EXPECT_EQ(std::stoi(match[3]), date.year);
    if (first > 12 || second > 12) {
      EXPECT_EQ(std::max(first, second), date.day) << pair.source;
    }
    if (first > 12 || second > 12 || first == second) continue;
    day_first += first == date.day ? 1 : 0;
    ++all;
  }
  EXPECT_GT(all, 100) << locale;
  return static_cast<double>(day_first) / all;
}

TEST(Written, PutsDayAndMonthInTheOrderOfTheRegion) {
  for (const char* code : {"en", "en-US", "en-CA", "en-PH"}) EXPECT_EQ(day_first_share(code), 0.0);
  for (const char* code :
       {"en-GB", "en-AU", "en-IE", "en-IN", "en-NZ", "en-ZA", "fr", "de", "es"}) {
    EXPECT_EQ(day_first_share(code), 1.0) << code;
  }
}

TEST(Written, PutsTheDayFirstInAmericaOnlyWhenItIsOverTwelve) {
  EXPECT_TRUE(any_source("en-US", "^<en-US> (1[3-9]|2[0-9]|3[01])/\\d{1,2}/\\d{4}$"));
}

TEST(Written, ReadsShortYearsFrom1940To2039) {
  const std::regex slashes("<[^>]*> (?:[0-2]?\\d|3[01])/\\d{1,2}/(\\d\\d)");
  std::map<std::string, int> years;
  for (const DatePair& pair : take(in("en"), 100000)) {
    std::smatch match;
    if (!std::regex_match(pair.source, match, slashes)) continue;
    const int year = parsed(pair.target).year;
    EXPECT_EQ(years.emplace(match[1], year).first->second, year) << pair.source;
  }
  ASSERT_GT(years.size(), 90U);
  for (const auto& [digits, year] : years) {
    EXPECT_EQ(year, std::stoi(digits) + (digits < "40" ? 2000 : 1900));
  }
}

TEST(Written, UsesTheDigitsAndNumeralsOfTheLanguage) {
  EXPECT_TRUE(any_source("hi", "०|१|२|९"));
  EXPECT_TRUE(any_source("ar", "٠|١|٢|٣"));
  EXPECT_TRUE(any_source("bn", "২০"));
  EXPECT_TRUE(any_source("zh", "二零一五年|二〇一五年"));
  EXPECT_TRUE(any_source("zh", "两千年"));
  EXPECT_TRUE(any_source("ja", "平成"));
  EXPECT_TRUE(any_source("ja", "２０"));
  EXPECT_FALSE(any_source("fr", "०|१|२|९|２０", 5000));
}

TEST(Written, WritesOrdinals) {
  EXPECT_TRUE(any_source("en", " 1st |1st of"));
  EXPECT_TRUE(any_source("en", "22nd"));
  EXPECT_TRUE(any_source("en", "11th"));
  EXPECT_FALSE(any_source("en", "[^0-9]11st|12nd|13rd|[^1]1th"));
  EXPECT_TRUE(any_source("fr", "1er "));
  EXPECT_TRUE(any_source("sv", "3:e "));
  EXPECT_TRUE(any_source("bn", "25শে"));
}

TEST(Written, WritesTimesBesideTheDate) {
  EXPECT_TRUE(any_source("en", "^<en> [0-9]{8}T[0-9]{6}$"));
  EXPECT_TRUE(any_source("en", "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d-05:00"));
  EXPECT_TRUE(any_source("en", " at noon"));
  EXPECT_TRUE(any_source("fr", " à \\d{1,2}h\\d\\d"));
  EXPECT_TRUE(
      any_source("en", "^<en> [A-Z][a-z]{2} [A-Z][a-z]{2} \\d{1,2} \\d\\d:\\d\\d:\\d\\d \\d{4}$"));
}

TEST(Written, WritesFarYearsInFull) {
  int far = 0;
  for (const DatePair& pair : take({}, 50000)) {
    const int year = parsed(pair.target).year;
    EXPECT_TRUE(year >= 1000 && year <= 2199) << pair.target;
    far += year < 1900 || year > 2100 ? 1 : 0;
  }
  EXPECT_GT(far, 200);
  EXPECT_LT(far, 2000);
}

TEST(Written, MixesUpperAndLowerCase) {
  const std::set<std::string> sources = sources_of("en-GB", 30000);
  EXPECT_FALSE(one_of(sources, "<en-GB> APRIL").empty());
  EXPECT_FALSE(one_of(sources, "<en-GB> april").empty());
  EXPECT_FALSE(one_of(sources, "<en-GB> April").empty());
}

TEST(Written, KeepsToTheWantedLocales) {
  DatePairOptions options;
  options.locales = {"ko", "en-GB"};
  std::set<std::string> tags;
  for (const DatePair& pair : take(options, 2000)) {
    tags.insert(pair.source.substr(0, pair.source.find(' ')));
  }
  EXPECT_EQ(tags, (std::set<std::string>{"<ko>", "<en-GB>"}));
}

}  // namespace
}  // namespace attend::dates
