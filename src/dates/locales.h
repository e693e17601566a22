// The codes of the generator, and the languages behind them.
#pragma once

#include <string>
#include <vector>

#include "dates/facts.h"

namespace attend::dates {

struct LocaleEntry {
  std::string code;
  double weight;  // among all codes
  LanguageFacts facts;
};

/// Sorted by code; a code may have several entries ("und" speaks many languages).
std::vector<LocaleEntry> all_locales();

}  // namespace attend::dates
