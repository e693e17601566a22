// The generator of reference §5.3.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "dates/source.h"

namespace attend::dates {
namespace {

// A fixed range below one hundred years, so that the last two digits tell the year.
constexpr int kFirstYear = 1970;
constexpr int kLastYear = 2025;

constexpr std::array<std::string_view, 12> kMonths = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};
constexpr std::array<std::string_view, 7> kWeekdays = {
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};

// Lower case, and the commas of the originals deleted. Repetitions are meant: they are weights.
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
  }

  DatePair next() override {
    for (;;) {
      const Date date = date_of(first_day_ + static_cast<long>(random_.below(days_)));
      if (!filter_.accepts(date)) continue;
      return {format_date(date, kFormats[random_.below(kFormats.size())]), iso(date)};
    }
  }

 private:
  Random random_;
  SplitFilter filter_;
  long first_day_ = 0;
  std::uint64_t days_ = 0;
};

}  // namespace

std::unique_ptr<DatePairGenerator::Source> exercise_source(const DatePairOptions& options) {
  return std::make_unique<ExerciseSource>(options);
}

}  // namespace attend::dates
