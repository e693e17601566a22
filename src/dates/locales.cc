#include "dates/locales.h"

#include <algorithm>
#include <utility>

#include "base/base.h"

namespace attend::dates {
namespace {

constexpr NumericOrder kMonthFirst = {Order::kMonthDay, Order::kMonthDay, Order::kMonthDay,
                                      Order::kMonthDay};

struct Region {
  std::string_view code;
  std::string_view icu_locale;
  NumericOrder order;
};
constexpr Region kEnglishRegions[] = {
    {"en-AU", "en_AU", {}}, {"en-BZ", "en_BZ", {}},          {"en-CA", "en_CA", kMonthFirst},
    {"en-GB", "en_GB", {}}, {"en-IE", "en_IE", {}},          {"en-IN", "en_IN", {}},
    {"en-JM", "en_JM", {}}, {"en-NZ", "en_NZ", {}},          {"en-PH", "en_PH", kMonthFirst},
    {"en-TT", "en_TT", {}}, {"en-US", "en_US", kMonthFirst}, {"en-ZA", "en_ZA", {}},
};
constexpr double kEnglishRegionWeight = 0.75;

/// One more code for a language that has its own facts.
struct Alias {
  std::string_view code;
  std::string_view language;
  double weight;
};
constexpr Alias kAliases[] = {{"tl", "fil", 0.8},   {"nl-BE", "nl", 0.2}, {"zh-CN", "zh", 0.2},
                              {"zh-TW", "zh", 0.2}, {"zh-HK", "zh", 0.2}, {"zh-MO", "zh", 0.2}};

/// The languages of "und", whose names do not clash. Numbers have the month first.
constexpr std::pair<std::string_view, double> kUndetermined[] = {
    {"en", 0.6},  {"uk", 0.16}, {"ru", 0.08}, {"fr", 0.06}, {"es", 0.06}, {"de", 0.04},
    {"it", 0.02}, {"pt", 0.02}, {"nl", 0.02}, {"tr", 0.02}, {"ro", 0.02}};
constexpr double kUndeterminedWeight = 1.1;

const LanguageFacts& facts_for(const std::vector<LanguageFacts>& all, std::string_view code) {
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const LanguageFacts& facts) { return facts.code == code; });
  ATTEND_CHECK(found != all.end());
  return *found;
}

std::vector<LanguageFacts> all_facts() {
  std::vector<LanguageFacts> all;
  for (const auto& part :
       {north_facts(), south_facts(), east_facts(), asia_facts(), plain_facts()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace

std::vector<LocaleEntry> all_locales() {
  const std::vector<LanguageFacts> all = all_facts();
  std::vector<LocaleEntry> entries;
  for (const LanguageFacts& facts : all) {
    entries.push_back({std::string(facts.code), facts.weight, facts});
  }
  for (const Region& region : kEnglishRegions) {
    LanguageFacts facts = facts_for(all, "en");
    facts.icu_locale = region.icu_locale;
    facts.order = region.order;
    entries.push_back({std::string(region.code), kEnglishRegionWeight, std::move(facts)});
  }
  for (const Alias& alias : kAliases) {
    entries.push_back({std::string(alias.code), alias.weight, facts_for(all, alias.language)});
  }
  for (const auto& [language, share] : kUndetermined) {
    LanguageFacts facts = facts_for(all, language);
    facts.order = kMonthFirst;
    // Some patterns of a language are numbers in an order of its own.
    if (language != "en") facts.patterns.clear();
    entries.push_back({"und", kUndeterminedWeight * share, std::move(facts)});
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const LocaleEntry& a, const LocaleEntry& b) { return a.code < b.code; });
  return entries;
}

}  // namespace attend::dates
