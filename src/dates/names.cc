#include "dates/names.h"

#include <unicode/dtfmtsym.h>
#include <unicode/uchar.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "dates/pattern.h"
#include "dates/unicode.h"

namespace attend::dates {
namespace {

// How often each form is written, among all forms of one month.
constexpr double kLongWeight = 3.0;
constexpr double kShortWeight = 1.6;
constexpr double kDottedWeight = 0.7;
constexpr double kAloneWeight = 1.0;
constexpr double kFurtherWeight = 0.9;
constexpr double kAccentShare = 0.2;    // share of the weight of the name with its accents
constexpr double kCapitalShare = 0.45;  // share of the weight of the name without a first capital
constexpr double kCutWeight = 0.12;
constexpr std::size_t kShortestCut = 3, kLongestCut = 5;

using Weights = std::map<std::string, double>;

void put(Weights& weights, const std::string& name, double weight) {
  double& held = weights[name];
  held = std::max(held, weight);
}

std::string without_dot(const std::string& name) {
  return !name.empty() && name.back() == '.' ? name.substr(0, name.size() - 1) : name;
}

void put_short(Weights& weights, const std::string& name, double weight) {
  const std::string bare = without_dot(name);
  put(weights, bare, weight);
  if (has_case(bare)) put(weights, bare + ".", weight * kDottedWeight / kShortWeight);
}

void add_plain_forms(Weights& weights) {
  const Weights before = weights;
  for (const auto& [name, weight] : before) {
    const std::string plain = without_accents(name);
    if (plain != name && !before.contains(plain)) put(weights, plain, weight * kAccentShare);
  }
}

/// Adds names with a capital, because people often write one where the language does not.
void add_capitals(Weights& weights, double share) {
  const Weights before = weights;
  for (const auto& [name, weight] : before) {
    const std::string capital = capitalized(name);
    if (capital != name) put(weights, capital, weight * share);
  }
}

/// Returns the first letters of a name in an alphabetic script; empty when the name is not longer.
std::string cut(const std::string& name, std::size_t letters) {
  const icu::UnicodeString units = utf16(name);
  const auto length = static_cast<int32_t>(letters);
  if (units.length() <= length + 1) return {};
  for (int32_t i = 0; i < units.length(); ++i) {
    if (!u_isalpha(units.charAt(i))) return {};
  }
  return utf8(units.tempSubString(0, length));
}

bool begins_another(const std::string& start, std::size_t month,
                    const std::array<Weights, 12>& all) {
  const icu::Locale& root = icu::Locale::getRoot();
  const std::string wanted = lower(start, root);
  for (std::size_t other = 0; other < all.size(); ++other) {
    if (other == month) continue;
    for (const auto& [name, weight] : all[other]) {
      if (lower(name, root).starts_with(wanted) || wanted.starts_with(lower(name, root)))
        return true;
    }
  }
  return false;
}

void add_cut_forms(std::array<Weights, 12>& months) {
  const std::array<Weights, 12> before = months;
  for (std::size_t month = 0; month < months.size(); ++month) {
    for (const auto& [name, weight] : before[month]) {
      if (!has_case(name)) continue;
      for (std::size_t letters = kShortestCut; letters <= kLongestCut; ++letters) {
        const std::string start = cut(name, letters);
        if (start.empty() || before[month].contains(start)) continue;
        if (begins_another(start, month, before)) continue;
        put(months[month], start, kCutWeight);
        put(months[month], start + ".", kCutWeight / 2);
      }
    }
  }
}

void add_cut_weekdays(Weights& weekday) {
  const Weights before = weekday;
  for (const auto& [name, weight] : before) {
    if (!has_case(name)) continue;
    for (std::size_t letters = 2; letters <= 4; ++letters) {
      const std::string start = cut(name, letters);
      if (!start.empty()) put(weekday, start, kCutWeight);
    }
  }
}

template <std::size_t kCount>
std::array<std::string, kCount> from_icu(const icu::UnicodeString* names, int32_t count,
                                         std::size_t rotation) {
  std::array<std::string, kCount> result;
  ATTEND_CHECK(count >= static_cast<int32_t>(kCount));
  for (std::size_t i = 0; i < kCount; ++i) result[i] = nfc(utf8(names[(i + rotation) % kCount]));
  return result;
}

using Symbols = icu::DateFormatSymbols;

std::array<std::string, 12> months_from(const Symbols& symbols, Symbols::DtContextType context,
                                        Symbols::DtWidthType width) {
  int32_t count = 0;
  const icu::UnicodeString* names = symbols.getMonths(count, context, width);
  return from_icu<12>(names, count, 0);
}

std::array<std::string, 7> weekdays_from(const Symbols& symbols, Symbols::DtContextType context,
                                         Symbols::DtWidthType width) {
  int32_t count = 0;
  const icu::UnicodeString* names = symbols.getWeekdays(count, context, width);
  // ICU leaves place 0 empty and begins with Sunday at 1, so Monday is at 2.
  return from_icu<7>(names + 1, count - 1, 1);
}

Choice<std::string> choice_of(const Weights& weights) {
  Choice<std::string> choice;
  for (const auto& [name, weight] : weights) choice.add(weight, nfc(name));
  return choice;
}

}  // namespace

Names names_of(const LanguageFacts& facts) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Locale locale(std::string(facts.icu_locale).c_str());
  const Symbols symbols(locale, "gregorian", status);
  if (U_FAILURE(status)) throw Error("ICU has no date names for " + std::string(facts.icu_locale));

  Names names;
  names.months_short = months_from(symbols, Symbols::FORMAT, Symbols::ABBREVIATED);
  names.months_long = months_from(symbols, Symbols::FORMAT, Symbols::WIDE);
  names.months_short_alone = months_from(symbols, Symbols::STANDALONE, Symbols::ABBREVIATED);
  names.months_long_alone = months_from(symbols, Symbols::STANDALONE, Symbols::WIDE);
  names.weekdays_short = weekdays_from(symbols, Symbols::FORMAT, Symbols::ABBREVIATED);
  names.weekdays_long = weekdays_from(symbols, Symbols::FORMAT, Symbols::WIDE);
  const auto weekdays_alone = weekdays_from(symbols, Symbols::STANDALONE, Symbols::WIDE);

  std::array<Weights, 12> months;
  for (std::size_t i = 0; i < months.size(); ++i) {
    put(months[i], names.months_long[i], kLongWeight);
    put(months[i], names.months_long_alone[i], kAloneWeight);
    put_short(months[i], names.months_short[i], kShortWeight);
    put_short(months[i], names.months_short_alone[i], kAloneWeight);
    for (const std::string& name : split_list(facts.months[i]))
      put(months[i], name, kFurtherWeight);
    add_plain_forms(months[i]);
  }
  add_cut_forms(months);
  for (Weights& month : months) add_capitals(month, kCapitalShare);
  for (std::size_t i = 0; i < months.size(); ++i) names.months[i] = choice_of(months[i]);

  for (std::size_t i = 0; i < names.weekdays.size(); ++i) {
    Weights forms;
    put(forms, names.weekdays_long[i], kLongWeight);
    put(forms, weekdays_alone[i], kAloneWeight);
    put_short(forms, names.weekdays_short[i], kShortWeight);
    for (const std::string& name : split_list(facts.weekdays[i])) put(forms, name, kFurtherWeight);
    add_plain_forms(forms);
    add_cut_weekdays(forms);
    add_capitals(forms, kCapitalShare);
    names.weekdays[i] = choice_of(forms);
  }
  return names;
}

}  // namespace attend::dates
