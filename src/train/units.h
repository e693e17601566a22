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
/// them. Returns nothing when both units were given, rule 3 changes no side and no markers are
/// chosen. Words are separated by white space; leading tags are not counted.
///
/// EntityChoice::kAuto becomes kMarkers if at least one source in ten has both <e1> and <e2> and
/// the unit is, or may become, one that markers can stand beside; otherwise kNone. A source with
/// markers gets tokens, and so does one of at least 4 words on average whose targets are labels
/// (UnitChoice::kWhole). The rules for all others are:
///
/// 1. Both sides become characters when sources have fewer than 4 words on average. They also
///    become characters when targets have fewer than 4 words and sources fewer than 80 bytes on
///    average. In all other cases a side becomes words when there are fewer than 20,000 pairs, and
///    subwords when there are 20,000 or more. A target of fewer than 4 words becomes words with any
///    number of pairs, unless the vocabulary is shared.
/// 2. If rule 1 makes both sides characters, one side may become words instead, such as the phones
///    of a word; the target is tried first. The side must have at least 2 words on average, and the
///    other side fewer than 4. In addition, one of these must hold:
///    (a) The other side has at most two code points for each word of this side, and at most 5 % of
///        this side's words occur once only.
///    (b) This side is the target, the other side has fewer than 1.1 words on average, and at most
///        1 % of this side's words occur once only.
///    A source needs (a), and words of at most 3 code points on average. With a shared vocabulary
///    this rule does not apply.
/// 3. A side of characters becomes code points if three things hold for its characters (grapheme
///    clusters) of several code points, of which Devanagari has many. At least 64 different ones
///    occur. Those that occur once are at least 1 % as many as there are texts; then at least 1 of
///    100 texts is expected to hold one that training never saw (Good and Turing). And cutting into
///    code points lowers the number of units that occur once by at least half of the number of
///    these characters that occur once. If all of this holds for Hangul syllables and their jamo,
///    the side becomes code points in the normal form NFD. Sides of a fixed length stay characters.
///
/// With a shared vocabulary both sides are examined together and get one unit and one normal form.
/// The normal form is NFC unless rule 3 chooses NFD. Invisible characters are dropped.
std::optional<std::string> choose_preparation(model::Configuration& configuration,
                                              std::span<const text::Pair* const> pairs);

}  // namespace attend::train
