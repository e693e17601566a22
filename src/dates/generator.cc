#include <fmt/format.h>

#include <utility>

#include "dates/dates.h"
#include "dates/locales.h"
#include "dates/source.h"

namespace attend::dates {
namespace {

constexpr int kEarliestYear = 1000;
constexpr int kLatestYear = 2299;

/// Maps a hash to a number from 0 to 1.
double share_of(std::uint64_t hash) { return static_cast<double>(hash >> 11) * 0x1.0p-53; }

void check(const DatePairOptions& options) {
  if (options.first_year > options.last_year || options.first_year < kEarliestYear ||
      options.last_year > kLatestYear) {
    throw UsageError(fmt::format("the years {} to {} are no range within {} to {}",
                                 options.first_year, options.last_year, kEarliestYear,
                                 kLatestYear));
  }
  if (!(options.test_share > 0.0 && options.test_share < 1.0)) {
    throw UsageError("the test share of dates must lie between 0 and 1");
  }
  if (!(options.far_year_share >= 0.0 && options.far_year_share <= 1.0)) {
    throw UsageError("the share of far years must lie between 0 and 1");
  }
  if (!(options.refusal_share >= 0.0 && options.refusal_share < 1.0)) {
    throw UsageError("the share of refusals must be at least 0 and less than 1");
  }
}

std::unique_ptr<DatePairGenerator::Source> style_source(const DatePairOptions& options) {
  switch (options.style) {
    case DateStyle::kEnglishExercise:
      return exercise_source(options);
    case DateStyle::kEverydayEnglish:
      return everyday_source(options);
    case DateStyle::kWritten:
      break;
  }
  return written_source(options);
}

std::unique_ptr<DatePairGenerator::Source> make_source(const DatePairOptions& options) {
  check(options);
  auto source = style_source(options);
  return options.refusal_share > 0 ? refusing_source(std::move(source), options)
                                   : std::move(source);
}

}  // namespace

DateSplit side_of(const Date& date, double test_share) {
  constexpr std::uint64_t kSalt = 0xDA7E5;
  const auto day = static_cast<std::uint64_t>(day_number(date));
  return share_of(mix(mix(day) ^ kSalt)) < test_share ? DateSplit::kTest : DateSplit::kTrain;
}

bool SplitFilter::accepts(std::string_view text) const {
  if (split_ == DateSplit::kAll) return true;
  std::uint64_t hash = 0;
  for (const char c : text) hash = mix(hash ^ static_cast<unsigned char>(c));
  return (share_of(hash) < test_share_) == (split_ == DateSplit::kTest);
}

void SplitFilter::check(int first_year, int last_year) const {
  const long last_day = day_number({last_year, 12, 31});
  for (long day = day_number({first_year, 1, 1}); day <= last_day; ++day) {
    if (accepts(date_of(day))) return;
  }
  throw UsageError(fmt::format("no date of the years {} to {} is on the wanted side of the split",
                               first_year, last_year));
}

DatePairGenerator::DatePairGenerator(const DatePairOptions& options)
    : source_(make_source(options)) {}
DatePairGenerator::~DatePairGenerator() = default;
DatePairGenerator::DatePairGenerator(DatePairGenerator&&) noexcept = default;
DatePairGenerator& DatePairGenerator::operator=(DatePairGenerator&&) noexcept = default;

DatePair DatePairGenerator::next() { return source_->next(); }

std::vector<std::string> supported_locales() {
  std::vector<std::string> codes;
  for (const LocaleEntry& entry : all_locales()) {
    if (codes.empty() || codes.back() != entry.code) codes.push_back(entry.code);
  }
  return codes;
}

DateSplit split_of(std::string_view iso_date, double test_share) {
  if (!(test_share > 0.0 && test_share < 1.0)) {
    throw UsageError("the test share of dates must lie between 0 and 1");
  }
  const auto number = [&](std::size_t begin, std::size_t length) {
    int value = 0;
    for (const char c : iso_date.substr(begin, length)) {
      value = c >= '0' && c <= '9' ? value * 10 + (c - '0') : -100000;
    }
    return value;
  };
  const bool shaped = iso_date.size() == 10 && iso_date[4] == '-' && iso_date[7] == '-';
  const Date date = shaped ? Date{number(0, 4), number(5, 2), number(8, 2)} : Date{0, 0, 0};
  if (date.year < kEarliestYear || date.year > kLatestYear || date.month < 1 || date.month > 12 ||
      date.day < 1 || date.day > days_in_month(date.year, date.month)) {
    throw UsageError("not a date yyyy-mm-dd: '" + std::string(iso_date.substr(0, 40)) + "'");
  }
  return side_of(date, test_share);
}

}  // namespace attend::dates
