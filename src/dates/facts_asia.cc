// Facts of Arabic, Persian, Hebrew, Hindi, Bengali, Thai, Vietnamese, Chinese, Japanese and Korean.
#include "dates/facts.h"

namespace attend::dates {
namespace {

LanguageFacts arabic() {
  LanguageFacts facts;
  facts.code = "ar";
  facts.icu_locale = "ar";
  facts.weight = 2.4;
  facts.months = {"كانون الثاني|جانفي", "شباط|فيفري",
                  "آذار|اذار|مارس",     "نيسان|ابريل|إبريل|أفريل",
                  "أيار|ايار|ماي",      "حزيران|جوان|يونيه",
                  "تموز|جويلية|يوليه",  "آب|اب|اغسطس|أوت",
                  "أيلول|ايلول",        "تشرين الأول|تشرين الاول|اكتوبر",
                  "تشرين الثاني",       "كانون الأول|كانون الاول"};
  facts.weekdays = {"الإثنين|اثنين", "الثلاثا|ثلاثاء", "الاربعاء|اربعاء", "خميس", "جمعة|الجمعه",
                    "سبت",           "الاحد|احد"};
  facts.of = "من |من شهر |شهر ";
  facts.of_share = 0.1;
  facts.of_year = "عام |سنة |من عام |لعام |من سنة |في سنة ";
  facts.of_year_share = 0.15;
  facts.before = "في |يوم |بتاريخ |إلى ";
  facts.after = " م| ميلادي|م";
  facts.weekday_links = " |، |, | الموافق | في |، الموافق ";
  facts.clock_links = " الساعة |، الساعة | في الساعة |، ";
  facts.halves = "ص/م|صباحا/مساء|صباحًا/مساءً";
  facts.digits = Digits::kArabic;
  facts.native_digits_share = 0.3;
  facts.english_share = 0.02;
  facts.patterns = {
      {3, "{d} {M}، {y4}"}, {2, "{d} {M}<،|> {y4}"}, {1, "{d}/ {M}/ {y4}"}, {1, "{d}/{M}/{y4}"}};
  return facts;
}

/// Persian texts use two calendars: the Solar Hijri one, with years such as 1392, and the Gregorian
/// one. The name of the month tells which one is meant. In numbers the year tells it: Gregorian
/// years begin at 1600 here. A year of two digits is mostly of this or of the last Solar Hijri
/// century, and nothing tells which, so there are no years of two digits.
LanguageFacts persian() {
  LanguageFacts facts;
  facts.code = "fa";
  facts.icu_locale = "fa";
  facts.weight = 2.4;
  facts.months = {"ژانويه|جنوری", "فبروری",     "مارچ", "آپریل|اپریل", "مه|می", "جون",
                  "ژوئيه|جولای",  "آگوست|اگست", "",     "اکتوبر",      "",      "دیسامبر"};
  facts.weekdays = {"دو شنبه",
                    "سه شنبه|سه‌شنبه|سهشنبه",
                    "چهار شنبه|چهارشنبه",
                    "پنج شنبه|پنج‌شنبه|پنجشنبه",
                    "آدینه",
                    "شنبه",
                    "یک شنبه|یک‌شنبه|یکشنبه"};
  facts.of_year = "سال |در سال ";
  facts.before = "در |در تاریخ |تاریخ |روز |مورخ ";
  facts.after = " میلادی| میلادی| م| م.";
  facts.weekday_links = " |، |, ";
  facts.clock_links = " ساعت |، ساعت | در ساعت |، ";
  facts.halves = "ق.ظ./ب.ظ.|صبح/عصر|قبل‌ازظهر/بعدازظهر";
  facts.digits = Digits::kPersian;
  facts.native_digits_share = 0.6;
  facts.english_share = 0.02;
  facts.common_words = 0.4;
  facts.short_years = false;
  facts.first_year = 1600;
  facts.patterns = {
      {40, "{sd} {sM} {sy}"},
      {6, "{sd} {sM}، {sy}"},
      {8, "{sd} {sM} ماه {sy}"},
      {6, "{sd} {sM} سال {sy}"},
      {8, "{sd} {sM} {sy} <شمسی|خورشیدی|ه.ش.|ه‍.ش.|هجری شمسی>"},
      {2, "{sd}-{sM}-{sy}"},
      {2, "{sy} {sM} {sd}"},
      {20, "{sy}/{smm}/{sdd}"},
      {12, "{sy}/{sm}/{sd}"},
      {6, "{sy}-{smm}-{sdd}"},
      {2, "{sy}.{sm}.{sd}"},
      {3, "{sdd}/{smm}/{sy}"},
      {1.5, "{sd}/{sm}/{sy}"},
      {4, "{d} {M}، {y4}"}};
  return facts;
}

LanguageFacts hebrew() {
  LanguageFacts facts;
  facts.code = "he";
  facts.icu_locale = "he";
  facts.weight = 2.4;
  facts.months = {"ינו|ינואר",  "פבר|פברואר",  "מרס|מרץ",    "אפר|אפריל",
                  "מאי",        "יונ|יוני",    "יול|יולי",   "אוג|אוגוסט",
                  "ספט|ספטמבר", "אוק|אוקטובר", "נוב|נובמבר", "דצמ|דצמבר"};
  facts.weekdays = {"שני|ב'", "שלישי|ג'", "רביעי|ד'", "חמישי|ה'", "שישי|ו'", "שבת", "ראשון|א'"};
  facts.of = "ל|ב|ל|ב|לחודש |בחודש ";
  facts.of_share = 0.6;
  facts.of_year = "שנת |בשנת ";
  facts.of_year_share = 0.06;
  facts.ordinal = Ordinal::kPrefix;
  facts.ordinals = "ה|ה-";
  facts.ordinal_share = 0.1;
  facts.before = "ב|ב-|ב |בתאריך |ה-|ה|תאריך ";
  facts.weekday_links = " |, |, ה| ה-|, ה-";
  facts.clock_links = " בשעה |, בשעה | ב-|, ";
  facts.patterns = {
      {3, "{d} ל{M} {y}"}, {3, "{d} ב{M} {y}"}, {1, "{d} {M} {y}"}, {1, "ב{M} {d} {y4}"}};
  facts.after = " לספירה";
  facts.after_share = 0.03;
  return facts;
}

LanguageFacts hindi() {
  LanguageFacts facts;
  facts.code = "hi";
  facts.clock_share = 0.17;
  facts.icu_locale = "hi";
  facts.weight = 5;
  facts.months = {"जन|जन.",
                  "फरवरी|फर|फ़र|फर.",
                  "मार्|मार",
                  "अप्रै|अप्र",
                  "",
                  "",
                  "जुल|जुलाइ|जुला",
                  "अग|अगस",
                  "सितम्बर|सित|सितं|सित.|सितंबर",
                  "अक्टूबर|अक्टू|अक्तू|अक्टू.|अक्तुबर",
                  "नवम्बर|नव|नवं|नव.",
                  "दिसम्बर|दिस|दिसं|दिस."};
  facts.weekdays = {"सोम", "मंगल", "बुध", "गुरु|बृहस्पतिवार|वीरवार", "शुक्र", "शनि", "रवि|इतवार"};
  facts.of_year = "सन् |सन ";
  facts.of_year_share = 0.06;
  facts.before = "दिनांक |तारीख ";
  facts.after = " को| में| ई.| ई";
  facts.weekday_links = " |, | को ";
  facts.clock_links = " |, |, | को ";
  facts.clock_ends = " बजे";
  facts.halves = "पूर्वाह्न/अपराह्न|सुबह/शाम";
  facts.order = {Order::kDayMonth, Order::kDayMonth, Order::kMonthDay, Order::kDayMonth};
  facts.digits = Digits::kDevanagari;
  facts.native_digits_share = 0.15;
  facts.english_share = 0.05;
  facts.patterns = {
      {2, "{d} {M}, {y4}"},       {1.5, "{y4} में {d} {M}"},  {1.5, "<सन् |सन |>{y4} {d} {M}"},
      {1, "{W} {M} {d}, {y4}"},   {0.7, "{d} {M} को {y4}"}, {0.7, "{y4} की {d} {M}"},
      {0.7, "{d} तारीख {M} {y4}"}};
  return facts;
}

LanguageFacts bengali() {
  LanguageFacts facts;
  facts.code = "bn";
  facts.clock_share = 0.22;
  facts.after_share = 0.20;
  facts.icu_locale = "bn";
  facts.weight = 2.2;
  facts.months = {"জানুয়ারি|জানুয়ারী|জানু",
                  "ফেব্রুয়ারি|ফেব্রুয়ারী|ফেব্রু",
                  "",
                  "এপ্রি|এপ্র",
                  "",
                  "",
                  "জুল",
                  "আগষ্ট|আগ|অগাস্ট",
                  "সেপ্ট|সেপ|সেপ্টে",
                  "অক্ট|অক্টো",
                  "নভে|নভেঃ",
                  "ডিসে|ডিসেঃ"};
  facts.weekdays = {"সোম", "মঙ্গল", "বুধ", "বৃহস্পতি|বৃহঃ", "শুক্র", "শনি", "রবি"};
  facts.ordinal = Ordinal::kBengali;
  facts.ordinal_share = 0.3;
  facts.of_year = "সাল ";
  facts.of_year_share = 0.01;
  facts.after = " সাল| সাল| সালে| খ্রিস্টাব্দ";
  facts.weekday_links = " |, ";
  facts.clock_links = " |, ";
  facts.digits = Digits::kBengali;
  facts.native_digits_share = 0.3;
  return facts;
}

LanguageFacts thai() {
  LanguageFacts facts;
  facts.code = "th";
  facts.clock_share = 0.25;
  facts.icu_locale = "th";
  facts.weight = 2.2;
  facts.months = {"มกรา|มค|มค.",  "กุมภา|กพ|กพ.", "มีนา|มีค|มีค.",    "เมษา|เมย|เมย.",
                  "พฤษภา|พค|พค.", "มิถุนา|มิย|มิย.", "กรกฎา|กค|กค.",  "สิงหา|สค|สค.",
                  "กันยา|กย|กย.",  "ตุลา|ตค|ตค.",  "พฤศจิกา|พย|พย.", "ธันวา|ธค|ธค."};
  facts.weekdays = {"จันทร์", "อังคาร", "พุธ", "พฤหัส|พฤหัสบดี", "ศุกร์", "เสาร์", "อาทิตย์"};
  facts.of = "เดือน|เดือน ";
  facts.of_share = 0.08;
  facts.of_year = "ปี |ค.ศ. |ปี";
  facts.of_year_share = 0.08;
  facts.before = "วันที่ |ณ วันที่ |วันที่";
  facts.weekday_links = " |, | ที่ |ที่ |วันที่ ";
  facts.clock_links = " |, | เวลา |, เวลา ";
  facts.clock_ends = " น.| น";
  facts.digits = Digits::kThai;
  facts.native_digits_share = 0.08;
  facts.patterns = {{4, "{M} {d}, {y4}"},       {1.2, "{d} {M} {yb}"},
                    {0.5, "{d} {M} พ.ศ. {yb}"}, {0.4, "{d1}/{m1}/{yb}"},
                    {1, "{d} เดือน{M} {y4}"},    {0.4, "{W}ที่ {d} {M} <พ.ศ. |>{yb}"},
                    {0.5, "{d} {M} ค.ศ. {y4}"}};
  return facts;
}

LanguageFacts vietnamese() {
  LanguageFacts facts;
  facts.code = "vi";
  facts.icu_locale = "vi";
  facts.weight = 2.6;
  facts.months = {"tháng một|tháng giêng|Thg1",
                  "tháng hai|tháng Hai",
                  "tháng ba|tháng Ba",
                  "tháng tư|tháng bốn",
                  "tháng năm",
                  "tháng sáu",
                  "tháng bảy|tháng bẩy",
                  "tháng tám",
                  "tháng chín",
                  "tháng mười",
                  "tháng mười một",
                  "tháng mười hai|tháng chạp"};
  facts.weekdays = {"thứ hai|thứ 2|t2|T2",  "thứ ba|thứ 3|t3",  "thứ tư|thứ 4|T4",
                    "thứ năm|thứ 5|T5",     "thứ sáu|thứ 6|T6", "thứ bảy|thứ 7|T7",
                    "chủ nhật|chúa nhật|CN"};
  facts.ordinal = Ordinal::kVietnamese;
  facts.ordinal_share = 0.2;
  facts.of_year = "năm |, năm ";
  facts.of_year_share = 0.5;
  facts.before = "ngày |vào ngày |ngày ";
  facts.weekday_links = " ngày |, ngày | ";
  facts.clock_links = " lúc |, lúc | vào lúc | ";
  facts.clock_forms = "{H} giờ {m} phút|{H}h{mm}|{H} giờ|{H}g{mm}";
  facts.halves = "sáng/chiều|SA/CH";
  facts.common_words = 0.2;
  facts.patterns = {{8, "ngày {D} tháng {m} năm {y4}"}, {2, "{D} tháng {m} năm {y4}"},
                    {3, "ngày {D} {M} năm {y4}"},       {3, "{W}<,|> ngày {D} tháng {m} năm {y4}"},
                    {1.5, "ngày {d}/{m}/{y}"},          {1, "{D} tháng {m}<,|> {y4}"},
                    {1, "ngày {D} tháng {m}, {y4}"},    {1, "{W}<,|> ngày {d}/{m}/{y4}"}};
  return facts;
}

LanguageFacts chinese() {
  LanguageFacts facts;
  facts.code = "zh";
  facts.icu_locale = "zh";
  facts.weight = 8;
  facts.weekdays = {"星期一|周一|礼拜一|週一|禮拜一",
                    "星期二|周二|礼拜二|週二",
                    "星期三|周三|礼拜三|週三",
                    "星期四|周四|礼拜四|週四",
                    "星期五|周五|礼拜五|週五",
                    "星期六|周六|礼拜六|週六|禮拜六",
                    "星期日|星期天|周日|礼拜天|礼拜日|週日|禮拜天|禮拜日"};
  facts.before = "在|于|公元|西元|公历|";
  facts.clock_links = "| | |，|,";
  facts.clock_forms =
      "{HH}:{mm}|{H}点{mm}分|{H}时{mm}分|上午{H}点|{H}点|下午{H}点{mm}|{HH}点{mm}|{H}點{mm}分|{H}"
      "时{mm}分{ss}秒";
  facts.english_share = 0.9;
  facts.common_words = 0.06;
  facts.patterns = {{12, "{y4}年{m}月{d}<日|日|日|号|號>"},
                    {3, "{y4}年{zm}月{zd}<日|号|號|號|>"},
                    {2.5, "{y4}年{m}月{zd}<日|号|號>"},
                    {2.5, "{y4}年{zm}月{d}<日|号|號>"},
                    {10, "{zy}年{zm}月{zd}<日|日|号|號|>"},
                    {2, "{zy}年{m}月{d}<日|号|號>"},
                    {1.5, "{zy}年{zm}月{d}<日|号|號>"},
                    {1.2, "{zy}年{m}月{zd}<日|号|號>"},
                    {4, "{cy}年{zm}月{zd}<日|号|號|>"},
                    {1.2, "{cy}年{m}月{d}<日|号>"},
                    {1.5, "{y2}年{m}月{d}<日|号>"},
                    {1, "{y2}年{zm}月{zd}<日|号|>"},
                    {1.2, "<农历|阴历|農曆|旧历|>{y4}年{zlm}月{zl}"},
                    {2, "<农历|阴历|農曆|陰曆|农历的|旧历>{zy}年{zlm}月{zl}"},
                    {1, "<农历|阴历|農曆|>{y4}年<农历|>{m}月{d}<日|号>"},
                    {1, "{y4}年<的|>{m}月{d}<日|号>"},
                    {1, "{y4} 年 {m} 月 {d} <日|号>"},
                    {0.8, "{m}月{d}<日|号><,|，|, |>{y4}<年|>"},
                    {0.4, "{y4}年{m}月{d}"},
                    {1.5, "<民國|民国|民國|中華民國>{ry}年{m}月{d}<日|日|号|號>"},
                    {0.8, "<民國|民国|中華民國>{zry}年{zm}月{zd}<日|號>"},
                    {0.3, "<民國|民国>{ry}<.|/|->{mm}<.|/|->{dd}"}};
  return facts;
}

LanguageFacts japanese() {
  LanguageFacts facts;
  facts.code = "ja";
  facts.icu_locale = "ja";
  facts.weight = 8;
  facts.weekdays = {"月曜|月曜日", "火曜|火曜日", "水曜|水曜日", "木曜|木曜日",
                    "金曜|金曜日", "土曜|土曜日", "日曜|日曜日"};
  facts.before = "西暦|旧暦の|西暦";
  facts.clock_links = " | ||の|、";
  facts.clock_forms = "{H}時{mm}分|{H}時|{HH}:{mm}|{H}時{m}分{ss}秒|午後{H}時|午前{H}時{m}分";
  facts.order = {Order::kDayMonth, Order::kMonthDay, Order::kMonthDay, Order::kMonthDay};
  facts.english_share = 0.9;
  facts.common_words = 0.06;
  facts.patterns = {{14, "{y4}年{m}月{d}日<||||に|は|で>"},
                    {3, "{y4}年{zm}月{zd}日<|||に>"},
                    {7, "{zy}年{zm}月{zd}日"},
                    {2, "{zy}年{m}月{d}日"},
                    {4, "{cy}年<の|>{zm}月{zd}日"},
                    {1, "{cy}年{m}月{d}日"},
                    {6, "{era}年{m}月{d}日<||に>"},
                    {5, "{zera}年{zm}月{zd}日"},
                    {1, "{era}年{zm}月{zd}日"},
                    {0.8, "{zera}年{m}月{d}日"},
                    {1.2, "{eral}.{m}.{d}"},
                    {0.6, "{eral}/{m}/{d}"},
                    {0.4, "{eral}年{m}月{d}日"},
                    {2, "{y4}年の{m}月<の|>{d}日"},
                    {1, "{y4}年{m}月の{d}日"},
                    {2, "旧暦の{y4}年{m}月{d}日"},
                    {1.5, "旧暦の{y4}年{zm}月{zd}日"},
                    {0.5, "旧暦の{zy}年{zm}月{zd}日"},
                    {3, "{y4}/{m}/{d}<に|に|は|で>"},
                    {2, "{y4}.{m}.{d}<に|に|は>"},
                    {1.5, "{y4}／{m}／{d}<に||>"},
                    {1, "{y4}-{m}-{d}<に|は>"},
                    {1.5, "{y2}年{m}月{d}日"},
                    {1, "{m}月{d}日<,|、|, ||の>{y4}年"},
                    {1, "{y4} 年 {m} 月 {d} 日"}};
  return facts;
}

LanguageFacts korean() {
  LanguageFacts facts;
  facts.code = "ko";
  facts.icu_locale = "ko";
  facts.weight = 6;
  facts.weekdays = {"월요일|월", "화요일|화", "수요일|수", "목요일|목",
                    "금요일|금", "토요일|토", "일요일|일"};
  facts.before = "서기 |";
  facts.clock_links = " | |, ";
  facts.clock_forms = "{H}시 {mm}분|{H}시|오후 {H}시|오전 {H}시 {m}분|{H}시 {m}분 {ss}초";
  facts.halves = "오전/오후";
  facts.order = {Order::kMonthDay, Order::kDayMonth, Order::kMonthDay, Order::kMonthDay};
  facts.english_share = 0.9;
  facts.common_words = 0.12;
  facts.patterns = {{18, "{y4}년 {m}월 {d}일<||||에|은>"},
                    {4, "{y4}년{m}월{d}일<||에>"},
                    {2, "{y4}년 {m}월{d}일"},
                    {2, "{m}월 {d}일, {y4}<||년>"},
                    {2, "{m}월 {d}일 {y4}<|년>"},
                    {1.5, "{y2}년 {m}월 {d}일"},
                    {1, "{y4}년의 {m}월 {d}일"},
                    {1, "{y4}. {m}. {d}."},
                    {1, "{y4}년 {m}월-{d}일"},
                    {0.5, "{y4}-{m}월-{d}<일|>"},
                    {0.5, "음력 {y4}년 {m}월 {d}일"},
                    {1, "{d}일 {m}월<,|> {y4}<년|>"}};
  return facts;
}

}  // namespace

std::vector<LanguageFacts> asia_facts() {
  return {arabic(), persian(),    hebrew(),  hindi(),    bengali(),
          thai(),   vietnamese(), chinese(), japanese(), korean()};
}

}  // namespace attend::dates
