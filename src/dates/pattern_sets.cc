#include "dates/pattern_sets.h"

#include <fmt/format.h>
#include <unicode/datefmt.h>
#include <unicode/locid.h>
#include <unicode/smpdtfmt.h>

#include <memory>
#include <string>

#include "dates/unicode.h"

namespace attend::dates {
namespace {

constexpr PatternFact kWithMonthName[] = {
    {14, "{D} {M} {y}"},       {10, "{D} {of}{M} {oy}{y}"}, {5, "{D} {M}, {y}"},
    {1, "{d} {M} , {y}"},      {4, "{d}-{M}-{y}"},          {4, "{d}/{M}/{y}"},
    {1.2, "{d}.{M}.{y}"},      {0.8, "{d}. {M} {y}"},       {0.4, "{d}. {M}. {y}"},
    {5, "{M} {D}, {y}"},       {3.5, "{M} {D} {y}"},        {1.5, "{M} {D} {oy}{y}"},
    {0.6, "{M} {D} , {y}"},    {2.5, "{M}-{d}-{y}"},        {1, "{M}/{d}/{y}"},
    {0.3, "{M}.{d}.{y}"},      {3, "{M}-{y4}-{d}"},         {0.6, "{M}/{y4}/{d}"},
    {0.5, "{M} {y4} {d}"},     {3, "{d}-{y4}-{M}"},         {0.8, "{d}/{y4}/{M}"},
    {0.3, "{d} {y4} {M}"},     {3, "{y4}/{d}/{M}"},         {0.8, "{y4}-{d}-{M}"},
    {3, "{y4}/{M}/{d}"},       {2.5, "{y4}-{M}-{d}"},       {1.2, "{y4} {M} {D}"},
    {0.4, "{y4}, {M} {d}"},    {0.7, "{y4}.{M}.{d}"},       {0.7, "{y4}, {D} {M}"},
    {0.9, "{y4} {D} {of}{M}"}, {0.3, "{d}{M}{y4}"},         {0.4, "{d} {M}-{y}"},
    {0.2, "{d},{M},{y}"},      {0.25, "{d}_{M}_{y4}"},      {0.5, "{o} {of}{M}, {oy}{y}"},
    {0.3, "{d}-{M} {y}"},      {0.3, "{d}, {M} {y}"},       {0.3, "{d}, {M}, {y}"},
    {0.3, "{d} / {M} / {y}"},  {0.3, "{d} - {M} - {y}"},    {0.3, "{M} {d} - {y4}"},
    {0.3, "{d}/{M} {y}"},      {0.2, "{M} {y4}, {d}"},
};

constexpr PatternFact kMachine[] = {
    {3.0, "{y4}-{mm}-{dd}"},
    {0.8, "{y4}{mm}{dd}"},
    {1.2, "{y4}-{mm}-{dd}T{t}"},
    {0.6, "{y4}-{mm}-{dd} {t}"},
    {0.15, "{y4}{mm}{dd}T{c6}<|||Z|-0300|+0000|.5-0300>"},
    {0.1, "{y4}{mm}{dd}T{c4}"},
    {0.05, "{y4}{mm}{dd}T{c2}"},
    {0.1, "{y4}{mm}{dd}T{t}"},
    {0.1, "{y4}{mm}{dd}{c4}"},
    {0.1, "{y4}{mm}{dd}{c6}"},
    {0.1, "{y4}{mm}{dd} {c6}"},
    {0.15, "{EEE} {MMM} {d1} {hms} {y4}"},
    {0.15, "{EEE}, {dd} {MMM} {y4} {hms}<| +0000| GMT>"},
};

constexpr PatternFact kWithRomanMonth[] = {
    {3, "{d1} {R} {y4}"},       {3, "{d1}.{R}.{y4}"},   {1, "{d1}. {R}. {y4}"},
    {1, "{dd} {R} {y4}"},       {0.7, "{dd}.{R}.{y4}"}, {0.7, "{d1}/{R}/{y4}"},
    {0.7, "{d1}-{R}-{y4}"},     {0.7, "{d1} {R} {y2}"}, {0.7, "{d1}.{R}.{y2}"},
    {0.4, "{d1}.{R} {y4}"},     {0.3, "{y4} {R} {d1}"}, {0.3, "{y4}.{R}.{d1}"},
    {0.3, "{d1} / {R} / {y4}"},
};

struct Separator {
  double weight;
  std::string_view first;
  std::string_view second;
};
constexpr Separator kSeparators[] = {
    {10, "/", "/"},       {7, "-", "-"},        {5.5, ".", "."},     {3, " ", " "},
    {0.35, " / ", " / "}, {0.45, " - ", " - "}, {0.3, " . ", " . "}, {0.7, ". ", ". "},
    {0.3, ". ", "."},     {0.3, " .", " ."},    {0.3, ".", ". "},    {0.15, "/", "-"},
    {0.15, ":", ":"},     {0.2, ",", ","},      {0.15, "_", "_"},
};
constexpr double kShortYearShare = 0.42;
constexpr double kOtherOrderShare = 0.2;
constexpr double kYearFirstWeight = 11.0;
constexpr double kNumericScale = 1.35;

void add(Choice<Pattern>& choice, double weight, std::string_view notation,
         Need need = Need::kNothing) {
  Pattern pattern = compile(notation);
  pattern.need = need;
  choice.add(weight, std::move(pattern));
}

std::string numeric(Order order, const Separator& separator, std::string_view day,
                    std::string_view month, std::string_view year) {
  const bool day_first = order == Order::kDayMonth;
  return fmt::format("{}{}{}{}{}", day_first ? day : month, separator.first,
                     day_first ? month : day, separator.second, year);
}

Order other(Order order) { return order == Order::kDayMonth ? Order::kMonthDay : Order::kDayMonth; }

/// Adds patterns in the region's order, and in the other order where the day is over 12.
void add_year_last(Choice<Pattern>& choice, double weight, Order order, const Separator& separator,
                   std::string_view year) {
  constexpr double kPadded = 0.5, kPlain = 0.35, kMixed = 0.15;
  for (const auto& [wanted, share, need] :
       {std::tuple{order, 1.0 - kOtherOrderShare, Need::kNothing},
        std::tuple{other(order), kOtherOrderShare, Need::kDayOver12}}) {
    const double scaled = weight * share;
    add(choice, scaled * kPadded, numeric(wanted, separator, "{dd}", "{mm}", year), need);
    add(choice, scaled * kPlain, numeric(wanted, separator, "{d1}", "{m1}", year), need);
    add(choice, scaled * kMixed, numeric(wanted, separator, "{d}", "{m}", year), need);
  }
}

/// Where a year of two digits may come first between hyphens: in Chinese, in Japanese and, for
/// years from 32 on, in every language. Where the day and the month could come first too, the
/// hyphen and the two digits of the first number tell that it is the year.
struct ShortHyphen {
  Need year_first = Need::kShortYearOver31;
  bool year_last_one_digit = false;  // year last only after a number of one digit
};

ShortHyphen short_hyphen_of(const LanguageFacts& facts) {
  if (facts.code == "zh") return {Need::kNothing, true};
  if (facts.code == "ja") return {Need::kShortYearOver12, true};
  return {};
}

void add_short_hyphen(Choice<Pattern>& choice, double weight, const LanguageFacts& facts,
                      const Separator& separator) {
  const Order order = facts.order.short_hyphen;
  if (!short_hyphen_of(facts).year_last_one_digit) {
    add_year_last(choice, weight, order, separator, "{y2}");
    return;
  }
  const bool day_first = order == Order::kDayMonth;
  add(choice, weight * 0.5, numeric(order, separator, "{d1}", "{m1}", "{y2}"),
      day_first ? Need::kDayOneDigit : Need::kMonthOneDigit);
  add(choice, weight * 0.2, numeric(order, separator, "{dd}", "{mm}", "{y2}"),
      Need::kShortYearOver31);
}

void add_numeric_year_last(Choice<Pattern>& choice, const LanguageFacts& facts) {
  for (const Separator& separator : kSeparators) {
    const double weight = separator.weight * kNumericScale;
    const bool hyphen = separator.first.find('-') != std::string_view::npos;
    add_year_last(choice, weight * (1 - kShortYearShare), facts.order.long_year, separator, "{y4}");
    // Three numbers of two digits with colons would be a time of day.
    if (separator.first == ":") continue;
    if (hyphen) {
      add_short_hyphen(choice, weight * kShortYearShare, facts, separator);
    } else {
      add_year_last(choice, weight * kShortYearShare, facts.order.short_year, separator, "{y2}");
    }
  }
  for (const std::string_view mark : {"/", "-", "."}) {
    const Separator comma{1.0, mark, ","};
    const Separator comma_blank{1.0, mark, ", "};
    const double weight = mark == "/" ? 2.2 : 0.3;
    add_year_last(choice, weight * 0.6, facts.order.comma, comma, "{y2}");
    add_year_last(choice, weight * 0.5, facts.order.comma, comma, "{y4}");
    add_year_last(choice, weight * 0.2, facts.order.comma, comma_blank, "{y4}");
  }
}

void add_numeric_year_first(Choice<Pattern>& choice, const LanguageFacts& facts) {
  for (const auto& [weight, mark] :
       {std::pair{0.34, "-"}, {0.28, "/"}, {0.23, "."}, {0.09, " "}, {0.03, " - "}, {0.03, ". "}}) {
    const double scaled = weight * kYearFirstWeight;
    add(choice, scaled * 0.45, fmt::format("{{y4}}{0}{{m1}}{0}{{d1}}", mark));
    add(choice, scaled * 0.45, fmt::format("{{y4}}{0}{{mm}}{0}{{dd}}", mark));
    add(choice, scaled * 0.06, fmt::format("{{y4}}{0}{{d}}{0}{{m}}", mark), Need::kDayOver12);
    const Need need =
        std::string_view(mark) == "-" ? short_hyphen_of(facts).year_first : Need::kShortYearOver31;
    const double rare = need == Need::kShortYearOver31 ? 0.12 : 0.6;
    add(choice, scaled * rare, fmt::format("{{y2}}{0}{{m}}{0}{{d}}", mark), need);
  }
  add(choice, 0.15, "{y2}{mm}{dd} {c6}", Need::kShortYearOver31);
}

void add_icu_styles(Choice<Pattern>& choice, const LanguageFacts& facts) {
  constexpr std::pair<icu::DateFormat::EStyle, double> kStyles[] = {{icu::DateFormat::kFull, 4},
                                                                    {icu::DateFormat::kLong, 3.5},
                                                                    {icu::DateFormat::kMedium, 3},
                                                                    {icu::DateFormat::kShort, 2}};
  const icu::Locale locale((std::string(facts.icu_locale) + "@calendar=gregorian").c_str());
  for (const auto& [style, weight] : kStyles) {
    const std::unique_ptr<icu::DateFormat> format(
        icu::DateFormat::createDateInstance(style, locale));
    const auto* simple = dynamic_cast<const icu::SimpleDateFormat*>(format.get());
    if (simple == nullptr) continue;
    icu::UnicodeString letters;
    simple->toPattern(letters);
    Pattern pattern = compile_icu(nfc(utf8(letters)));
    // A numeric short style may contradict the order of the numeric patterns.
    if (pattern.short_year) continue;
    choice.add(weight, std::move(pattern));
  }
}

/// Removes years of two digits where the language has none and sets its first Gregorian year.
Choice<Pattern> limited(const Choice<Pattern>& all, const LanguageFacts& facts) {
  Choice<Pattern> choice;
  for (std::size_t i = 0; i < all.items().size(); ++i) {
    Pattern pattern = all.items()[i];
    if (pattern.short_year && !facts.short_years) continue;
    if (pattern.reckoning == Reckoning::kGregorian) pattern.first_year = facts.first_year;
    choice.add(all.weight(i), std::move(pattern));
  }
  return choice;
}

}  // namespace

Choice<Pattern> patterns_of(const LanguageFacts& facts) {
  Choice<Pattern> choice;
  for (const PatternFact& fact : kWithMonthName) {
    add(choice, fact.weight * facts.common_words, fact.pattern);
  }
  for (const PatternFact& fact : kMachine) {
    Pattern pattern = compile(fact.pattern);
    pattern.machine = true;
    choice.add(fact.weight * (facts.code == "en" ? 2.5 : 0.7), std::move(pattern));
  }
  add_numeric_year_last(choice, facts);
  add_numeric_year_first(choice, facts);
  add_icu_styles(choice, facts);
  for (const PatternFact& fact : kWithRomanMonth) {
    add(choice, fact.weight * facts.roman, fact.pattern);
  }
  for (const PatternFact& fact : facts.patterns) add(choice, fact.weight, fact.pattern);
  return facts.short_years && facts.first_year == 0 ? choice : limited(choice, facts);
}

}  // namespace attend::dates
