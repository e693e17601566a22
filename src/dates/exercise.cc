// The generator of docs/models.md §5.3.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "dates/dateless.h"
#include "dates/impossible.h"
#include "dates/source.h"
#include "dates/unicode.h"

namespace attend::dates {
namespace {

// The range is shorter than a century, so that the last two digits identify the year.
constexpr int kFirstYear = 1970;
constexpr int kLastYear = 2025;

constexpr std::array<std::string_view, 12> kMonths = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};
constexpr std::array<std::string_view, 7> kWeekdays = {
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};

// Texts are lower case, and the commas of the original formats are deleted. Repeated formats are
// intended: they are weights.
enum class Format {
  kShort,             // M/d/yy
  kMedium,            // MMM d, y
  kLong,              // MMMM d, y
  kFull,              // EEEE, MMMM d, y
  kDayShortMonth,     // d MMM YYY and d MMM, YYY
  kDayLongMonth,      // d MMMM YYY (twice) and d MMMM, YYY
  kPaddedShortMonth,  // dd MMM YYY and dd, MMM YYY
  kNumbers,           // d MM YY
  kDots,              // dd.MM.YY
};
constexpr std::array kFormats = {
    Format::kShort,
    Format::kMedium,
    Format::kLong,
    Format::kFull,
    Format::kFull,
    Format::kFull,
    Format::kFull,
    Format::kFull,
    Format::kFull,
    Format::kFull,
    Format::kFull,
    Format::kFull,
    Format::kFull,
    Format::kDayShortMonth,
    Format::kDayLongMonth,
    Format::kPaddedShortMonth,
    Format::kDayShortMonth,
    Format::kDayLongMonth,
    Format::kPaddedShortMonth,
    Format::kNumbers,
    Format::kDayLongMonth,
    Format::kLong,  // MMMM d YYY
    Format::kLong,  // MMMM d, YYY
    Format::kDots,
};
static_assert(kFormats.size() == 24);

std::string format_date(const Date& date, Format format) {
  const std::string_view long_month = kMonths[static_cast<std::size_t>(date.month - 1)];
  const std::string_view short_month = long_month.substr(0, 3);
  const int short_year = date.year % 100;
  switch (format) {
    case Format::kShort:
      return fmt::format("{}/{}/{:02}", date.month, date.day, short_year);
    case Format::kMedium:
      return fmt::format("{} {} {}", short_month, date.day, date.year);
    case Format::kLong:
      return fmt::format("{} {} {}", long_month, date.day, date.year);
    case Format::kFull:
      return fmt::format("{} {} {} {}", kWeekdays[static_cast<std::size_t>(weekday(date))],
                         long_month, date.day, date.year);
    case Format::kDayShortMonth:
      return fmt::format("{} {} {}", date.day, short_month, date.year);
    case Format::kDayLongMonth:
      return fmt::format("{} {} {}", date.day, long_month, date.year);
    case Format::kPaddedShortMonth:
      return fmt::format("{:02} {} {}", date.day, short_month, date.year);
    case Format::kNumbers:
      return fmt::format("{} {:02} {:02}", date.day, date.month, short_year);
    case Format::kDots:
      return fmt::format("{:02}.{:02}.{:02}", date.day, date.month, short_year);
  }
  return {};
}

class ExerciseSource : public DatePairGenerator::Source {
 public:
  explicit ExerciseSource(const DatePairOptions& options)
      : random_(options.seed), filter_(options.split, options.test_share) {
    const int first_year = std::max(options.first_year, kFirstYear);
    const int last_year = std::min(options.last_year, kLastYear);
    if (first_year > last_year) {
      throw UsageError(fmt::format("the English exercise has the years {} to {}, not {} to {}",
                                   kFirstYear, kLastYear, options.first_year, options.last_year));
    }
    filter_.check(first_year, last_year);
    first_day_ = day_number({first_year, 1, 1});
    days_ = static_cast<std::uint64_t>(day_number({last_year, 12, 31}) - first_day_ + 1);
    years_ = {first_year, last_year};
    if (options.refusal_share > 0) texts_ = std::make_unique<const EnglishTexts>();
  }

  DatePair next() override {
    for (;;) {
      const Date date = any_date(random_);
      if (!filter_.accepts(date)) continue;
      return {format_date(date, kFormats[random_.below(kFormats.size())]), iso(date)};
    }
  }

  std::string impossible(Random& random) override {
    for (Attempts attempts;; attempts.add()) {
      const Date date = impossible_date(any_date(random), years_.first, years_.last, random);
      // Such a date has a day of 29 to 31, so that no other reading of its numbers is a date.
      const bool shown = date.month >= 1 && date.month <= 12 && date.day > 12 && date.day <= 31;
      if (!shown || !filter_.accepts(date)) continue;
      return format_date(date, kFormats[random.below(kFormats.size())]);
    }
  }

  std::string dateless(Random& random) override {
    for (Attempts attempts;; attempts.add()) {
      std::string text = lower(texts_->text(any_date(random), random), icu::Locale::getRoot());
      std::erase(text, ',');
      if (!text.empty() && filter_.accepts(text)) return text;
    }
  }

 private:
  Date any_date(Random& random) const {
    return date_of(first_day_ + static_cast<long>(random.below(days_)));
  }

  Random random_;
  SplitFilter filter_;
  long first_day_ = 0;
  std::uint64_t days_ = 0;
  Years years_{};
  std::unique_ptr<const EnglishTexts> texts_;  // null without refusals
};

}  // namespace

std::unique_ptr<DatePairGenerator::Source> exercise_source(const DatePairOptions& options) {
  return std::make_unique<ExerciseSource>(options);
}

}  // namespace attend::dates
