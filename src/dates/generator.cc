#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "dates/choice.h"
#include "dates/dates.h"
#include "dates/locales.h"
#include "dates/render.h"
#include "dates/source.h"

namespace attend::dates {
namespace {

constexpr int kEarliestYear = 1000;
constexpr int kLatestYear = 2299;
constexpr int kLatestFarYear = 2199;

// The rule for years of two digits: 00-39 are 20xx, 40-99 are 19xx.
constexpr int kFirstShortYear = 1940;
constexpr int kLastShortYear = 2039;
constexpr double kShortYearShare = 0.15;  // of the patterns that leave the choice

// Most dates that people write are of their own time.
constexpr int kFirstRecentYear = 1970;
constexpr int kLastRecentYear = 2035;
constexpr double kRecentShare = 0.5;
constexpr double kSameDayAndMonthShare = 0.02;  // 3/3/2015
constexpr double kNewYearShare = 0.01;          // 1/1/2016

struct Years {
  int first, last;
  Years within(const Years& other) const {
    return {std::max(first, other.first), std::min(last, other.last)};
  }
  bool empty() const { return first > last; }
};

struct TaggedWriter {
  std::string tag;  // "<en> " or nothing
  Writer writer;
};

class WrittenSource : public DatePairGenerator::Source {
 public:
  explicit WrittenSource(const DatePairOptions& options)
      : random_(options.seed),
        filter_(options.split, options.test_share),
        years_{options.first_year, options.last_year},
        far_year_share_(options.far_year_share) {
    filter_.check(options.first_year, options.last_year);
    const std::vector<LocaleEntry> entries = all_locales();
    const std::set<std::string> known = codes(entries);
    for (const std::string& code : options.locales) {
      if (!known.contains(code)) throw UsageError("unknown locale '" + code + "' for dates");
    }
    const std::set<std::string> wanted =
        options.locales.empty() ? known : std::set(options.locales.begin(), options.locales.end());
    add_writers(entries, wanted, options.tag);
  }

  DatePair next() override {
    for (;;) {
      const TaggedWriter& chosen = *writers_.draw(random_);
      const Pattern& pattern = chosen.writer.draw_pattern(random_);
      const bool short_year =
          pattern.short_year ||
          (pattern.free_year && chosen.writer.has_short_years() && random_.chance(kShortYearShare));
      Date date;
      if (!draw_date(pattern, short_year, date)) continue;
      const YearDigits digits = short_year ? YearDigits::kTwo : YearDigits::kFour;
      return {chosen.tag + chosen.writer.write(date, pattern, digits, random_), iso(date)};
    }
  }

 private:
  static std::set<std::string> codes(const std::vector<LocaleEntry>& entries) {
    std::set<std::string> codes;
    for (const LocaleEntry& entry : entries) codes.insert(entry.code);
    return codes;
  }

  void add_writers(const std::vector<LocaleEntry>& entries, const std::set<std::string>& wanted,
                   SourceTag tag) {
    const auto english = std::find_if(entries.begin(), entries.end(),
                                      [](const LocaleEntry& entry) { return entry.code == "en"; });
    const auto english_names = std::make_shared<const Names>(names_of(english->facts));
    for (const LocaleEntry& entry : entries) {
      if (!wanted.contains(entry.code)) continue;
      writers_.add(entry.weight, std::make_shared<const TaggedWriter>(TaggedWriter{
                                     tag == SourceTag::kLanguage ? "<" + entry.code + "> " : "",
                                     Writer(entry.facts, english_names)}));
    }
  }

  /// False when the pattern cannot be had with the options, or by bad luck.
  bool draw_date(const Pattern& pattern, bool short_year, Date& date) {
    constexpr int kAttempts = 100;
    Years years = years_;
    if (short_year) {
      years = years.within({kFirstShortYear, kLastShortYear});
    } else if (random_.chance(far_year_share_)) {
      years = {kEarliestYear, kLatestFarYear};
    }
    if (years.empty()) return false;
    const Years recent = years.within({kFirstRecentYear, kLastRecentYear});
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      date = any_date(!recent.empty() && random_.chance(kRecentShare) ? recent : years);
      if (fulfils(date, pattern) && filter_.accepts(date)) return true;
    }
    return false;
  }

  Date any_date(const Years& years) {
    Date date;
    date.year =
        years.first +
        static_cast<int>(random_.below(static_cast<std::uint64_t>(years.last - years.first + 1)));
    const double kind = random_.uniform();
    if (kind < kNewYearShare) return {date.year, 1, 1};
    date.month = 1 + static_cast<int>(random_.below(12));
    if (kind < kNewYearShare + kSameDayAndMonthShare) return {date.year, date.month, date.month};
    date.day = 1 + static_cast<int>(random_.below(
                       static_cast<std::uint64_t>(days_in_month(date.year, date.month))));
    return date;
  }

  Random random_;
  SplitFilter filter_;
  Years years_;
  double far_year_share_;
  Choice<std::shared_ptr<const TaggedWriter>> writers_;
};

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
}

std::unique_ptr<DatePairGenerator::Source> make_source(const DatePairOptions& options) {
  check(options);
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

}  // namespace

DateSplit side_of(const Date& date, double test_share) {
  constexpr std::uint64_t kSalt = 0xDA7E5;
  const auto day = static_cast<std::uint64_t>(day_number(date));
  const double place = static_cast<double>(mix(mix(day) ^ kSalt) >> 11) * 0x1.0p-53;
  return place < test_share ? DateSplit::kTest : DateSplit::kTrain;
}

void SplitFilter::check(int first_year, int last_year) const {
  const long last_day = day_number({last_year, 12, 31});
  for (long day = day_number({first_year, 1, 1}); day <= last_day; ++day) {
    if (accepts(date_of(day))) return;
  }
  throw UsageError(fmt::format("no date of the years {} to {} is on the wanted side of the split",
                               first_year, last_year));
}

std::unique_ptr<DatePairGenerator::Source> written_source(const DatePairOptions& options) {
  return std::make_unique<WrittenSource>(options);
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
