// Writes the notations of everyday English, for readers of the date exercise who type any date.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "dates/choice.h"
#include "dates/dateless.h"
#include "dates/impossible.h"
#include "dates/numerals.h"
#include "dates/pattern.h"
#include "dates/source.h"

namespace attend::dates {
namespace {

// The exercise reads 30 characters (docs/models.md §5.1). "Wednesday, the 23rd of September, 1564"
// has 36; commas are deleted before characters are counted.
constexpr std::size_t kLongestSource = 40;

// The years that a year of two digits can mean.
constexpr int kFirstShortYear = 1940;
constexpr int kLastShortYear = 2039;
constexpr double kShortYearShare = 0.15;  // of the patterns that allow both

constexpr double kPaddedDayShare = 0.3;
constexpr double kWeekdayShare = 0.25;  // of the patterns that allow one
constexpr double kWrongWeekdayShare = 0.1;
constexpr double kOnShare = 0.02;
constexpr double kEraShare = 0.015;
constexpr std::array<std::string_view, 4> kEras = {" AD", " AD", " A.D.", " CE"};
constexpr double kFullStopShare = 0.01;
constexpr double kDoubledBlankShare = 0.01;
constexpr double kLowerShare = 0.15, kUpperShare = 0.1;

constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<std::string_view, 7> kWeekdays = {
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

/// A pattern in the notation of pattern.h. Patterns that allow it may follow a weekday.
struct Notation {
  double weight;
  std::string_view pattern;
  bool weekday = false;
  Need need = Need::kNothing;
};

constexpr Notation kWithName[] = {
    {10, "{M} {d}, {y}", true},
    {4, "{M} {o}, {y4}", true},
    {2.5, "{M} {o} {y4}", true},
    {3, "{M} {d} {y}", true},
    {0.8, "{M} the {o}, {y4}", true},
    {0.8, "{M} the {o} {y4}", true},
    {10, "{d} {M} {y}", true},
    {2, "{d} {M}, {y4}", true},
    {4, "{o} {M} {y4}", true},
    {1, "{o} {M}, {y4}", true},
    {3, "{o} of {M} {y4}", true},
    {2, "{o} of {M}, {y4}", true},
    {1.5, "the {o} of {M} {y4}", true},
    {1.5, "the {o} of {M}, {y4}", true},
    {0.6, "the {o} {M} {y4}", true},
    {0.6, "{d} of {M} {y4}", true},
    {0.6, "{d}. {M} {y4}", true},
    {3, "{d}-{M}-{y}"},
    {1, "{d}/{M}/{y}"},
    {0.7, "{d}.{M}.{y}"},
    {1, "{M}-{d}-{y4}"},
    {0.7, "{M}/{d}/{y4}"},
    {0.3, "{M}.{d}.{y4}"},
    {1.5, "{y4} {M} {d}"},
    {0.7, "{y4}, {M} {d}"},
    {0.7, "{y4} {M} {o}"},
    {1, "{y4}-{M}-{d}"},
    {0.5, "{y4}/{M}/{d}"},
    {0.5, "{y4} {d} {M}"},
    {0.4, "{d}{M}{y4}"},
    {0.4, "{M}{d}, {y4}"},
    {0.4, "{M} {d},{y4}"},
    {0.4, "{o} {M} in {y4}", true},
    {0.4, "{M} {d} of {y4}", true},
    {0.6, "{d} {M} '{y2}"},
    {0.4, "{M} {d}, '{y2}"},
};

// Slashes and hyphens have the month first, as in the exercise's M/d/yy. Full stops and blanks have
// the day first, as in its dd.MM.yy and d MM yy. The other order is written only where the day is
// over 12, so that every source has one reading.
constexpr Notation kNumbers[] = {
    {8, "{y4}-{mm}-{dd}", true},
    {1, "{y4}-{m1}-{d1}"},
    {1.5, "{y4}/{mm}/{dd}"},
    {0.8, "{y4}/{m1}/{d1}"},
    {0.8, "{y4}.{mm}.{dd}"},
    {0.3, "{y4}.{m1}.{d1}"},
    {0.5, "{y4} {mm} {dd}"},
    {1, "{y4}{mm}{dd}"},
    {2.5, "{m1}/{d1}/{y4}", true},
    {2.5, "{mm}/{dd}/{y4}", true},
    {0.3, "{m1} / {d1} / {y4}"},
    {1.5, "{m1}/{d1}/{y2}"},
    {0.8, "{mm}/{dd}/{y2}"},
    {1, "{m1}-{d1}-{y4}"},
    {1, "{mm}-{dd}-{y4}"},
    {0.2, "{mm} - {dd} - {y4}"},
    {0.3, "{m1}-{d1}-{y2}"},
    {0.3, "{mm}-{dd}-{y2}"},
    {1, "{d1}.{m1}.{y4}"},
    {0.6, "{d1}. {m1}. {y4}"},
    {2, "{dd}.{mm}.{y4}", true},
    {0.6, "{d1}.{m1}.{y2}"},
    {1.5, "{dd}.{mm}.{y2}"},
    {0.5, "{d1} {m1} {y4}"},
    {0.7, "{dd} {mm} {y4}"},
    {0.8, "{d1} {mm} {y2}"},
    {0.7, "{d1}/{m1}/{y4}", false, Need::kDayOver12},
    {0.7, "{dd}/{mm}/{y4}", true, Need::kDayOver12},
    {0.4, "{d1}/{m1}/{y2}", false, Need::kDayOver12},
    {0.4, "{d1}-{m1}-{y4}", false, Need::kDayOver12},
    {0.6, "{dd}-{mm}-{y4}", false, Need::kDayOver12},
    {0.3, "{m1}.{d1}.{y4}", false, Need::kDayOver12},
    {0.3, "{mm} {dd} {y4}", false, Need::kDayOver12},
};

struct Entry {
  Pattern pattern;
  bool weekday = false;
};

Choice<Entry> all_entries() {
  Choice<Entry> choice;
  const auto add = [&](const Notation& notation) {
    Entry entry{compile(notation.pattern), notation.weekday};
    entry.pattern.need = notation.need;
    choice.add(notation.weight, std::move(entry));
  };
  for (const Notation& notation : kWithName) add(notation);
  for (const Notation& notation : kNumbers) add(notation);
  return choice;
}

std::string month_name(int month, Random& random) {
  const std::string_view name = kMonths[static_cast<std::size_t>(month - 1)];
  const double kind = random.uniform();
  if (kind < 0.55) return std::string(name);
  std::string cut(name.substr(0, month == 9 && random.chance(0.4) ? 4 : 3));
  if (kind < 0.70 && cut.size() < name.size()) cut += '.';
  return cut;
}

std::string weekday_name(int weekday, Random& random) {
  const std::string_view name = kWeekdays[static_cast<std::size_t>(weekday)];
  const double kind = random.uniform();
  if (kind < 0.6) return std::string(name);
  if (kind < 0.65 && weekday == 1) return "Tues";
  if (kind < 0.65 && weekday == 3) return "Thurs";
  return std::string(name.substr(0, 3)) + (kind < 0.75 ? "." : "");
}

std::string in_case(std::string text, Random& random) {
  const double kind = random.uniform();
  const bool upper = kind < kUpperShare, lower = !upper && kind < kUpperShare + kLowerShare;
  for (char& c : text) {
    if (lower && c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (upper && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

class EverydaySource : public DatePairGenerator::Source {
 public:
  explicit EverydaySource(const DatePairOptions& options)
      : random_(options.seed),
        filter_(options.split, options.test_share),
        entries_(all_entries()),
        years_{options.first_year, options.last_year} {
    filter_.check(options.first_year, options.last_year);
    if (options.refusal_share > 0) texts_ = std::make_unique<const EnglishTexts>();
  }

  DatePair next() override {
    for (;;) {
      const Entry& entry = entries_.draw(random_);
      const bool short_year = has_short_year(entry, random_);
      const Years years = years_for(short_year);
      if (years.empty()) continue;
      const Date date = any_date(years, random_);
      if (!filter_.accepts(date) || !fulfils(date, entry.pattern)) continue;
      std::string source = in_case(written(date, entry, short_year, random_), random_);
      if (fits(source)) return {std::move(source), iso(date)};
    }
  }

  std::string impossible(Random& random) override {
    for (Attempts attempts;; attempts.add()) {
      const Entry& entry = entries_.draw(random);
      const bool short_year = has_short_year(entry, random);
      const Years years = years_for(short_year);
      if (years.empty()) continue;
      const Date date = impossible_date(any_date(years, random), years.first, years.last, random);
      if (!shows_impossible(date, entry.pattern, short_year, ShortReadings::kYearLast)) continue;
      std::string source = in_case(written(date, entry, short_year, random), random);
      if (filter_.accepts(date) && fits(source)) return source;
    }
  }

  std::string dateless(Random& random) override {
    for (Attempts attempts;; attempts.add()) {
      std::string source = texts_->text(any_date(years_, random), random);
      if (filter_.accepts(source) && fits(source)) return source;
    }
  }

 private:
  static bool has_short_year(const Entry& entry, Random& random) {
    return entry.pattern.short_year || (entry.pattern.free_year && random.chance(kShortYearShare));
  }

  Years years_for(bool short_year) const {
    return short_year ? years_.within({kFirstShortYear, kLastShortYear}) : years_;
  }

  static bool fits(const std::string& source) {
    const auto commas = std::count(source.begin(), source.end(), ',');
    return source.size() - static_cast<std::size_t>(commas) <= kLongestSource;
  }

  /// Draws each day of the years with the same probability. With refusals, the last days of
  /// February and of the other months are more frequent.
  Date any_date(const Years& years, Random& random) const {
    constexpr double kMonthEndShare = 0.06;
    const long first = day_number({years.first, 1, 1});
    const long last = day_number({years.last, 12, 31});
    Date date = date_of(
        first + static_cast<long>(random.below(static_cast<std::uint64_t>(last - first + 1))));
    if (texts_ != nullptr && random.chance(kMonthEndShare)) {
      if (random.chance(0.5)) date.month = 2;
      date.day = days_in_month(date.year, date.month);
    }
    return date;
  }

  static std::string written(const Date& date, const Entry& entry, bool short_year,
                             Random& random) {
    std::string text;
    if (random.chance(kOnShare) && entry.weekday) text = "on ";
    if (entry.weekday && random.chance(kWeekdayShare)) {
      const int right = weekday(date);
      const int named =
          random.chance(kWrongWeekdayShare) ? static_cast<int>(random.below(7)) : right;
      text += weekday_name(named, random);
      text += random.chance(0.6) ? ", " : " ";
    }
    for (const Piece& piece : entry.pattern.pieces) append(piece, date, short_year, random, text);
    if (entry.pattern.ends_in_year && !short_year && random.chance(kEraShare)) {
      text += kEras[random.below(kEras.size())];
    }
    if (random.chance(kFullStopShare)) text += '.';
    if (random.chance(kDoubledBlankShare)) double_a_blank(random, text);
    return text;
  }

  static void append(const Piece& piece, const Date& date, bool short_year, Random& random,
                     std::string& text) {
    switch (piece.field) {
      case Field::kDay:
        text += random.chance(kPaddedDayShare) ? fmt::format("{:02}", date.day)
                                               : std::to_string(date.day);
        break;
      case Field::kDayPlain:
        text += std::to_string(date.day);
        break;
      case Field::kDayPadded:
        text += fmt::format("{:02}", date.day);
        break;
      case Field::kDayOrdinal:
        text += fmt::format("{}{}", date.day, english_suffix(date.day));
        break;
      case Field::kMonthName:
        text += month_name(date.month, random);
        break;
      case Field::kMonthPlain:
        text += std::to_string(date.month);
        break;
      case Field::kMonthPadded:
        text += fmt::format("{:02}", date.month);
        break;
      case Field::kYear:
        text += short_year ? fmt::format("{:02}", date.year % 100) : std::to_string(date.year);
        break;
      case Field::kYearLong:
        text += std::to_string(date.year);
        break;
      case Field::kYearShort:
        text += fmt::format("{:02}", date.year % 100);
        break;
      default:
        ATTEND_CHECK(piece.field == Field::kLiteral);
        text += piece.text;
        break;
    }
  }

  static void double_a_blank(Random& random, std::string& text) {
    const auto blanks = static_cast<std::uint64_t>(std::count(text.begin(), text.end(), ' '));
    if (blanks == 0) return;
    std::size_t place = text.find(' ');
    for (std::uint64_t skipped = random.below(blanks); skipped > 0; --skipped) {
      place = text.find(' ', place + 1);
    }
    text.insert(place, 1, ' ');
  }

  Random random_;
  SplitFilter filter_;
  Choice<Entry> entries_;
  Years years_;
  std::unique_ptr<const EnglishTexts> texts_;  // null without refusals
};

}  // namespace

std::unique_ptr<DatePairGenerator::Source> everyday_source(const DatePairOptions& options) {
  return std::make_unique<EverydaySource>(options);
}

}  // namespace attend::dates
