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
  // ICU's own forms.
  std::array<std::string, 12> months_short, months_long, months_short_alone, months_long_alone;
  std::array<std::string, 7> weekdays_short, weekdays_long;
};

/// From ICU and the language's further names, plus forms without accents and names cut to three,
/// four or five letters where these tell the month. NFC.
Names names_of(const LanguageFacts& facts);

}  // namespace attend::dates
