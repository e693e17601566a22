// Writes the dates of some sixty languages.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "dates/choice.h"
#include "dates/dateless.h"
#include "dates/impossible.h"
#include "dates/locales.h"
#include "dates/render.h"
#include "dates/source.h"

namespace attend::dates {
namespace {

constexpr int kEarliestYear = 1000;
constexpr int kLatestFarYear = 2199;

// The rule for years of two digits: 00-39 are 20xx, 40-99 are 19xx.
constexpr int kFirstShortYear = 1940;
constexpr int kLastShortYear = 2039;
constexpr double kShortYearShare = 0.15;  // of the patterns that allow both

// Most dates that people write are of their own time.
constexpr int kFirstRecentYear = 1970;
constexpr int kLastRecentYear = 2035;
constexpr double kRecentShare = 0.5;
constexpr double kSameDayAndMonthShare = 0.02;  // 3/3/2015
constexpr double kNewYearShare = 0.01;          // 1/1/2016

// Where dates are refused, the last days of months are frequent among the other dates.
constexpr double kLeapDayShare = 0.02;
constexpr double kMonthEndShare = 0.04;
constexpr double kBeforeChristShare = 0.04;  // of the impossible dates

/// A language with its tag ("<en> " or nothing) and its texts that are not dates.
struct Speaker {
  Speaker(const LocaleEntry& entry, SourceTag tag_kind, std::shared_ptr<const Names> english)
      : tag(tag_kind == SourceTag::kLanguage ? "<" + entry.code + "> " : ""),
        language(entry.facts.code),
        writer(entry.facts, std::move(english)) {}
  /// Returns whether three numbers of two digits may begin with the year.
  ShortReadings readings() const {
    return language == "zh" || language == "ja" || language == "ko" ? ShortReadings::kAlsoYearFirst
                                                                    : ShortReadings::kYearLast;
  }

  std::string tag;
  std::string language;
  Writer writer;
  std::unique_ptr<const Dateless> dateless;  // null without refusals
};

class WrittenSource : public DatePairGenerator::Source {
 public:
  explicit WrittenSource(const DatePairOptions& options)
      : random_(options.seed),
        filter_(options.split, options.test_share),
        years_{options.first_year, options.last_year},
        far_year_share_(options.far_year_share),
        refuses_(options.refusal_share > 0) {
    filter_.check(options.first_year, options.last_year);
    const std::vector<LocaleEntry> entries = all_locales();
    const std::set<std::string> known = codes(entries);
    for (const std::string& code : options.locales) {
      if (!known.contains(code)) throw UsageError("unknown locale '" + code + "' for dates");
    }
    const std::set<std::string> wanted =
        options.locales.empty() ? known : std::set(options.locales.begin(), options.locales.end());
    add_speakers(entries, wanted, options.tag);
  }

  DatePair next() override {
    for (;;) {
      const Speaker& speaker = *speakers_.draw(random_);
      const Pattern& pattern = speaker.writer.draw_pattern(random_);
      const bool short_year = has_short_year(speaker, pattern, random_);
      Date date;
      if (!draw_date(pattern, short_year, date)) continue;
      const YearDigits digits = short_year ? YearDigits::kTwo : YearDigits::kFour;
      return {speaker.tag + speaker.writer.write(date, pattern, digits, random_), iso(date)};
    }
  }

  std::string impossible(Random& random) override {
    for (Attempts attempts;; attempts.add()) {
      const Speaker& speaker = *speakers_.draw(random);
      const Pattern& pattern = speaker.writer.draw_pattern(random);
      const std::string text = random.chance(kBeforeChristShare)
                                   ? before_christ(speaker, pattern, random)
                                   : impossible(speaker, pattern, random);
      if (!text.empty() && !is_lunar(text)) return speaker.tag + text;
    }
  }

  std::string dateless(Random& random) override {
    for (Attempts attempts;; attempts.add()) {
      const Speaker& speaker = *speakers_.draw(random);
      const std::string text =
          speaker.dateless->text(any_date(draw_years(false, random), random), random);
      if (filter_.accepts(text)) return speaker.tag + text;
    }
  }

 private:
  static std::set<std::string> codes(const std::vector<LocaleEntry>& entries) {
    std::set<std::string> codes;
    for (const LocaleEntry& entry : entries) codes.insert(entry.code);
    return codes;
  }

  void add_speakers(const std::vector<LocaleEntry>& entries, const std::set<std::string>& wanted,
                    SourceTag tag) {
    const auto english = std::find_if(entries.begin(), entries.end(),
                                      [](const LocaleEntry& entry) { return entry.code == "en"; });
    const auto english_names = std::make_shared<const Names>(names_of(english->facts));
    std::map<std::string_view, std::shared_ptr<const Words>> words;  // by language
    for (const LocaleEntry& entry : entries) {
      if (!wanted.contains(entry.code)) continue;
      const auto speaker = std::make_shared<Speaker>(entry, tag, english_names);
      if (refuses_) {
        auto& own = words[entry.facts.code];
        if (own == nullptr) own = words_of(entry.facts);
        speaker->dateless = std::make_unique<const Dateless>(entry.facts, speaker->writer, own);
      }
      speakers_.add(entry.weight, speaker);
    }
  }

  static bool has_short_year(const Speaker& speaker, const Pattern& pattern, Random& random) {
    return pattern.short_year || (pattern.free_year && speaker.writer.has_short_years() &&
                                  random.chance(kShortYearShare));
  }

  /// Returns the years to draw from. The range may be empty.
  Years draw_years(bool short_year, Random& random) const {
    if (short_year) return years_.within({kFirstShortYear, kLastShortYear});
    if (random.chance(far_year_share_)) return {kEarliestYear, kLatestFarYear};
    return years_;
  }

  /// Draws a date for the pattern. Returns false when the options allow none or no attempt
  /// succeeded.
  bool draw_date(const Pattern& pattern, bool short_year, Date& date) {
    constexpr int kAttempts = 100;
    const Years years = draw_years(short_year, random_);
    if (years.empty()) return false;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      date = any_date(years, random_);
      if (fulfils(date, pattern) && filter_.accepts(date)) return true;
    }
    return false;
  }

  Date any_date(const Years& all, Random& random) const {
    const Years recent = all.within({kFirstRecentYear, kLastRecentYear});
    const Years& years = !recent.empty() && random.chance(kRecentShare) ? recent : all;
    Date date;
    date.year =
        years.first +
        static_cast<int>(random.below(static_cast<std::uint64_t>(years.last - years.first + 1)));
    const double kind = random.uniform();
    if (kind < kNewYearShare) return {date.year, 1, 1};
    date.month = 1 + static_cast<int>(random.below(12));
    if (kind < kNewYearShare + kSameDayAndMonthShare) return {date.year, date.month, date.month};
    const int days = days_in_month(date.year, date.month);
    date.day = 1 + static_cast<int>(random.below(static_cast<std::uint64_t>(days)));
    if (!refuses_ || kind < 1.0 - kLeapDayShare - kMonthEndShare) return date;
    if (kind < 1.0 - kLeapDayShare) return {date.year, date.month, days};
    const int leap_year = date.year - date.year % 4;
    if (leap_year >= all.first) date.year = leap_year;
    return {date.year, 2, days_in_month(date.year, 2)};
  }

  /// Returns an impossible date in words and numbers; empty when the pattern cannot show it.
  std::string impossible(const Speaker& speaker, const Pattern& pattern, Random& random) const {
    const bool short_year = has_short_year(speaker, pattern, random);
    const Years years = draw_years(short_year, random);
    if (years.empty()) return {};
    const Date base = any_date(years, random);
    if (pattern.reckoning == Reckoning::kSolarHijri) {
      if (!fulfils(base, pattern)) return {};
      const SolarDate solar = impossible_solar_date(solar_hijri(base), random);
      if (!filter_.accepts(Date{solar.year, solar.month, solar.day})) return {};
      return speaker.writer.write({base, solar}, pattern, YearDigits::kFour, random);
    }
    const Date date = impossible_date(base, years.first, years.last, random);
    if (!shows_impossible(date, pattern, short_year, speaker.readings())) return {};
    if (!filter_.accepts(date)) return {};
    return speaker.writer.write(date, pattern, short_year ? YearDigits::kTwo : YearDigits::kFour,
                                random);
  }

  std::string before_christ(const Speaker& speaker, const Pattern& pattern, Random& random) const {
    const BeforeChrist words = dates::before_christ(speaker.language);
    const bool behind = !words.behind.empty() && pattern.ends_in_year;
    const bool before = !words.before.empty() && !pattern.pieces.empty() &&
                        pattern.pieces.front().field == Field::kYearLong;
    if (pattern.machine || pattern.short_year || (!behind && !before)) return {};
    Date date = any_date(years_, random);
    date.year = 1 + static_cast<int>(random.below(random.chance(0.7) ? 999 : 2999));
    date.day = std::min(date.day, 28);
    if (!fulfils(date, pattern) || !filter_.accepts(date)) return {};
    Pattern dated = pattern;
    const Piece piece{Field::kAlternatives, {}, split_list(behind ? words.behind : words.before)};
    dated.pieces.insert(behind ? dated.pieces.end() : dated.pieces.begin(), piece);
    dated.ends_in_year = false;
    return speaker.writer.write(date, dated, YearDigits::kFour, random);
  }

  Random random_;
  SplitFilter filter_;
  Years years_;
  double far_year_share_;
  bool refuses_;
  Choice<std::shared_ptr<const Speaker>> speakers_;
};

}  // namespace

std::unique_ptr<DatePairGenerator::Source> written_source(const DatePairOptions& options) {
  return std::make_unique<WrittenSource>(options);
}

}  // namespace attend::dates
