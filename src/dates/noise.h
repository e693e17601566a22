// Small changes that people make when they type a date.
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

/// Sometimes changes the case, loses or spaces commas, loses a blank between a letter and a digit,
/// doubles a blank, or adds brackets or a last full stop. Changes nothing between two numbers, so
/// that the date stays readable.
std::string with_noise(std::string text, const NoiseOptions& options, Random& random);

}  // namespace attend::dates
