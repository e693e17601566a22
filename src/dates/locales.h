// The codes of the generator and the languages that they mean.
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

/// Returns the entries sorted by code. A code may have several entries: "und" covers many
/// languages.
std::vector<LocaleEntry> all_locales();

}  // namespace attend::dates
