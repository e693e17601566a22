// Chooses the units and the normal form of texts where a new training leaves them to the program
// ("auto"). Needs no libtorch.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "model/model.h"
#include "text/text.h"

namespace attend::train {

/// Replaces every kAuto of the two sides by a choice that suits `pairs`, the pairs of training.
/// They must be well-formed UTF-8. Returns one sentence that names the units and the reason for
/// them. Returns nothing when both units were given and rule 3 changes no side. Words are separated
/// by white space; leading tags are not counted. The rules are:
///
/// 1. Both sides become characters when sources have fewer than 4 words on average. They also
///    become characters when targets have fewer than 4 words and sources fewer than 80 bytes on
///    average. In all other cases a side becomes words when there are fewer than 20,000 pairs, and
///    subwords when there are at least so many. A target of fewer than 4 words becomes words with
///    any number of pairs.
/// 2. If rule 1 makes both sides characters, one of them may become words, such as the phones of a
///    word. This side must be written as words that are few and often repeated. The other side must
///    be a single word, or have at most two characters for each of these words.
/// 3. A side of characters becomes code points when characters (grapheme clusters) of several code
///    points are many and rare, and code points are not. An example is Devanagari. It becomes code
///    points in the normal form NFD when Hangul syllables are many and rare, and their jamo are
///    not. Units are rare when at least 1 of 100 texts is expected to hold one that training never
///    saw. That expectation is the number of units that occur once, divided by the number of texts
///    (Good and Turing). Sides of a fixed length stay characters.
///
/// With a shared vocabulary both sides are examined together and get one unit and one normal form.
/// The normal form is NFC unless rule 3 chooses NFD. Invisible characters are dropped.
std::optional<std::string> choose_preparation(model::Configuration& configuration,
                                              std::span<const text::Pair* const> pairs);

}  // namespace attend::train
