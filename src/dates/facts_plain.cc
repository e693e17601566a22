// Facts of languages whose dates ICU's data describes well enough. Only a few words are added.
#include "dates/facts.h"

namespace attend::dates {
namespace {

LanguageFacts plain(std::string_view code, std::string_view after, std::string_view before) {
  LanguageFacts facts;
  facts.code = code;
  facts.icu_locale = code;
  facts.weight = 0.35;
  facts.after = after;
  facts.after_share = 0.06;
  facts.before = before;
  return facts;
}

/// Adds ordinals to a language that writes the day as "3.".
LanguageFacts with_ordinal_stop(LanguageFacts facts) {
  facts.ordinal = Ordinal::kSuffix;
  facts.ordinals = ".";
  facts.ordinal_share = 0.6;
  return facts;
}

/// Serbian is written in two scripts. ICU's "sr" is Cyrillic.
LanguageFacts serbian() {
  LanguageFacts facts = with_ordinal_stop(plain("sr", ". године| године|.| г.", "дана |у "));
  facts.months = {"januar|jan",    "februar|feb", "mart|mar",     "april|apr",
                  "maj",           "jun",         "jul",          "avgust|avg",
                  "septembar|sep", "oktobar|okt", "novembar|nov", "decembar|dec"};
  facts.weekdays = {"ponedeljak", "utorak", "sreda", "četvrtak", "petak", "subota", "nedelja"};
  facts.roman = 1.0;
  return facts;
}

}  // namespace

std::vector<LanguageFacts> plain_facts() {
  std::vector<LanguageFacts> all = {
      with_ordinal_stop(plain("sl", " n. št.", "dne |")),
      serbian(),
      plain("mk", " година| год.| г.", "на "),
      with_ordinal_stop(plain("et", " a.| aasta", "")),
      plain("lv", " g.| gads", ""),
      plain("lt", " m.| metai", ""),
      with_ordinal_stop(plain("is", "", "þann |")),
      plain("gl", " d.C.", "o |o día "),
      plain("af", " n.C.", "op |die "),
      plain("ms", " M", "pada |"),
      plain("sq", "", "më |"),
  };
  for (LanguageFacts& facts : all) {
    if (facts.code == "sl" || facts.code == "mk") facts.roman = 0.6;
    if (facts.code == "gl") {
      facts.of = "de ";
      facts.of_share = 0.6;
      facts.of_year = "de |do ";
      facts.of_year_share = 0.6;
    }
  }
  return all;
}

}  // namespace attend::dates
