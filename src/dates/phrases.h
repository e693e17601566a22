// Short phrases that hold no date, by language: what stands in a field for a date when there is
// none, and everyday sentences.
#pragma once

#include <string_view>

namespace attend::dates {

/// Parted by '|'; empty for a language without an entry.
std::string_view phrases_of(std::string_view language);

}  // namespace attend::dates
