// Pairs of a date as people write it and the same date as yyyy-mm-dd, to train a date normaliser.
//
//   DatePairOptions options;
//   options.locales = {"en-GB", "fr"};
//   DatePairGenerator generator(options);
//   DatePair pair = generator.next();   // {"<en-GB> Monday, 5th of March 2001", "2001-03-05"}
//
// A stream of pairs is a function of the options alone, on every machine with the same ICU.
// A generator is not thread-safe; several generators may run in parallel.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace attend::dates {

struct DatePair {
  std::string source;  // one line, UTF-8, NFC, without tabs
  std::string target;  // yyyy-mm-dd; empty for a text that is no date
};

enum class DateStyle {
  /// The generator of reference §5.3: English, 24 formats of which ten are the full one, lower
  /// case, no commas, no tag, calendar years (not week years). Thirty-five distinct characters.
  kEnglishExercise,
  /// What a reader of the exercise types: the notations of everyday English over any years, by
  /// default written with capitals and commas, without a tag, at most 40 characters that are not
  /// commas. A numeric date has one reading: with slashes or hyphens the month comes first, with
  /// full stops or blanks the day, as in the exercise; the other order is written only where the
  /// day is over 12. A year in front of two numbers has four digits, and the month follows it
  /// (ISO). A year of two digits means 1940 to 2039. Each day of the years has the same chance.
  kEverydayEnglish,
  /// What people write in some sixty languages: every date style of ICU's locale, and names short,
  /// long, cut or without their accents; ordinals; numbers in the order of the region; years of
  /// two digits (00-39 are 20xx, 40-99 are 19xx); native digits, Chinese numerals, Japanese eras;
  /// a weekday (now and then a wrong one) or a time of day beside the date; odd separators, case
  /// and blanks. Numbers stand in the region's order; the other order only when the day is over 12.
  kWritten,
};

/// Whether a date belongs to training or test is a function of the calendar date alone, so that
/// no date is in both, whatever the seed, the language and the form. Refusals have a side too: an
/// impossible date by day, month and year, another text by its characters.
enum class DateSplit { kAll, kTrain, kTest };

enum class SourceTag {
  kLanguage,  // "<en-GB> 31/10/74"
  kNone,      // "31/10/74"
};

struct DatePairOptions {
  DateStyle style = DateStyle::kWritten;
  /// Codes of supported_locales(); empty means all of them. Ignored by kEnglishExercise.
  std::vector<std::string> locales;
  std::uint64_t seed = 1;
  /// Inclusive, 1000..2299. kEnglishExercise takes 1970..2025 of them, so that a year's last two
  /// digits tell the year; it needs that intersection not to be empty.
  int first_year = 1900;
  int last_year = 2100;
  /// kWritten: how often a year is drawn from 1000..2199 instead, and written in full, as in
  /// "5 December 1391". 0 keeps every date between first_year and last_year.
  double far_year_share = 0.02;
  /// How many pairs are refusals: texts that are no date, with an empty target. Half of them are
  /// days that the calendar has not (29 February 2014, 31 April, month 13, years before Christ), in
  /// every notation of the style; half hold no whole date (words, sentences, numbers, times, a
  /// month or a year alone, telephone numbers, prices, blanks). With refusals the last days of
  /// months, 29 February above all, are more frequent among the dates too. In [0, 1).
  double refusal_share = 0.0;
  DateSplit split = DateSplit::kAll;
  double test_share = 0.1;               ///< of all calendar dates, in (0, 1)
  SourceTag tag = SourceTag::kLanguage;  ///< kEnglishExercise never writes a tag
};

class DatePairGenerator {
 public:
  /// Throws UsageError for an unknown locale, an empty or impossible range of years, or a share
  /// out of range, or
  /// where the wanted side of the split has no refusals for the years. Reads ICU's locale data
  /// once, here.
  explicit DatePairGenerator(const DatePairOptions& options);
  ~DatePairGenerator();
  DatePairGenerator(DatePairGenerator&&) noexcept;
  DatePairGenerator& operator=(DatePairGenerator&&) noexcept;

  DatePair next();

  class Source;  // a style's stream of pairs; internal

 private:
  std::unique_ptr<Source> source_;
};

/// Every code that kWritten knows, sorted: BCP-47 codes such as "en", "en-GB", "zh", and "und" for
/// a date whose language is not told.
std::vector<std::string> supported_locales();

/// The side of the split that an ISO date (yyyy-mm-dd, years 1000..2299) is on: kTrain or kTest.
/// Throws UsageError when it is no such date, or the share is not in (0, 1).
DateSplit split_of(std::string_view iso_date, double test_share);

}  // namespace attend::dates
