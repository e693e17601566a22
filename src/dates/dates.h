// Pairs of a date as people write it and this date as yyyy-mm-dd, to train a date normaliser.
//
//   DatePairOptions options;
//   options.locales = {"en-GB", "fr"};
//   DatePairGenerator generator(options);
//   DatePair pair = generator.next();   // {"<en-GB> Monday, 5th of March 2001", "2001-03-05"}
//
// A stream of pairs depends on the options alone, on every machine with this version of ICU. A
// generator is not thread-safe; several generators may run in parallel.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace attend::dates {

struct DatePair {
  std::string source;  // one line, UTF-8, NFC, without tabs
  std::string target;  // yyyy-mm-dd; empty for a text that is not a date
};

enum class DateStyle {
  /// The generator of docs/models.md §5.3: English, 24 formats; ten of them are the same full
  /// format (weekday, month, day, year). Lower case, without commas and tags, with calendar years
  /// (not week years) and 35 distinct characters.
  kEnglishExercise,
  /// The everyday English that a reader of the exercise types, over any years. By default it has
  /// capitals, commas and no tag, and at most 40 characters besides commas. A numeric date has one
  /// reading: with slashes or hyphens the month comes first, with full stops or blanks the day, as
  /// in the exercise; the other order is written only where the day is over 12. A year before two
  /// numbers has four digits, and the month follows it (ISO). A year of two digits means 1940 to
  /// 2039. Each day of the years has the same probability.
  kEverydayEnglish,
  /// The notations that people write in some fifty languages: every date style of ICU's locale;
  /// names that are short, long, cut or without their accents; ordinals; years of two digits (00-39
  /// are 20xx, 40-99 are 19xx); native digits, Chinese numerals, Japanese eras; a weekday
  /// (sometimes a wrong one) or a time of day next to the date; odd separators, case and blanks.
  /// Numbers have the order of the region; the other order is written only where the day is over
  /// 12.
  kWritten,
};

/// The part of the split. The calendar date alone decides whether a date belongs to training or
/// test, so that no date is in both, whatever the seed, the language and the form. Refusals
/// (texts that are not a date, see refusal_share) are split too: an impossible date by its day,
/// month and year, any other text by its characters.
enum class DateSplit { kAll, kTrain, kTest };

enum class SourceTag {
  kLanguage,  // "<en-GB> 31/10/74"
  kNone,      // "31/10/74"
};

struct DatePairOptions {
  DateStyle style = DateStyle::kWritten;
  /// Codes from supported_locales(); empty means all of them. kEnglishExercise and kEverydayEnglish
  /// ignore them.
  std::vector<std::string> locales;
  std::uint64_t seed = 1;
  /// The first and the last year, within 1000..2299. kEnglishExercise uses only those within
  /// 1970..2025, so that the last two digits identify a year; there must be at least one.
  int first_year = 1900;
  int last_year = 2100;
  /// For kWritten: how often a year is drawn from 1000..2199 instead, and written in full, as in "5
  /// December 1391". With 0 every date is between first_year and last_year.
  double far_year_share = 0.02;
  /// The share of refusals among the pairs: texts that are not a date, with an empty target. In [0,
  /// 1). Half of them are days that the calendar does not have (29 February 2014, 31 April, month
  /// 13, years before Christ), in every notation of the style. Half contain no whole date (words,
  /// sentences, numbers, times, a month or a year alone, telephone numbers, prices, blanks). With
  /// refusals, last days of months are more frequent among the dates too, 29 February most of all.
  double refusal_share = 0.0;
  DateSplit split = DateSplit::kAll;
  double test_share = 0.1;               ///< share of all calendar dates, in (0, 1)
  SourceTag tag = SourceTag::kLanguage;  ///< kEnglishExercise never writes a tag
};

class DatePairGenerator {
 public:
  /// Reads ICU's locale data. Throws UsageError for an unknown locale, an empty or impossible range
  /// of years, a share out of range, or a split whose wanted side has no refusals for the years.
  explicit DatePairGenerator(const DatePairOptions& options);
  ~DatePairGenerator();
  DatePairGenerator(DatePairGenerator&&) noexcept;
  DatePairGenerator& operator=(DatePairGenerator&&) noexcept;

  DatePair next();

  class Source;  // the stream of pairs of one style; internal

 private:
  std::unique_ptr<Source> source_;
};

/// Returns every code that kWritten knows, sorted: BCP-47 codes such as "en", "en-GB", "zh", and
/// "und" for a date whose language is unknown.
std::vector<std::string> supported_locales();

/// Returns the part of the split, kTrain or kTest, that an ISO date (yyyy-mm-dd, years 1000..2299)
/// belongs to. Throws UsageError when `iso_date` is not such a date or the share is not in (0, 1).
DateSplit split_of(std::string_view iso_date, double test_share);

}  // namespace attend::dates
