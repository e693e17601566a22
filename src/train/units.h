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
///    subwords when there are 20,000 or more. A target of fewer than 4 words becomes words with any
///    number of pairs, unless the vocabulary is shared.
/// 2. If rule 1 makes both sides characters, one side may become words, such as the phones of a
///    word; the target is tried first. The side needs at least 2 words on average, and at most 1 %
///    of all its words may be ones that occur once only. The other side must have fewer than 4
///    words on average and be nearly always one word (fewer than 1.1 on average). If the other side
///    has at most two characters for each word of this side, it may have several words, and the
///    limit is 5 %. A source becomes words only with this last condition, and if its words have at
///    most 3 code points on average. With a shared vocabulary this rule does not apply.
/// 3. A side of characters becomes code points when there are at least 64 different characters
///    (grapheme clusters) of several code points, they are rare, and with code points the number of
///    units that occur once falls by at least half of the number of these characters that occur
///    once. An example is Devanagari. A side becomes code points in the normal form NFD when the
///    same is true of Hangul syllables and their jamo.
///    Units are rare when at least 1 of 100 texts is expected to hold one that training never saw.
///    That expectation is the number of units that occur once, divided by the number of texts (Good
///    and Turing). Sides of a fixed length stay characters.
///
/// With a shared vocabulary both sides are examined together and get one unit and one normal form.
/// The normal form is NFC unless rule 3 chooses NFD. Invisible characters are dropped.
std::optional<std::string> choose_preparation(model::Configuration& configuration,
                                              std::span<const text::Pair* const> pairs);

}  // namespace attend::train
