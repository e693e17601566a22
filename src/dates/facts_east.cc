// Facts of the Slavic languages, Hungarian and Georgian.
#include "dates/facts.h"

namespace attend::dates {
namespace {

LanguageFacts russian() {
  LanguageFacts facts;
  facts.code = "ru";
  facts.clock_share = 0.25;
  facts.after_share = 0.28;
  facts.icu_locale = "ru";
  facts.weight = 4.5;
  facts.months = {"янв", "фев|февр", "мар",      "апр", "",         "июн",
                  "июл", "авг",      "сен|сент", "окт", "ноя|нояб", "дек"};
  facts.weekdays = {"Пнд|Пон|пон",     "Втр|Вто",         "Срд|среду|Сре", "Чтв|Чет",
                    "Птн|пятницу|Пят", "Сбт|субботу|Суб", "Вск|Вос|воскр"};
  facts.of = "месяца ";
  facts.of_share = 0.01;
  facts.of_year = "года ";
  facts.of_year_share = 0.01;
  facts.ordinal = Ordinal::kSuffix;
  facts.ordinals = "-го|-го|-е|-его|-ого|го|-ое|е";
  facts.ordinal_share = 0.2;
  facts.before = "в |на |с |от |к ";
  facts.after = " г.| г.|г.| года| год| г|г| н. э.| н.э.";
  facts.clock_links = " в | в |, в | около ";
  facts.clock_ends = " ч.| часов| ч";
  facts.clock_forms = "{H} часов {m} минут|{H}ч {mm}м|{H} ч. {mm} мин.|{H} часов";
  facts.halves = "утра/вечера|дня/ночи";
  facts.clock_words = " в полдень| в полночь| утром| вечером";
  facts.patterns = {{2, "{d} {M} {y}< г.|г.| года|г>"},
                    {1, "{W}, {dd} {M} {y4}< г.|г.|>"},
                    {0.7, "{dd}.{mm}.{y4}< г.|г.|г>"}};
  facts.weekday_links = " |, |, ";
  facts.roman = 1.2;
  facts.roman_cyrillic = true;
  return facts;
}

LanguageFacts ukrainian() {
  LanguageFacts facts;
  facts.code = "uk";
  facts.clock_share = 0.22;
  facts.after_share = 0.20;
  facts.icu_locale = "uk";
  facts.weight = 2.8;
  facts.months = {"січ", "лют",      "бер|берез", "квіт|кві", "трав|тра",        "черв|чер",
                  "лип", "серп|сер", "верес|вер", "жовт|жов", "лист|листоп|лис", "груд|гру"};
  facts.weekdays = {"Пон|Пнд",    "Вівт|Вів",  "Сер|середу", "Чет|Чтв", "Пят|п'ятниця|п’ятницю",
                    "Суб|суботу", "Нед|неділю"};
  facts.ordinal = Ordinal::kSuffix;
  facts.ordinals = "-го|-е|-ого|го|-є";
  facts.ordinal_share = 0.12;
  facts.before = "в |у |на |від ";
  facts.after = " р.| року|р.| рік| р| н. е.| н.е.";
  facts.weekday_links = " |, ";
  facts.clock_links = " о | о |, о | об | у ";
  facts.clock_ends = " год.| годин";
  facts.clock_forms = "{H} годин {m} хвилин|{H} год. {mm} хв.";
  facts.clock_words = " опівдні| опівночі";
  facts.patterns = {{1.5, "{y4}-{M}-{dd}"}, {1, "{d} {M} {y}< р.| року>"}};
  facts.roman = 1;
  facts.roman_cyrillic = true;
  return facts;
}

LanguageFacts belarusian() {
  LanguageFacts facts;
  facts.code = "be";
  facts.clock_share = 0.25;
  facts.after_share = 0.25;
  facts.icu_locale = "be";
  facts.weight = 1.6;
  facts.months = {"студз|студ", "лют", "сак",     "крас",      "траўня|травень|трав|май",
                  "чэрв",       "ліп", "жн|жнів", "вер|верас", "кастр",
                  "ліст",       "снеж"};
  facts.weekdays = {"Пнд|Пан",     "Аўт",        "Сер|сераду", "Чц|Чцв",
                    "Пят|пятніцу", "Суб|суботу", "Нд|Няд"};
  facts.ordinal = Ordinal::kSuffix;
  facts.ordinals = "-га|-е";
  facts.ordinal_share = 0.06;
  facts.before = "у |ў |на ";
  facts.after = " г.| года| г|г.";
  facts.weekday_links = " |, ";
  facts.clock_links = " у | у |, у | а ";
  facts.clock_forms = "{H} гадзін {m} хвілін|{H} гадзін|{H} гадзіны {m} хвілін";
  facts.patterns = {{2, "{d} {M} {y}< года| г.>"}};
  facts.roman = 1;
  facts.roman_cyrillic = true;
  return facts;
}

LanguageFacts bulgarian() {
  LanguageFacts facts;
  facts.code = "bg";
  facts.after_share = 0.20;
  facts.icu_locale = "bg";
  facts.weight = 1.9;
  facts.months = {"ян|яну",    "фев|февр",        "мар", "апр", "", "юн", "юл", "авг", "сеп|септ",
                  "окт|октом", "ное|ноем|ноемвр", "дек"};
  facts.weekdays = {"пон|Пн", "вто", "сря", "чет|четв", "пет", "съб", "нед"};
  facts.ordinal = Ordinal::kSuffix;
  facts.ordinals = "-ти|-ви|-ри|-ми|ти|ви|ри|ми";
  facts.ordinal_share = 0.08;
  facts.before = "на |в |от ";
  facts.after = " г.| г.|г.| год.| година| г";
  facts.weekday_links = " |, ";
  facts.clock_links = " в |, в |, | от ";
  facts.clock_ends = " ч.|ч.| часа";
  facts.roman = 2;
  facts.roman_cyrillic = true;
  return facts;
}

LanguageFacts polish() {
  LanguageFacts facts;
  facts.code = "pl";
  facts.icu_locale = "pl";
  facts.weight = 3.5;
  facts.months = {"stycz|styczniem|styczniu",
                  "lut|lutym",
                  "mar|marcem",
                  "kwiec|kwietniem|kwiecien",
                  "majem",
                  "czerw|czerwcem|cze",
                  "lip|lipcem|lipiec",
                  "sier|sierp|sierpień|sierpniem",
                  "wrzes|wrze|wrześniem|wrz",
                  "paź|pazdz|październikiem|paźdz",
                  "listop|listopadem|listopadowi",
                  "grud|grudniem|grudzien"};
  facts.weekdays = {"pon|poniedzialek|poniedz", "wt|wto|wtor", "śr|śro|sr|środę", "czw|czwart",
                    "pt|pią|piat|piątku",       "sob|sobotę",  "ndz|niedz|nie|nd"};
  facts.ordinal = Ordinal::kSuffix;
  facts.ordinals = "-go|go|-tego|tego|-ego|ego|ci|-ci|szy|-szy|gi|-gi|ty|-ty|my|-my|sty|.";
  facts.ordinal_share = 0.3;
  facts.before = "w |dnia |w dniu |z dnia |z ";
  facts.after = " r.|r.| roku| r| rok| n.e.";
  facts.weekday_links = " |, |, dnia ";
  facts.clock_links = " o | o godzinie |, godz. | godz. |, o ";
  facts.clock_words = " w południe| o północy";
  facts.patterns = {
      {1.5, "{o} {M} {y}"}, {1, "{M} {o} {y}"}, {1, "{M} {o}, {y}"}, {1, "{d}{M} {y}"}};
  facts.roman = 3;
  return facts;
}

LanguageFacts czech() {
  LanguageFacts facts;
  facts.code = "cs";
  facts.clock_share = 0.22;
  facts.icu_locale = "cs";
  facts.weight = 2.4;
  facts.months = {
      "led|Ledna",        "úno|únor",  "bře|brez|břez", "dub", "kvě|květ", "čer|červ|čvn|červen",
      "čvc|čec|červenec", "srp|Srpen", "zář",           "říj", "lis|list", "pro|pros"};
  facts.weekdays = {"pon|pond", "úte|úter", "stř", "čtv|čtvr", "pát", "sob", "ned"};
  facts.ordinal = Ordinal::kSuffix;
  facts.ordinals = ".";
  facts.ordinal_share = 0.6;
  facts.before = "dne |v |ve ";
  facts.after = " r.| n. l.";
  facts.weekday_links = " |, |, dne | dne ";
  facts.clock_links = " v |, v | ve | o ";
  facts.clock_ends = " hod.| hodin";
  facts.patterns = {{2, "{d}. {M} {y}"},
                    {1, "{d}{M}'{y2}"},
                    {0.7, "{d}{M}{y}"},
                    {1, "{d}. {m}. {y4}"},
                    {0.7, "{W} {d}. {M} {y4} {hms}"}};
  facts.roman = 1;
  return facts;
}

LanguageFacts slovak() {
  LanguageFacts facts;
  facts.code = "sk";
  facts.icu_locale = "sk";
  facts.weight = 0.5;
  facts.ordinal = Ordinal::kSuffix;
  facts.ordinals = ".";
  facts.ordinal_share = 0.7;
  facts.before = "dňa |v ";
  facts.clock_links = " o |, o ";
  facts.patterns = {{1, "{d}. {m}. {y4}"}};
  facts.roman = 1;
  return facts;
}

LanguageFacts croatian() {
  LanguageFacts facts;
  facts.code = "hr";
  facts.clock_share = 0.20;
  facts.after_share = 0.30;
  facts.icu_locale = "hr";
  facts.weight = 3.4;
  facts.months = {"sij|siječnju",
                  "velj|veljači",
                  "ožu|ozujak|ožujku",
                  "tra|travnju",
                  "svi|svibnju",
                  "lip|lipnju",
                  "srp|srpnju",
                  "kol|kolovozu",
                  "ruj|rujnu",
                  "lis|listopadu",
                  "stu|studeni|studenog|studenom",
                  "pro|prosincu"};
  facts.month_ordinals = {"prvi",  "drugi", "treći",  "četvrti", "peti",       "šesti",
                          "sedmi", "osmi",  "deveti", "deseti",  "jedanaesti", "dvanaesti"};
  facts.weekdays = {"pon|pone", "uto",        "sri|srijedu", "čet|cetvrtak",
                    "pet",      "sub|subotu", "ned|nedjelju"};
  facts.ordinal = Ordinal::kSuffix;
  facts.ordinals = ".|.|.|.|ti|-ti|og|-og";
  facts.ordinal_share = 0.65;
  facts.before = "u |dana |na ";
  facts.after = ".|.|.| godine|. godine| g.|. g.";
  facts.weekday_links = " |, |, dana ";
  facts.clock_links = " u | u |, u | oko ";
  facts.clock_ends = " sati|h| h";
  facts.clock_forms = "{H} sati|{HH}:{mm} sati|{H} sati i {m} minuta";
  facts.clock_words = " u podne| u ponoć";
  facts.patterns = {{3, "{d}. {M} {y4}."},  {2, "{d}.{m}.{y4}."},  {2, "{d}. {m}. {y4}."},
                    {1, "{d}. {M}, {y}"},   {1, "{d}{M} {y}"},     {0.5, "{d}. {m}. {y2}."},
                    {0.5, "{M} {d}. {y4}"}, {0.5, "{o} {Mo} {y4}"}};
  facts.roman = 1;
  return facts;
}

LanguageFacts hungarian() {
  LanguageFacts facts;
  facts.code = "hu";
  facts.icu_locale = "hu";
  facts.weight = 2.4;
  facts.months = {"jan", "feb|febr", "már|márc",   "ápr", "máj", "jún",
                  "júl", "aug",      "szept|szep", "okt", "nov", "dec"};
  facts.weekdays = {"hét", "ked", "szer", "csüt", "pén", "szom", "vas"};
  facts.ordinal = Ordinal::kSuffix;
  facts.ordinals = ".|.|.|.|-i|-án|-én|-a|-e|-ai|-ei";
  facts.ordinal_share = 0.6;
  facts.clock_links = " | |, ";
  facts.clock_forms = "{H} óra {m} perc|{H} óra|{H} órakor";
  facts.halves = "de./du.|de/du";
  facts.common_words = 0.6;
  facts.patterns = {{7, "{y4}<.|> {M} {D}"},      {4, "{y4}. {M} {d}."},
                    {3, "{y4}.{mm}.{dd}."},       {3, "{y4}. {mm}. {dd}."},
                    {1.5, "{y4}. {M} {d}., {W}"}, {1, "{y4} {M} {D}"},
                    {1.5, "{y4}. {m}. {d}<.|>"},  {1, "{y4}.{m}.{d}<.|>"},
                    {3, "{y4}. {R}. {d1}<.|>"},   {1.2, "{y4}.{R}.{d1}<.|>"},
                    {0.8, "{y4} {R} {d1}<.|>"},   {0.3, "<i. sz.|Kr. u.> {y4}. {M} {d}."}};
  facts.roman = 1.2;
  return facts;
}

LanguageFacts georgian() {
  LanguageFacts facts;
  facts.code = "ka";
  facts.icu_locale = "ka";
  facts.weight = 1.9;
  facts.months = {"იანვარს|იანვრის",
                  "თებერვალს|თებერვლის",
                  "მარტს|მარტის",
                  "აპრილს|აპრილის",
                  "მაისს|მაისის",
                  "ივნისს|ივნისის",
                  "ივლისს|ივლისის",
                  "აგვისტოს",
                  "სექტემბერს|სექტემბრის|სექტ",
                  "ოქტომბერს|ოქტომბრის",
                  "ნოემბერს|ნოემბრის",
                  "დეკემბერს|დეკემბრის"};
  facts.weekdays = {"ორშ", "სამშ", "ოთხშ", "ხუთშ", "პარ", "შაბ", "კვ"};
  facts.ordinal = Ordinal::kGeorgian;
  facts.ordinal_share = 0.25;
  facts.of_year = "წლის ";
  facts.after = " წელი| წ.| წლის| წელს";
  facts.weekday_links = " |, ";
  facts.clock_links = " |, ";
  facts.common_words = 0.7;
  facts.patterns = {{6, "{y4} წლის {D} {M}"},
                    {1.5, "{y4} წლის {M} {D}"},
                    {1, "{y4} წელი {D} {M}"},
                    {2, "{D} {M}<,|> {y4}"}};
  return facts;
}

}  // namespace

std::vector<LanguageFacts> east_facts() {
  return {russian(), ukrainian(), belarusian(), bulgarian(), polish(),
          czech(),   slovak(),    croatian(),   hungarian(), georgian()};
}

}  // namespace attend::dates
