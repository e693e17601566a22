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

/// Sometimes changes the case, removes commas, puts a blank before them or writes full stops in
/// their place, removes a blank (between a letter and a digit, after a comma, between a full stop
/// and a letter, or after the full stop of an abbreviation), doubles a blank, adds brackets, a last
/// full stop or a last comma, or writes ASCII signs as wide ones. Never joins two numbers, so that
/// the date stays readable.
std::string with_noise(std::string text, const NoiseOptions& options, Random& random);

}  // namespace attend::dates
