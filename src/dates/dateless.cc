#include "dates/dateless.h"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

#include "dates/locales.h"
#include "dates/numerals.h"
#include "dates/phrases.h"
#include "dates/unicode.h"

namespace attend::dates {
namespace {

// Patterns of dates that lack a part.
constexpr PatternFact kParts[] = {
    {3, "{D} {of}{M}"},  {2, "{M} {D}"},     {4, "{M} {y4}"},    {1.5, "{of}{M} {oy}{y4}"},
    {1, "{M}, {y4}"},    {1.5, "{M}"},       {1.5, "{W}"},       {1, "{W} {D}"},
    {1, "{W}, {D} {M}"}, {0.7, "{M} '{y2}"}, {0.5, "{M}-{y2}"},  {0.5, "{M}/{y4}"},
    {0.5, "{o}"},        {0.5, "{W}, {y4}"}, {0.5, "{d}-{M}"},   {0.5, "{y4} {M}"},
    {0.4, "{D}. {M}"},   {0.4, "{W} {M}"},   {0.3, "{y4}, {W}"},

    {1.5, "{dd}.{mm}."}, {2, "{dd}/{mm}"},   {1, "{d1}.{m1}."},  {1, "{d1}/{m1}"},
    {1.5, "{mm}/{y4}"},  {1, "{m1}/{y4}"},   {2, "{y4}-{mm}"},   {2.5, "{y4}"},
    {0.5, "{y4}/{mm}"},  {0.8, "{mm}.{y4}"}, {0.5, "{dd}-{mm}"}, {0.5, "{mm}-{y4}"},
    {0.3, "{y4}-{y4}"},  {0.4, "{dd} {mm}"},
};

const std::vector<PatternFact>& own_parts(std::string_view code) {
  static const std::vector<PatternFact> kNone;
  static const std::vector<PatternFact> kChinese = {{6, "{y4}年{m}月"},
                                                    {6, "{m}月{d}<日|号|號|日>"},
                                                    {3, "{y4}年"},
                                                    {2, "{m}月"},
                                                    {1.5, "{d}<日|号>"},
                                                    {3, "{zy}年{zm}月"},
                                                    {3, "{zm}月{zd}<日|号|>"},
                                                    {2, "{zy}年"},
                                                    {1, "{zd}<日|号>"},
                                                    {1, "{y4} 年 {m} 月"}};
  static const std::vector<PatternFact> kJapanese = {
      {6, "{y4}年{m}月"},  {6, "{m}月{d}日<|||に>"}, {3, "{y4}年"},  {2, "{m}月"},
      {1.5, "{d}日"},      {3, "{era}年{m}月"},      {2, "{era}年"}, {2, "{zy}年{zm}月"},
      {2, "{zm}月{zd}日"}, {1, "{zera}年{zm}月"},    {1, "{zy}年"},  {1, "{eral}.{m}"}};
  static const std::vector<PatternFact> kKorean = {{6, "{y4}년 {m}월"}, {6, "{m}월 {d}일<|||에>"},
                                                   {3, "{y4}년"},       {2, "{m}월"},
                                                   {1.5, "{d}일"},      {1, "{y4}년 {W}"}};
  static const std::vector<PatternFact> kVietnamese = {
      {4, "tháng {m} năm {y4}"}, {4, "ngày {d} tháng {m}"}, {2, "năm {y4}"}, {2, "ngày {d}"}};
  static const std::vector<PatternFact> kPersian = {{8, "{sd} {sM}"},  {8, "{sM} {sy}"},
                                                    {3, "{sy}"},       {3, "{sM}"},
                                                    {3, "{sy}/{smm}"}, {2, "{smm}/{sdd}"}};
  if (code == "zh") return kChinese;
  if (code == "ja") return kJapanese;
  if (code == "ko") return kKorean;
  if (code == "vi") return kVietnamese;
  return code == "fa" ? kPersian : kNone;
}

template <typename List>
auto any_of(const List& list, Random& random) {
  return list[random.below(std::size(list))];
}

int number(Random& random, int low, int high) {
  return low + static_cast<int>(random.below(static_cast<std::uint64_t>(high - low + 1)));
}

/// Returns a shape with a digit from 1 in place of each '%' and any digit in place of each '@'.
std::string filled(std::string_view shape, Random& random) {
  std::string text;
  for (const char c : shape) {
    if (c == '%') {
      text += static_cast<char>('1' + random.below(9));
    } else if (c == '@') {
      text += static_cast<char>('0' + random.below(10));
    } else {
      text += c;
    }
  }
  return text;
}

/// Returns numbers without words, in shapes that no date has: telephone numbers, IP addresses,
/// scores, sizes. A number that stands alone has neither six nor eight digits, and at most eleven.
std::string code(Random& random) {
  constexpr std::array kShapes = {"+%@ %@ %@@@@@@",
                                  "+% %@@ %@@@@@@",
                                  "(%@@) %@@-@@@@",
                                  "0%@@ %@@@@@@",
                                  "0% @@ @@ @@ @@",
                                  "%@@-@@@@",
                                  "1%@.1@@.%@.1@@",
                                  "%@.%.1@@.%",
                                  "v%.@",
                                  "%.@@",
                                  "%@.%",
                                  "AB-%@@@",
                                  "ID %@@@@",
                                  "No. %@@",
                                  "K%@@@@",
                                  "#%",
                                  "#%@@",
                                  "#%@@@@",
                                  "978-%-@@-%@@@@@-@",
                                  "%:@",
                                  "%@-%@",
                                  "%/%@@",
                                  "%@/%@",
                                  "1%@@-1%@@",
                                  "1%@@ – 1%@@",
                                  "% x %@ cm",
                                  "%@ x %@@ x % mm",
                                  "$%@",
                                  "€%@@",
                                  "£%.@@",
                                  "¥%@@@",
                                  "@.@@@@@",
                                  "-%@ °C",
                                  "%@ + % = %@@",
                                  "%@.@@@@, %@.@@@@",
                                  "%",
                                  "%@",
                                  "%@@",
                                  "%@@@",
                                  "%@@@@",
                                  "%@@@@@@",
                                  "%@@@@@@@@",
                                  "%@@@@@@@@@",
                                  "%@@@@@@@@@@",
                                  "%,%@@.@@"};
  return filled(any_of(kShapes, random), random);
}

std::string blank(Random& random) {
  constexpr std::array kBlanks = {"-",
                                  "--",
                                  "---",
                                  "?",
                                  "??",
                                  "???",
                                  ".",
                                  "...",
                                  "…",
                                  "n/a",
                                  "N/A",
                                  "n. a.",
                                  "na",
                                  "none",
                                  "null",
                                  "NULL",
                                  "nil",
                                  "TBD",
                                  "tba",
                                  "tbc",
                                  "xx",
                                  "x",
                                  "*",
                                  "/",
                                  "//",
                                  "__/__/____",
                                  "__.__.____",
                                  "____-__-__",
                                  "??.??.????",
                                  "?\?/?\?/????",
                                  "dd/mm/yyyy",
                                  "mm/dd/yyyy",
                                  "DD.MM.YYYY",
                                  "YYYY-MM-DD",
                                  "yyyy-mm-dd",
                                  "0000-00-00",
                                  "00/00/0000",
                                  "00.00.0000",
                                  "00-00-00",
                                  "0",
                                  "00",
                                  "!",
                                  "~",
                                  "()",
                                  "[]",
                                  "\"\"",
                                  "'",
                                  ",",
                                  "NaN",
                                  "nan",
                                  "unknown",
                                  "undefined",
                                  "empty",
                                  "blank",
                                  "error",
                                  "#REF!",
                                  "#N/A",
                                  "jj/mm/aaaa",
                                  "TT.MM.JJJJ",
                                  "xx.xx.xxxx",
                                  "XX/XX/XXXX",
                                  "-/-",
                                  "- - -",
                                  "xx.0%.20@@",
                                  "xx.1@.19@@",
                                  "?\?/0%/20@@",
                                  "__.__.19@@",
                                  "__.__.20@@",
                                  "XX.XX.20@@",
                                  "__/1@/20@@",
                                  "20@@-?\?-?\?",
                                  "19@@-xx-xx"};
  return filled(any_of(kBlanks, random), random);
}

std::string address(const std::string& word, Random& random) {
  const std::string name = lower(word, icu::Locale::getRoot());
  return random.chance(0.5) ? fmt::format("{}{}@example.org", name, number(random, 1, 99))
                            : fmt::format("www.{}.com/{}", name, number(random, 1, 999));
}

}  // namespace

Dateless::Dateless(const LanguageFacts& facts, const Writer& writer,
                   std::shared_ptr<const Words> words)
    : writer_(writer),
      words_(std::move(words)),
      clock_(facts),
      noise_(writer.noise()),
      phrases_(split_list(phrases_of(facts.code))),
      digits_(facts.digits),
      native_digits_share_(facts.native_digits_share) {
  const auto add_part = [&](double weight, std::string_view notation) {
    Pattern pattern = compile(notation);
    pattern.has_clock = true;  // a time could be read as the missing part
    parts_.add(weight, std::move(pattern));
  };
  for (const PatternFact& fact : kParts) add_part(fact.weight, fact.pattern);
  for (const PatternFact& fact : own_parts(facts.code)) add_part(2 * fact.weight, fact.pattern);
  for (const std::string_view name : {"{M}", "{W}", "{y4}"}) {
    Pattern pattern = compile(name);
    pattern.machine = true;  // only words may be added to it
    names_.add(1, std::move(pattern));
  }
  blanks_ = facts.code != "zh" && facts.code != "ja" && facts.code != "th";
}

std::string Dateless::word(Random& random) const {
  if (random.chance(0.35)) return words_->known(random);
  std::string invented = words_->invented(random);
  if (invented.empty()) return words_->known(random);
  return random.chance(0.5) ? lower(invented, noise_.locale) : invented;
}

std::string Dateless::words(Random& random) const {
  std::string text = word(random);
  for (int count = number(random, 0, 4); count > 0; --count) {
    const bool comma = random.chance(0.1);
    text += (comma ? "," : "") + std::string(blanks_ || comma ? " " : "") + word(random);
  }
  if (random.chance(0.15)) text += any_of(std::array{".", "!", "?", ":"}, random);
  return text;
}

std::string Dateless::phrase(Random& random) const {
  if (phrases_.empty()) return words(random);
  std::string text = phrases_[random.below(phrases_.size())];
  if (random.chance(0.3)) text += (blanks_ ? " " : "") + word(random);
  if (random.chance(0.2)) text = phrases_[random.below(phrases_.size())] + ", " + text;
  if (random.chance(0.1)) text += ".";
  return text;
}

std::string Dateless::part_of_a_date(const Date& day, Random& random) const {
  const Pattern& pattern = parts_.draw(random);
  if (!fulfils(day, pattern)) return words(random);
  constexpr double kClockShare = 0.08;
  std::string text = writer_.write(day, pattern, YearDigits::kFour, random);
  if (random.chance(kClockShare)) text += " " + Clock::plain(random).substr(0, 5);  // 10:36
  return text;
}

std::string Dateless::part_among_words(const Date& day, Random& random) const {
  const std::string blank = blanks_ ? " " : "";
  std::string text = writer_.write(day, names_.draw(random), YearDigits::kFour, random);
  if (random.chance(0.7)) text = words(random) + blank + text;
  if (random.chance(0.5)) text += blank + words(random);
  return text;
}

std::string Dateless::numbered(Random& random) const {
  const int one = number(random, 1, random.chance(0.5) ? 40 : 2100);
  const std::string name = word(random);
  switch (random.below(4)) {
    case 0:
      return fmt::format("{} {}", name, one);
    case 1:
      return fmt::format("{} {}", one, words(random));
    case 2:
      return fmt::format("{} {}/{}", name, one % 41, number(random, 1, 99));
    default:
      return fmt::format("{} {}, {}", name, one, word(random));
  }
}

std::string Dateless::draft(const Date& day, Random& random) const {
  const double kind = random.uniform();
  if (kind < 0.22) return words(random);
  if (kind < 0.32) return phrase(random);
  if (kind < 0.35) return words_->spelled(random);
  if (kind < 0.42) return words_->amount(random);
  if (kind < 0.47) return clock_.written(random);
  if (kind < 0.49) {
    const std::string before = words(random);
    return before + " " + clock_.written(random);
  }
  if (kind < 0.56) return words_->relative(random);
  if (kind < 0.77) return part_of_a_date(day, random);
  if (kind < 0.81) return part_among_words(day, random);
  if (kind < 0.90) return code(random);
  if (kind < 0.95) return numbered(random);
  if (kind < 0.96) return address(words_->invented(random), random);
  return blank(random);
}

std::string Dateless::text(const Date& day, Random& random) const {
  std::string text = with_noise(draft(day, random), noise_, random);
  if (random.chance(native_digits_share_)) text = with_digits(text, digits_);
  return text.empty() ? std::string("-") : text;
}

std::shared_ptr<const Words> words_of(const LanguageFacts& facts) {
  return std::make_shared<const Words>(icu::Locale(std::string(facts.icu_locale).c_str()));
}

EnglishTexts::EnglishTexts() {
  for (const LocaleEntry& entry : all_locales()) {
    if (entry.code != "en") continue;
    const auto names = std::make_shared<const Names>(names_of(entry.facts));
    writer_ = std::make_unique<const Writer>(entry.facts, names);
    dateless_ = std::make_unique<const Dateless>(entry.facts, *writer_, words_of(entry.facts));
  }
  ATTEND_CHECK(dateless_ != nullptr);
}

}  // namespace attend::dates
