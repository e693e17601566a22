#include "dates/phrases.h"

#include <utility>

namespace attend::dates {
namespace {

constexpr std::pair<std::string_view, std::string_view> kPhrases[] = {
    {"en",
     "no date|not dated|undated|n.d.|date missing|no date given|date to follow|to be confirmed|not "
     "yet known|see above|same as above|as soon as possible|never|always|sometimes|every day|every "
     "other week|once a month|twice a year|yesterday|today|tomorrow|the day before yesterday|last "
     "night|next week|last summer|in spring|at the weekend|soon|later|now|long ago|in the middle "
     "of "
     "the month|at the end of the year|good morning|good evening|thank you very much|how are you|I "
     "do not know|please call me back|the train is late|the meeting was cancelled|he was born in a "
     "small village|she left the house|it is raining|the second of three|first floor|chapter one|a "
     "dozen eggs|half past ten|quarter to six|around noon|midnight|may I help you|march "
     "forward|the "
     "sun is shining|a date with a friend|dates and figs|happy birthday|best wishes|order "
     "number|in "
     "her thirties|the nineties|the eighteenth century|all of them|none of these|once upon a time"},
    {"de",
     "kein Datum|ohne Datum|o. D.|Datum unbekannt|wird nachgereicht|noch offen|siehe oben|so bald "
     "wie möglich|gestern|heute|morgen|vorgestern|nächste Woche|letzten Sommer|im Frühling|am "
     "Wochenende|Guten Tag|Guten Abend|vielen Dank|wie geht es Ihnen|ich weiß es nicht|der Zug hat "
     "Verspätung|die Sitzung fällt aus|halb zehn|Viertel nach drei|jeden Tag|einmal im Monat|Ende "
     "des Jahres|Mitte des Monats|erster Stock|das achtzehnte Jahrhundert|ein Dutzend Eier"},
    {"fr",
     "sans date|s. d.|date inconnue|à confirmer|voir ci-dessus|dès que possible|hier|aujourd'hui|"
     "demain|avant-hier|la semaine prochaine|l'été dernier|au printemps|ce "
     "week-end|bonjour|bonsoir|"
     "merci beaucoup|comment allez-vous|je ne sais pas|le train est en retard|la réunion est "
     "annulée|dix heures et demie|tous les jours|une fois par mois|à la fin de l'année|premier "
     "étage|le dix-huitième siècle|une douzaine d'œufs|jamais|toujours"},
    {"es",
     "sin fecha|s. f.|fecha desconocida|por confirmar|véase arriba|lo antes "
     "posible|ayer|hoy|mañana|"
     "anteayer|la semana que viene|el verano pasado|en primavera|buenos días|buenas noches|muchas "
     "gracias|cómo está usted|no lo sé|el tren llega tarde|la reunión se canceló|las diez y media|"
     "todos los días|una vez al mes|a finales de año|primer piso|el siglo dieciocho|nunca|siempre"},
    {"pt",
     "sem data|s. d.|data desconhecida|a confirmar|ver acima|o mais cedo "
     "possível|ontem|hoje|amanhã|"
     "anteontem|na semana que vem|no verão passado|bom dia|boa noite|muito obrigado|como vai você|"
     "não sei|o trem está atrasado|dez e meia|todos os dias|uma vez por mês|no fim do ano|primeiro "
     "andar|o século dezoito|nunca|sempre"},
    {"it",
     "senza data|s. d.|data sconosciuta|da confermare|vedi sopra|appena possibile|ieri|oggi|domani|"
     "l'altro ieri|la settimana prossima|l'estate scorsa|buongiorno|buonasera|grazie mille|come "
     "sta|"
     "non lo so|il treno è in ritardo|le dieci e mezza|ogni giorno|una volta al mese|alla fine "
     "dell'anno|primo piano|il diciottesimo secolo|mai|sempre"},
    {"ca",
     "sense data|per confirmar|ahir|avui|demà|la setmana vinent|bon dia|moltes gràcies|no ho "
     "sé|cada dia|un cop al mes|primer pis|mai|sempre"},
    {"gl", "sen data|onte|hoxe|mañá|bos días|moitas grazas|non o sei|todos os días|nunca"},
    {"ro",
     "fără dată|de confirmat|ieri|astăzi|mâine|săptămâna viitoare|bună ziua|mulțumesc mult|nu "
     "știu|în fiecare zi|o dată pe lună|primul etaj|niciodată"},
    {"nl",
     "geen datum|z. d.|datum onbekend|nog te bepalen|zie boven|zo snel mogelijk|gisteren|vandaag|"
     "morgen|eergisteren|volgende week|vorige zomer|goedemorgen|dank u wel|hoe gaat het|ik weet "
     "het "
     "niet|de trein is te laat|half elf|elke dag|eens per maand|aan het eind van het jaar|eerste "
     "verdieping|de achttiende eeuw|nooit|altijd"},
    {"af", "geen datum|gister|vandag|môre|goeie dag|baie dankie|ek weet nie|elke dag|nooit"},
    {"sv",
     "inget datum|datum saknas|meddelas senare|igår|idag|imorgon|nästa vecka|förra sommaren|god "
     "morgon|tack så mycket|jag vet inte|tåget är sent|halv elva|varje dag|en gång i månaden|"
     "artonhundratalet|aldrig|alltid"},
    {"da",
     "ingen dato|ukendt dato|i går|i dag|i morgen|næste uge|sidste sommer|godmorgen|mange tak|"
     "jeg ved det ikke|toget er forsinket|hver dag|en gang om måneden|aldrig|altid"},
    {"nb",
     "ingen dato|ukjent dato|i går|i dag|i morgen|neste uke|i fjor sommer|god morgen|tusen takk|"
     "jeg vet ikke|toget er forsinket|hver dag|en gang i måneden|aldri|alltid"},
    {"fi",
     "ei päivämäärää|päivämäärä puuttuu|eilen|tänään|huomenna|ensi viikolla|viime kesänä|"
     "hyvää huomenta|paljon kiitoksia|en tiedä|juna on myöhässä|joka päivä|kerran kuussa|"
     "ei koskaan|aina"},
    {"et",
     "kuupäev puudub|eile|täna|homme|tere hommikust|suur tänu|ma ei tea|iga päev|mitte kunagi"},
    {"is", "engin dagsetning|í gær|í dag|á morgun|góðan daginn|takk fyrir|ég veit það ekki|aldrei"},
    {"ga", "gan dáta|inné|inniu|amárach|maidin mhaith|go raibh maith agat|níl a fhios agam"},
    {"lv", "nav datuma|vakar|šodien|rīt|labrīt|liels paldies|es nezinu|katru dienu|nekad"},
    {"lt", "be datos|vakar|šiandien|rytoj|labas rytas|labai ačiū|nežinau|kasdien|niekada"},
    {"sq", "pa datë|dje|sot|nesër|mirëmëngjes|shumë faleminderit|nuk e di|çdo ditë|kurrë"},
    {"id",
     "tanpa tanggal|belum diketahui|kemarin|hari ini|besok|minggu depan|selamat pagi|terima "
     "kasih banyak|saya tidak tahu|kereta terlambat|setiap hari|sebulan sekali|tidak pernah"},
    {"ms",
     "tiada tarikh|semalam|hari ini|esok|selamat pagi|terima kasih|saya tidak tahu|setiap hari"},
    {"fil",
     "walang petsa|kahapon|ngayon|bukas|sa susunod na linggo|magandang umaga|maraming "
     "salamat|hindi ko alam|araw-araw|minsan sa isang buwan"},
    {"vi",
     "không có ngày|chưa rõ|hôm qua|hôm nay|ngày mai|tuần sau|mùa hè năm ngoái|chào buổi sáng|"
     "cảm ơn nhiều|tôi không biết|tàu đến muộn|mỗi ngày|mỗi tháng một lần|không bao giờ"},
    {"tr",
     "tarih yok|tarihsiz|belli değil|dün|bugün|yarın|gelecek hafta|geçen yaz|günaydın|çok "
     "teşekkürler|bilmiyorum|tren gecikti|her gün|ayda bir|birinci kat|hiçbir zaman"},
    {"el",
     "χωρίς ημερομηνία|άγνωστη ημερομηνία|χθες|σήμερα|αύριο|την επόμενη εβδομάδα|καλημέρα|"
     "ευχαριστώ πολύ|δεν ξέρω|το τρένο άργησε|κάθε μέρα|μία φορά τον μήνα|ποτέ|πάντα"},
    {"pl",
     "brak daty|b.d.|data nieznana|do ustalenia|patrz wyżej|wczoraj|dzisiaj|jutro|w przyszłym "
     "tygodniu|zeszłego lata|dzień dobry|dziękuję bardzo|nie wiem|pociąg się spóźnia|codziennie|"
     "raz w miesiącu|pierwsze piętro|osiemnasty wiek|nigdy|zawsze"},
    {"cs",
     "bez data|datum neznámé|bude upřesněno|včera|dnes|zítra|příští týden|loni v létě|dobrý "
     "den|děkuji mnohokrát|nevím|vlak má zpoždění|každý den|jednou za měsíc|nikdy|vždy"},
    {"sk", "bez dátumu|včera|dnes|zajtra|budúci týždeň|dobrý deň|ďakujem pekne|neviem|každý deň"},
    {"hr",
     "bez datuma|nepoznat datum|jučer|danas|sutra|sljedeći tjedan|prošlog ljeta|dobro jutro|"
     "hvala lijepa|ne znam|vlak kasni|svaki dan|jednom mjesečno|nikada|uvijek"},
    {"sl",
     "brez datuma|včeraj|danes|jutri|naslednji teden|dobro jutro|najlepša hvala|ne vem|vsak dan"},
    {"sr", "без датума|јуче|данас|сутра|следеће недеље|добро јутро|хвала лепо|не знам|сваки дан"},
    {"mk",
     "без датум|вчера|денес|утре|следната недела|добро утро|многу благодарам|не знам|секој ден"},
    {"bg",
     "без дата|неизвестна дата|вчера|днес|утре|следващата седмица|добро утро|много благодаря|"
     "не знам|влакът закъснява|всеки ден|веднъж месечно|никога"},
    {"ru",
     "без даты|б. д.|дата неизвестна|будет уточнено|см. выше|вчера|сегодня|завтра|позавчера|на "
     "следующей неделе|прошлым летом|доброе утро|большое спасибо|как дела|я не знаю|поезд "
     "опаздывает|собрание отменили|половина десятого|каждый день|раз в месяц|в конце года|"
     "первый этаж|восемнадцатый век|никогда|всегда"},
    {"uk",
     "без дати|дата невідома|вчора|сьогодні|завтра|наступного тижня|минулого літа|доброго "
     "ранку|дуже дякую|я не знаю|потяг запізнюється|щодня|раз на місяць|перший поверх|ніколи"},
    {"be",
     "без даты|дата невядомая|учора|сёння|заўтра|на наступным тыдні|добрай раніцы|вялікі "
     "дзякуй|я не ведаю|кожны дзень|раз на месяц|ніколі"},
    {"hu",
     "nincs dátum|k. n.|ismeretlen dátum|tegnap|ma|holnap|jövő héten|tavaly nyáron|jó reggelt|"
     "köszönöm szépen|nem tudom|késik a vonat|minden nap|havonta egyszer|első emelet|soha|mindig"},
    {"ka",
     "თარიღის გარეშე|გუშინ|დღეს|ხვალ|მომავალ კვირას|დილა მშვიდობისა|დიდი მადლობა|არ ვიცი|"
     "ყოველ დღე|არასოდეს"},
    {"ar",
     "بدون تاريخ|التاريخ غير معروف|أمس|اليوم|غدا|الأسبوع القادم|الصيف الماضي|صباح الخير|شكرا "
     "جزيلا|لا أعرف|تأخر القطار|كل يوم|مرة في الشهر|الطابق الأول|أبدا|دائما"},
    {"fa",
     "بدون تاریخ|تاریخ نامعلوم|دیروز|امروز|فردا|هفته آینده|تابستان گذشته|صبح بخیر|خیلی ممنون|"
     "نمی‌دانم|قطار دیر کرد|هر روز|ماهی یک بار|طبقه "
     "اول|هرگز|همیشه"},
    {"he",
     "ללא תאריך|תאריך לא ידוע|אתמול|היום|מחר|בשבוע הבא|בקיץ שעבר|בוקר טוב|תודה רבה|אני לא יודע|"
     "הרכבת מאחרת|כל יום|פעם בחודש|קומה ראשונה|אף פעם|תמיד"},
    {"hi",
     "कोई तारीख नहीं|तारीख अज्ञात|कल|आज|परसों|अगले हफ्ते|पिछली गर्मियों में|सुप्रभात|बहुत धन्यवाद|मुझे नहीं "
     "पता|ट्रेन देर से है|हर दिन|महीने में एक बार|पहली मंज़िल|कभी नहीं|हमेशा"},
    {"bn",
     "তারিখ নেই|তারিখ অজানা|গতকাল|আজ|আগামীকাল|আগামী সপ্তাহে|সুপ্রভাত|অনেক ধন্যবাদ|আমি জানি না|"
     "ট্রেন দেরি করছে|প্রতিদিন|মাসে একবার|কখনও না"},
    {"th",
     "ไม่มีวันที่|ไม่ทราบวันที่|เมื่อวาน|วันนี้|พรุ่งนี้|สัปดาห์หน้า|สวัสดีตอนเช้า|ขอบคุณมาก|ไม่รู้|รถไฟมาสาย|ทุกวัน|"
     "เดือนละครั้ง|ชั้นหนึ่ง|ไม่เคย"},
    {"zh",
     "没有日期|日期不详|无日期|待定|见上|昨天|今天|明天|前天|下周|去年夏天|早上好|非常感谢|"
     "我不知道|火车晚点了|"
     "会议取消了|十点半|每天|每月一次|年底|一楼|十八世纪|从不|總是|沒有日期|謝謝您|我很好|天气很好|"
     "第三章|三个人"},
    {"ja",
     "日付なし|日付不明|未定|上記参照|昨日|今日|明日|一昨日|来週|去年の夏|おはようございます|"
     "ありがとうございます|"
     "わかりません|電車が遅れています|会議は中止です|十時半|毎日|月に一度|年末|一階|十八世紀|"
     "お元気ですか|天気がいい|"
     "第三章|三人|平成生まれ|昭和の家"},
    {"ko",
     "날짜 없음|날짜 미상|미정|위 참조|어제|오늘|내일|그저께|다음 주|작년 "
     "여름|안녕하세요|감사합니다|모르겠습니다|"
     "기차가 늦었어요|회의가 취소되었습니다|열 시 반|매일|한 달에 한 번|연말|일층|십팔 "
     "세기|절대|항상"},
};

}  // namespace

std::string_view phrases_of(std::string_view language) {
  for (const auto& [code, phrases] : kPhrases) {
    if (code == language) return phrases;
  }
  return {};
}

}  // namespace attend::dates
