// The names of months and weekdays of a language, in every form that people write.
#pragma once

#include <unicode/locid.h>

#include <array>
#include <string>

#include "dates/choice.h"
#include "dates/facts.h"

namespace attend::dates {

struct Names {
  std::array<Choice<std::string>, 12> months;   // from January, any form
  std::array<Choice<std::string>, 7> weekdays;  // from Monday, any form
  // The forms that ICU has.
  std::array<std::string, 12> months_short, months_long, months_short_alone, months_long_alone;
  std::array<std::string, 7> weekdays_short, weekdays_long;
};

/// Returns the names from ICU and the additional names of the language, together with forms without
/// accents and with names cut to three, four or five letters where these identify the month. NFC.
Names names_of(const LanguageFacts& facts);

}  // namespace attend::dates
