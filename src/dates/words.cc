#include "dates/words.h"

#include <unicode/locdspnm.h>
#include <unicode/measunit.h>
#include <unicode/numberformatter.h>
#include <unicode/rbnf.h>
#include <unicode/reldatefmt.h>
#include <unicode/timezone.h>
#include <unicode/tznames.h>
#include <unicode/ucurr.h>
#include <unicode/uenum.h>

#include <map>
#include <utility>
#include <vector>

#include "dates/unicode.h"

namespace attend::dates {
namespace {

/// The letters that follow two others in the names that ICU knows.
using Chain = std::map<std::pair<char32_t, char32_t>, std::vector<char32_t>>;
constexpr char32_t kEdge = 0;  // before the first letter and after the last one

void require(UErrorCode status) {
  if (U_FAILURE(status)) throw Error("ICU lacks data for words beside dates");
}

std::string cleaned(const icu::UnicodeString& text) {
  icu::UnicodeString result;
  for (int32_t i = 0; i < text.length(); ++i) {
    const UChar c = text.charAt(i);
    const bool mark = c == 0x200E || c == 0x200F || c == 0x061C || (c >= 0x202A && c <= 0x202E);
    if (!mark) result.append(c == 0x00A0 || c == 0x202F || c == 0x2009 ? u' ' : c);
  }
  return nfc(utf8(result));
}

void add_places_and_languages(const icu::Locale& locale, std::vector<std::string>& names) {
  const std::unique_ptr<icu::LocaleDisplayNames> display(
      icu::LocaleDisplayNames::createInstance(locale));
  const auto add = [&](const char* code, const icu::UnicodeString& name) {
    if (name != icu::UnicodeString(code)) names.push_back(cleaned(name));
  };
  icu::UnicodeString name;
  for (const char* const* code = icu::Locale::getISOCountries(); *code != nullptr; ++code) {
    add(*code, display->regionDisplayName(*code, name));
  }
  for (const char* const* code = icu::Locale::getISOLanguages(); *code != nullptr; ++code) {
    if (std::string_view(*code).size() == 2) add(*code, display->languageDisplayName(*code, name));
  }
}

void add_currencies(const icu::Locale& locale, std::vector<std::string>& names) {
  UErrorCode status = U_ZERO_ERROR;
  UEnumeration* codes = ucurr_openISOCurrencies(UCURR_COMMON | UCURR_NON_DEPRECATED, &status);
  require(status);
  int32_t length = 0;
  while (const UChar* code = uenum_unext(codes, &length, &status)) {
    int32_t name_length = 0;
    const UChar* name =
        ucurr_getName(code, locale.getName(), UCURR_LONG_NAME, nullptr, &name_length, &status);
    if (U_FAILURE(status)) break;
    if (name_length > 3) names.push_back(cleaned(icu::UnicodeString(name, name_length)));
  }
  uenum_close(codes);
  require(status);
}

void add_cities(const icu::Locale& locale, std::vector<std::string>& names) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<icu::TimeZoneNames> zones(
      icu::TimeZoneNames::createInstance(locale, status));
  const std::unique_ptr<icu::StringEnumeration> ids(icu::TimeZone::createTimeZoneIDEnumeration(
      UCAL_ZONE_TYPE_CANONICAL_LOCATION, nullptr, nullptr, status));
  require(status);
  icu::UnicodeString name;
  while (const icu::UnicodeString* id = ids->snext(status)) {
    zones->getExemplarLocationName(*id, name);
    if (!name.isBogus() && !name.isEmpty()) names.push_back(cleaned(name));
  }
}

Chain chain_of(const std::vector<std::string>& names) {
  Chain chain;
  for (const std::string& name : names) {
    const icu::UnicodeString units = utf16(name);
    char32_t before = kEdge, last = kEdge;
    for (int32_t i = 0; i < units.length(); i = units.moveIndex32(i, 1)) {
      auto letter = static_cast<char32_t>(units.char32At(i));
      if (letter == U' ' || letter == U'(' || letter == U')' || letter == U',') letter = kEdge;
      if (letter == kEdge && last == kEdge) continue;
      chain[{before, last}].push_back(letter);
      before = letter == kEdge ? kEdge : last;
      last = letter;
    }
    if (last != kEdge) chain[{before, last}].push_back(kEdge);
  }
  return chain;
}

template <typename T>
const T& any_of(const std::vector<T>& list, Random& random) {
  return list[random.below(list.size())];
}

}  // namespace

struct Words::Data {
  std::vector<std::string> names;
  Chain chain;
  std::unique_ptr<icu::RuleBasedNumberFormat> speller;
  std::unique_ptr<icu::RelativeDateTimeFormatter> relative;
  std::vector<icu::number::LocalizedNumberFormatter> amounts;
};

Words::Words(const icu::Locale& locale) : data_(std::make_unique<Data>()) {
  add_places_and_languages(locale, data_->names);
  add_currencies(locale, data_->names);
  add_cities(locale, data_->names);
  data_->chain = chain_of(data_->names);
  UErrorCode status = U_ZERO_ERROR;
  data_->speller =
      std::make_unique<icu::RuleBasedNumberFormat>(icu::URBNF_SPELLOUT, locale, status);
  data_->relative = std::make_unique<icu::RelativeDateTimeFormatter>(locale, status);
  const auto plain = icu::number::NumberFormatter::withLocale(locale).precision(
      icu::number::Precision::maxFraction(2));
  data_->amounts = {plain, plain.unit(icu::MeasureUnit::getPercent())};
  for (const char16_t* code : {u"EUR", u"USD", u"GBP", u"JPY"}) {
    data_->amounts.push_back(
        icu::number::NumberFormatter::withLocale(locale).unit(icu::CurrencyUnit(code, status)));
  }
  for (const icu::MeasureUnit& unit :
       {icu::MeasureUnit::getKilometer(), icu::MeasureUnit::getKilogram(),
        icu::MeasureUnit::getCelsius(), icu::MeasureUnit::getMinute(), icu::MeasureUnit::getYear(),
        icu::MeasureUnit::getDay(), icu::MeasureUnit::getMonth(), icu::MeasureUnit::getLiter()}) {
    data_->amounts.push_back(plain.unit(unit));
    data_->amounts.push_back(plain.unit(unit).unitWidth(UNUM_UNIT_WIDTH_FULL_NAME));
  }
  require(status);
}

Words::~Words() = default;
Words::Words(Words&&) noexcept = default;

const std::string& Words::known(Random& random) const { return any_of(data_->names, random); }

std::string Words::invented(Random& random) const {
  constexpr int kLongest = 12;
  icu::UnicodeString word;
  char32_t before = kEdge, last = kEdge;
  for (int length = 0; length < kLongest; ++length) {
    const auto found = data_->chain.find({before, last});
    const char32_t next = found == data_->chain.end() ? kEdge : any_of(found->second, random);
    if (next == kEdge) break;
    word.append(static_cast<UChar32>(next));
    before = last;
    last = next;
  }
  return cleaned(word);
}

std::string Words::spelled(Random& random) const {
  const auto bound = std::vector<std::uint64_t>{32, 100, 1000, 3000, 1000000}[random.below(5)];
  icu::UnicodeString text;
  data_->speller->format(static_cast<int32_t>(random.below(bound)), text);
  return cleaned(text);
}

std::string Words::amount(Random& random) const {
  UErrorCode status = U_ZERO_ERROR;
  const auto bound = std::vector<double>{10, 100, 3000, 100000}[random.below(4)];
  double value = random.uniform() * bound;
  if (random.chance(0.5)) value = static_cast<double>(static_cast<long>(value));
  const auto text = any_of(data_->amounts, random).formatDouble(value, status).toString(status);
  require(status);
  return cleaned(text);
}

std::string Words::relative(Random& random) const {
  constexpr URelativeDateTimeUnit kUnits[] = {
      UDAT_REL_UNIT_YEAR,   UDAT_REL_UNIT_QUARTER, UDAT_REL_UNIT_MONTH,   UDAT_REL_UNIT_WEEK,
      UDAT_REL_UNIT_DAY,    UDAT_REL_UNIT_DAY,     UDAT_REL_UNIT_HOUR,    UDAT_REL_UNIT_MINUTE,
      UDAT_REL_UNIT_SUNDAY, UDAT_REL_UNIT_MONDAY,  UDAT_REL_UNIT_TUESDAY, UDAT_REL_UNIT_FRIDAY};
  UErrorCode status = U_ZERO_ERROR;
  icu::UnicodeString text;
  const auto range = random.chance(0.5) ? 3U : 40U;
  const double offset = static_cast<double>(random.below(range)) - (range - 1) / 2.0;
  data_->relative->format(static_cast<double>(static_cast<long>(offset)),
                          kUnits[random.below(std::size(kUnits))], text, status);
  require(status);
  return cleaned(text);
}

}  // namespace attend::dates
