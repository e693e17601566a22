// What happens to a date between the rule and the keyboard.
#pragma once

#include <unicode/locid.h>

#include <string>

#include "base/base.h"
#include "dates/facts.h"

namespace attend::dates {

struct NoiseOptions {
  icu::Locale locale;
  bool cased = true;              // the script has upper and lower case
  double full_width_share = 0.0;  // how often ASCII signs are written as wide ones
};

/// Now and then: other case, lost or spaced commas, a lost blank between a letter and a digit, a
/// doubled blank, brackets, a last full stop. Never between two numbers, so the date stays
/// readable.
std::string with_noise(std::string text, const NoiseOptions& options, Random& random);

}  // namespace attend::dates
