// The patterns of a language, with their weights.
#pragma once

#include "dates/choice.h"
#include "dates/facts.h"
#include "dates/pattern.h"

namespace attend::dates {

/// Returns the common patterns, the patterns of ICU's four date styles and those of `facts`.
Choice<Pattern> patterns_of(const LanguageFacts& facts);

}  // namespace attend::dates
