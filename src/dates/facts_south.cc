// Facts of the Romance languages, Greek and Turkish.
#include "dates/facts.h"

namespace attend::dates {
namespace {

LanguageFacts french() {
  LanguageFacts facts;
  facts.code = "fr";
  facts.icu_locale = "fr";
  facts.weight = 8;
  facts.months = {"Jan|Janv|Jan.", "Fév|Fevr|Fev", "Mar",           "Avr", "",    "",
                  "Juil|Jul|Jui",  "Aoû",          "Sep|Sept|Sep.", "Oct", "Nov", "Déc|Dec"};
  facts.of = "de |d'|du mois de |du mois d'";
  facts.of_share = 0.04;
  facts.of_year = "de |en |de l'an ";
  facts.of_year_share = 0.12;
  facts.ordinal = Ordinal::kFrench;
  facts.ordinal_share = 0.5;
  facts.before = "le |le |Le |du |au |en date du ";
  facts.after = " ap. J.-C.";
  facts.weekday_links = " le |, le | ";
  facts.clock_links = " à | à |, à | vers | a ";
  facts.clock_ends = "h| h| heures";
  facts.clock_forms = "{HH}h{mm}|{H}h{mm}|{H}h|{H} h {mm}|{HH}h{mm}|{H} heures {mm}|{HH}H{mm}";
  facts.clock_words = " à midi| à minuit";
  facts.english_share = 0.03;
  facts.patterns = {{3, "<le |Le |>{D} {M} {y}"}, {2.5, "<le |>{d} {m} {y}"},
                    {1.5, "<le |>{d}/{m}/{y}"},   {1.5, "{W} {y4}-{m}-{d}"},
                    {1, "{M} {d} de {y4}"},       {1, "{d} {M} de {y4}"},
                    {2, "{D} {M} {y2}"}};
  facts.roman = 0.4;
  return facts;
}

LanguageFacts spanish() {
  LanguageFacts facts;
  facts.code = "es";
  facts.icu_locale = "es";
  facts.weight = 7;
  facts.months = {
      "Ene", "", "",   "Abr|Abr.", "May", "", "", "Ago|Ago.", "Sep|Sept|setiembre|set|sep.",
      "",    "", "Dic"};
  facts.weekdays = {"lu|lun", "ma|mart", "mi|mier|mié", "ju|juev", "vi|vier", "sa|sab", "do"};
  facts.of = "de |de |de |del |del mes de ";
  facts.of_share = 0.55;
  facts.of_year = "de |de |del |del año |en ";
  facts.of_year_share = 0.55;
  facts.ordinal = Ordinal::kSuffix;
  facts.ordinals = ".º|º|°|.°|ro|er|o";
  facts.ordinal_share = 0.1;
  facts.before = "el |el |el día |del |al |día ";
  facts.after = " d. C.";
  facts.weekday_links = ", el |, el | el | día ";
  facts.clock_links = " a las | a las |, a las | en | a la ";
  facts.clock_ends = " horas| h| hrs";
  facts.clock_forms = "{H}h{mm}|{HH}:{mm} h";
  facts.halves = "a. m./p. m.|de la mañana/de la tarde";
  facts.clock_words = " al mediodía| a medianoche";
  facts.english_share = 0.03;
  facts.patterns = {{3, "{d} de {M} <de|del> {y}"},  {1.5, "{d} de {m} de {y}"},
                    {1.2, "{o} de {M}<, | de >{y}"}, {2, "{D} de {M}<,|> {y}"},
                    {1, "{M} {d} de {y4}"},          {0.8, "{d} del {m} <de|del> {y}"}};
  facts.roman = 0.5;
  return facts;
}

LanguageFacts portuguese() {
  LanguageFacts facts;
  facts.code = "pt";
  facts.icu_locale = "pt";
  facts.weight = 5.5;
  facts.months = {"Jan", "Fev", "Mar", "Abr", "Mai", "Jun",
                  "Jul", "Ago", "Set", "Out", "Nov", "Dez"};
  facts.weekdays = {"segunda|seg|segunda feira|2ª feira",
                    "terça|ter|terça feira|3ª feira",
                    "quarta|qua|quarta feira|4ª feira",
                    "quinta|qui|quinta feira|5ª feira",
                    "sexta|sex|sexta feira|6ª feira",
                    "sab",
                    "dom"};
  facts.of = "de |de |de |do ";
  facts.of_share = 0.5;
  facts.of_year = "de |de |de |do ano de ";
  facts.of_year_share = 0.5;
  facts.ordinal = Ordinal::kSuffix;
  facts.ordinals = "º|°|o|.º";
  facts.ordinal_share = 0.08;
  facts.before = "em |dia |no dia |o dia |a |de ";
  facts.after = " d.C.";
  facts.weekday_links = ", dia | dia |, |, em ";
  facts.clock_links = " às | às |, às | as |, as ";
  facts.clock_ends = "h| horas| h";
  facts.clock_forms = "{H}h{mm}|{HH}h{mm}|{H}h|{HH}h{mm}min";
  facts.halves = "da manhã/da tarde";
  facts.clock_words = " ao meio-dia| à meia-noite";
  facts.english_share = 0.02;
  facts.patterns = {{2.5, "{d} de {M} {y}"},        {2, "{d} {M} de {y}"},
                    {2, "{d} de {M} de {y}"},       {1, "{d} de {m} de {y}"},
                    {1, "{M} {d} de {y4}"},         {0.8, "{o} de {M} de {y}"},
                    {0.8, "{d} de {M} de {y}, {W}"}};
  facts.roman = 0.4;
  return facts;
}

LanguageFacts italian() {
  LanguageFacts facts;
  facts.code = "it";
  facts.icu_locale = "it";
  facts.weight = 4.5;
  facts.months = {"genn", "", "mar", "", "magg|mag", "", "", "ag|ago", "sett|set", "ott", "", ""};
  facts.of = "di |del mese di ";
  facts.of_share = 0.06;
  facts.of_year = "del |di |dell'anno |nel ";
  facts.of_year_share = 0.12;
  facts.ordinal = Ordinal::kSuffix;
  facts.ordinals = "º|°|o";
  facts.ordinal_share = 0.1;
  facts.before = "il |il |il |Il |in data |del |l'|dal |al ";
  facts.after = " d.C.";
  facts.weekday_links = " |, |, il | il ";
  facts.clock_links = " alle | alle |, alle | alle ore | ore |, ore ";
  facts.clock_ends = " ore";
  facts.clock_forms = "ore {H}.{mm}|{HH}.{mm}";
  facts.halves = "di mattina/di sera|del mattino/del pomeriggio";
  facts.clock_words = " a mezzogiorno| a mezzanotte";
  facts.english_share = 0.03;
  facts.patterns = {{4, "il {D} {M} {y}"},
                    {2, "il {d}/{m}/{y}"},
                    {1, "{d}. {M}. {y4}"},
                    {1, "il {d} {m} {y4}"},
                    {1, "il {D} {M}, {y4}"}};
  facts.roman = 1.2;
  return facts;
}

LanguageFacts catalan() {
  LanguageFacts facts;
  facts.code = "ca";
  facts.icu_locale = "ca";
  facts.weight = 1.5;
  facts.months = {"gener|gen",        "febrer|feb|febr", "març|mar",     "abril|abr",
                  "maig|mai",         "juny|jun",        "juliol|jul",   "agost|ago",
                  "setembre|set|sep", "octubre|oct",     "novembre|nov", "desembre|des"};
  facts.weekdays = {"dl", "dt", "dc", "dj", "dv", "ds", "dg"};
  facts.of = "de |de |d'|del ";
  facts.of_share = 0.4;
  facts.of_year = "de |de |del |de l'any ";
  facts.of_year_share = 0.5;
  facts.before = "el |el |l'|el dia |dia ";
  facts.weekday_links = " |, |, el |, dia ";
  facts.clock_links = " a les |, a les ";
  facts.clock_ends = " h";
  facts.patterns = {{3, "{d} de {M} <de|del> {y}"}, {1, "{d} d'{M} de {y}"}};
  facts.roman = 0.5;
  facts.after = " dC| d. C.";
  facts.after_share = 0.03;
  return facts;
}

LanguageFacts romanian() {
  LanguageFacts facts;
  facts.code = "ro";
  facts.clock_share = 0.16;
  facts.icu_locale = "ro";
  facts.weight = 1.8;
  facts.months = {"Ian", "Feb|Febr", "Mar|Mart", "Apr", "Mai",           "Iun",
                  "Iul", "Aug",      "Sep|Sept", "Oct", "Noi|Nov|Noiem", "Dec"};
  facts.weekdays = {"", "Marti|Marţi", "", "", "", "Sambata|Sâmbătă", "Duminica"};
  facts.of_year = "din |anul ";
  facts.before = "pe |în |din data de ";
  facts.weekday_links = " pe |, ";
  facts.clock_links = " ora | la ora |, ora | la ";
  facts.clock_ends = " h";
  facts.roman = 2.5;
  facts.after = " d.Hr.| d. Hr.| e.n.";
  facts.after_share = 0.04;
  return facts;
}

LanguageFacts greek() {
  LanguageFacts facts;
  facts.code = "el";
  facts.icu_locale = "el";
  facts.weight = 3;
  facts.months = {"Γενάρη|Γενάρης|Ιαν",   "Φλεβάρη|Φλεβάρης|Φεβ", "Μάρτη|Μάρτης|Μαρ|Μάρτ",
                  "Απρίλη|Απρίλης|Απρ",   "Μάη|Μάης|Μάι|Μαΐ",     "Ιούνη|Ιούνης|Ιουν",
                  "Ιούλη|Ιούλης|Ιουλ",    "Αύγουστου|Αυγ",        "Σεπτέμβρη|Σεπτέμβρης|Σεπ|Σεπτ",
                  "Οκτώβρη|Οκτώβρης|Οκτ", "Νοέμβρη|Νοέμβρης|Νοε", "Δεκέμβρη|Δεκέμβρης|Δεκ"};
  facts.weekdays = {"Δευτ|Δε", "Τρ|Τρι", "Τετ", "Πεμ|Πέμ", "Παρ", "Σαβ|Σάβ", "Κυρ"};
  facts.of = "του |του μηνός ";
  facts.of_share = 0.06;
  facts.of_year = "του |του έτους ";
  facts.of_year_share = 0.12;
  facts.ordinal = Ordinal::kSuffix;
  facts.ordinals = "η|η|η|ης|ή";
  facts.ordinal_share = 0.35;
  facts.before = "στις |την |η |τις ";
  facts.after = " μ.Χ.";
  facts.weekday_links = " |, | η | στις |, στις ";
  facts.clock_links = " στις |, στις |, ώρα ";
  facts.halves = "π.μ./μ.μ.|πμ/μμ";
  facts.clock_words = " το μεσημέρι| τα μεσάνυχτα";
  facts.roman = 0.4;
  return facts;
}

LanguageFacts turkish() {
  LanguageFacts facts;
  facts.code = "tr";
  facts.clock_share = 0.16;
  facts.icu_locale = "tr";
  facts.weight = 4;
  facts.months[7] = "Ağust";
  facts.weekdays = {"Pzt|Ptesi", "Sal", "Çar|Çarş", "Per|Perş", "Cum", "Cmt|Ctesi", "Paz"};
  facts.of_year = "yılı ";
  facts.of_year_share = 0.01;
  facts.ordinal = Ordinal::kSuffix;
  facts.ordinals = ".";
  facts.ordinal_share = 0.04;
  facts.after = " yılı| yılında| tarihinde|'de|'da";
  facts.weekday_links = " günü | |, ";
  facts.clock_links = " saat |, saat | saat: ";
  facts.halves = "ÖÖ/ÖS|öö/ös|sabah/akşam";
  facts.clock_words = " öğlen| gece yarısı";
  facts.english_share = 0.02;
  facts.patterns = {{1.5, "{d}.{M}.{y4}"},
                    {1, "{d}-{M}-{y4}"},
                    {2, "{d} {M} {y} {W}"},
                    {0.7, "{y4} yılı {d} {M}"},
                    {0.3, "<MS|M.S.> {y4}, {d} {M}"},
                    {0.4, "{M} ayının {d}'i, {y4}"}};
  return facts;
}

}  // namespace

std::vector<LanguageFacts> south_facts() {
  return {french(), spanish(), portuguese(), italian(), catalan(), romanian(), greek(), turkish()};
}

}  // namespace attend::dates
