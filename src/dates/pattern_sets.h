// Which patterns a language uses, and how often.
#pragma once

#include "dates/choice.h"
#include "dates/facts.h"
#include "dates/pattern.h"

namespace attend::dates {

/// The common patterns, those of ICU's four date styles and those of `facts`.
Choice<Pattern> patterns_of(const LanguageFacts& facts);

}  // namespace attend::dates
