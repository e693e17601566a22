// Facts of English, German, Dutch, the Nordic languages, Irish, Indonesian and Filipino.
#include "dates/facts.h"

namespace attend::dates {
namespace {

constexpr NumericOrder kMonthFirst = {Order::kMonthDay, Order::kMonthDay, Order::kMonthDay,
                                      Order::kMonthDay};

LanguageFacts english() {
  LanguageFacts facts;
  facts.code = "en";
  facts.clock_share = 0.19;
  facts.icu_locale = "en";
  facts.weight = 15;
  facts.months = {"", "", "", "", "", "", "", "", "Sept|Sept.", "", "", ""};
  facts.weekdays = {"", "Tues|Tues.", "Weds|Wednes", "Thurs|Thur|Thurs.", "", "", ""};
  facts.of = "of ";
  facts.of_share = 0.3;
  facts.of_year = "of |in |of |of the year |year ";
  facts.of_year_share = 0.12;
  facts.ordinal = Ordinal::kEnglish;
  facts.ordinal_share = 0.35;
  facts.before = "on |the |on the ";
  facts.after = " AD| AD| A.D.| year| C.E.| CE";
  facts.weekday_links = " the |, the |, on ";
  facts.clock_links = " at | at |, at | @ | on | around | @";
  facts.clock_before = " on | on the | of ";
  facts.clock_ends = "h| hours| hrs| o'clock";
  facts.clock_forms = "{HH}h{mm}|{H}h{mm}|{HH}h{mm}m{ss}s|{H}h{mm}m";
  facts.halves = "am/pm|AM/PM|a.m./p.m.|A.M./P.M.|Am/Pm|a/p";
  facts.clock_words =
      " at noon| at midnight| noon| midnight|, noon| in the morning| at night| in the afternoon"
      "| in the evening";
  facts.order = kMonthFirst;
  facts.patterns = {{2.0, "{o} {of}{M} {oy}{y}"},
                    {2.0, "{M} {o}, {y}"},
                    {1.5, "{M} {o} {y}"},
                    {1.5, "{M} the {o}<,|> {y}"},
                    {1.5, "{d}{M} {y}"},
                    {1.5, "{M}{d}<,| ,|> {y}"},
                    {1.0, "{d}{M}{y}"},
                    {1.2, "{y2} {dd} {M}"},
                    {0.8, "{y4}.{M}.{dd}<| AD>"},
                    {1.2, "{EEE} {MMM} {d1} {y4}"},
                    {1.6, "{EEE} {MMM} <| >{d1} {hms} <|EST |PDT |UTC |BRST |GMT >{y4}"},
                    {0.8, "{EEE}, {dd} {MMM} {y4} {hms}<| +0000| -0500| GMT|>"},
                    {1.0, "{d} {M} in {y4}"},
                    {0.8, "the {o} of {M}<,|> {y}"},
                    {0.5, "{y4}.{mm}.{dd} <AD|A.D.>"},
                    {0.6, "{o} <day of|of> {M}<,|> {y}"},
                    {0.6, "{M}, {o}<,|> {y4}"},
                    {0.5, "{M}, {d}, {y4}"},
                    {0.5, "{M}. {d}<,|> {y}"},
                    {0.3, "{o}-{M}-{y}"},
                    {0.3, "[{M}] {dd}, {y4}"},
                    {0.4, "{D} {M}<,|> <AD|A.D.|CE> {y4}"}};
  facts.roman = 0.15;
  return facts;
}

LanguageFacts german() {
  LanguageFacts facts;
  facts.code = "de";
  facts.icu_locale = "de";
  facts.weight = 5;
  facts.months = {"Jan|Jänner|Jän",
                  "Feb|Feber",
                  "Mär|Mrz|Maerz",
                  "",
                  "",
                  "Jun|Juno",
                  "Jul",
                  "",
                  "Sep|Sept",
                  "",
                  "",
                  "Dez"};
  facts.month_ordinals = {"erster",  "zweiter", "dritter", "vierter", "fünfter", "sechster",
                          "siebter", "achter",  "neunter", "zehnter", "elfter",  "zwölfter"};
  facts.weekdays = {"Mon",      "Die|Dienst",    "Mit|Mitt", "Don|Donn",
                    "Fre|Frei", "Sam|Sonnabend", "Son"};
  facts.of = "des ";
  facts.of_share = 0.01;
  facts.ordinal = Ordinal::kSuffix;
  facts.ordinals = ".|.|.|.|.|.|te|ter|ten|ste";
  facts.ordinal_share = 0.75;
  facts.before = "am |den |der |vom |dem |am ";
  facts.weekday_links = ", der |, den | den | der |, dem | dem ";
  facts.clock_links = " um |, um | um | gegen ";
  facts.clock_ends = " Uhr| Uhr|h| h";
  facts.clock_forms = "{HH}.{mm} Uhr|{H} Uhr {mm}|{H} Uhr|{HH}:{mm} Uhr";
  facts.clock_words = " um Mitternacht| mittags| um Mittag|, morgens| am Abend";
  facts.english_share = 0.02;
  facts.after = " n. Chr.| n. Chr.| n.Chr.| u. Z.";
  facts.after_share = 0.03;
  facts.patterns = {{3, "{d}.{M} {y}"},     {3, "{d1}. {M} {y}"},  {1, "{M}-{y4}-{d}."},
                    {2, "{dd}. {MMM} {y}"}, {1, "{d}. {m}. {y}"},  {1, "{dd}. {MMM}. {y}"},
                    {0.5, "{d}. {M}, {y}"}, {1.5, "{d}. {Mo} {y}"}};
  facts.roman = 0.4;
  return facts;
}

LanguageFacts dutch() {
  LanguageFacts facts;
  facts.code = "nl";
  facts.icu_locale = "nl";
  facts.weight = 6;
  facts.months = {"", "", "mrt|maa|mar", "", "", "", "", "", "sept", "oct", "", ""};
  facts.weekdays = {"maa|man", "din|dins", "woe|woens", "don|dond", "vrij|vri", "zat|zater", "zon"};
  facts.of = "van ";
  facts.of_share = 0.12;
  facts.of_year = "van |in |van het jaar ";
  facts.ordinal = Ordinal::kSuffix;
  facts.ordinals = "e|e|e|ste|de";
  facts.ordinal_share = 0.25;
  facts.before = "op |de |op de |den ";
  facts.weekday_links = " de |, de | den | op ";
  facts.clock_links = " om |, om | om |, rond ";
  facts.clock_ends = " uur| uur|u|h";
  facts.clock_forms = "{HH}u{mm}|{H}.{mm} uur|{H} uur";
  facts.clock_words = " om middernacht| om 12 uur 's middags";
  facts.english_share = 0.02;
  facts.patterns = {{2.5, "{d}-{m}-{y4}"},
                    {2, "{o} {M} {y}"},
                    {1.5, "{o} <van |>{M} van {y}"},
                    {1, "{d}{M} {y}"}};
  facts.roman = 0.3;
  facts.after = " n.Chr.| n. Chr.| na Christus";
  facts.after_share = 0.03;
  return facts;
}

LanguageFacts swedish() {
  LanguageFacts facts;
  facts.code = "sv";
  facts.icu_locale = "sv";
  facts.weight = 4;
  facts.months = {"", "", "", "", "", "jun", "jul", "", "sept", "", "", ""};
  facts.weekdays = {"måndagen", "tisdagen", "onsdagen", "torsdagen",
                    "fredagen", "lördagen", "söndagen"};
  facts.of_year = "år ";
  facts.ordinal = Ordinal::kSwedish;
  facts.ordinal_share = 0.25;
  facts.before = "den |den |på den ";
  facts.weekday_links = " den | den |, den ";
  facts.clock_links = " kl. | kl |, kl. | klockan ";
  facts.clock_forms = "kl. {H}.{mm}|kl {HH}:{mm}";
  facts.order = {Order::kDayMonth, Order::kDayMonth, Order::kMonthDay, Order::kMonthDay};
  facts.english_share = 0.02;
  facts.patterns = {{2, "den {d} {M}<,|> {y}"}, {1.5, "{o} {M} {y}"}, {1, "{d}. {M} {y}"}};
  facts.roman = 0.15;
  facts.after = " e.Kr.| e. Kr.| e.v.t.";
  facts.after_share = 0.03;
  return facts;
}

/// Returns the facts that Danish and Norwegian share.
LanguageFacts scandinavian(std::string_view code, std::string_view icu_locale) {
  LanguageFacts facts;
  facts.code = code;
  facts.icu_locale = icu_locale;
  facts.weight = 2.6;
  facts.months = {"", "", "", "", "", "", "", "", "sept", "", "", ""};
  facts.weekdays = {"", "", "", "", "", "", ""};
  facts.ordinal = Ordinal::kSuffix;
  facts.ordinals = ".|.|.|.|te|de";
  facts.ordinal_share = 0.5;
  facts.of_year = "år ";
  facts.before = "den |Den |på den |d. |d.";
  facts.weekday_links = " den | den |, den | d. ";
  facts.clock_links = " kl. | kl |, kl. | klokken ";
  facts.clock_forms = "kl. {HH}.{mm}|kl. {HH}:{mm}";
  facts.english_share = 0.02;
  facts.patterns = {{3, "{d1}. {M} {y}"}, {1, "{d}.{M} {y}"}, {1, "{d}{M} {y}"}};
  facts.after = " e.Kr.| e. Kr.| e.v.t.";
  facts.after_share = 0.03;
  return facts;
}

LanguageFacts finnish() {
  LanguageFacts facts;
  facts.code = "fi";
  facts.clock_share = 0.25;
  facts.icu_locale = "fi";
  facts.weight = 1.6;
  facts.months = {"tammi", "helmi", "maalis", "huhti", "touko",  "kesä",
                  "heinä", "elo",   "syys",   "loka",  "marras", "joulu"};
  facts.ordinal = Ordinal::kSuffix;
  facts.ordinals = ".";
  facts.ordinal_share = 0.6;
  facts.before = "päivänä ";
  facts.weekday_links = " |, ";
  facts.clock_links = " klo | klo |, klo | kello ";
  facts.clock_forms = "klo {H}.{mm}|klo {HH}:{mm}|kello {H}:{mm}";
  facts.halves = "ap./ip.|ap/ip|aamupäivällä/iltapäivällä";
  facts.patterns = {
      {3, "{d1}. {M} {y}"}, {2, "{d1}.{m1}.{y}"}, {1, "{d1}. {m1}. {y4}"}, {1, "{d1} .{m1} .{y4}"}};
  facts.roman = 0.15;
  facts.after = " jKr.| jaa.";
  facts.after_share = 0.03;
  return facts;
}

LanguageFacts irish() {
  LanguageFacts facts;
  facts.code = "ga";
  facts.icu_locale = "ga";
  facts.weight = 0.5;
  facts.ordinal = Ordinal::kSuffix;
  facts.ordinals = "ú";
  facts.before = "an |ar an |ar ";
  facts.of = "de |Mí ";
  facts.weekday_links = " an ";
  return facts;
}

LanguageFacts indonesian() {
  LanguageFacts facts;
  facts.code = "id";
  facts.clock_share = 0.20;
  facts.icu_locale = "id";
  facts.weight = 1.1;
  facts.months = {"",     "", "Mar",          "", "", "", "", "Agu|Agt|Agust|Ags",
                  "Sept", "", "Nop|Nopember", ""};
  facts.weekdays = {"", "", "", "", "Jum'at", "", "Ahad"};
  facts.of_year = "tahun ";
  facts.before = "tanggal |tgl |pada ";
  facts.weekday_links = ", tanggal | tanggal ";
  facts.after = " M| Masehi";
  facts.after_share = 0.03;
  facts.clock_links = " pukul | jam |, pukul ";
  facts.clock_ends = " WIB| WITA";
  facts.clock_forms = "pukul {HH}.{mm}|jam {HH}:{mm}";
  facts.patterns = {{2, "{d} {M} {y}"}};
  return facts;
}

LanguageFacts filipino() {
  LanguageFacts facts;
  facts.code = "fil";
  facts.clock_share = 0.25;
  facts.icu_locale = "fil";
  facts.weight = 1.2;
  facts.months = {"", "", "Mar", "", "", "", "", "", "Septyembre", "", "", ""};
  facts.weekdays = {"", "", "Miyerkules", "", "", "", ""};
  facts.of = "ng ";
  facts.of_share = 0.15;
  facts.of_year = "ng ";
  facts.ordinal = Ordinal::kPrefix;
  facts.ordinals = "ika-|ika";
  facts.ordinal_share = 0.2;
  facts.before = "noong |sa |ika-";
  facts.weekday_links = ", ika-|, ";
  facts.clock_links = " nang | sa ganap na | alas-";
  facts.halves = "ng umaga/ng gabi|n.u./n.h.";
  facts.order = kMonthFirst;
  facts.patterns = {{2, "{y4}, {d} {M}"}, {1, "ika-{d1} ng {M}<,|> {y4}"}};
  return facts;
}

}  // namespace

std::vector<LanguageFacts> north_facts() {
  return {german(),
          english(),
          dutch(),
          swedish(),
          scandinavian("da", "da"),
          scandinavian("nb", "nb"),
          finnish(),
          irish(),
          indonesian(),
          filipino()};
}

}  // namespace attend::dates
