// Short phrases without a date, by language: entries that people make in a field for a date when
// there is none, and everyday sentences.
#pragma once

#include <string_view>

namespace attend::dates {

/// Returns the phrases of a language, separated by '|'; empty for a language without an entry.
std::string_view phrases_of(std::string_view language);

}  // namespace attend::dates
