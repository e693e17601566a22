// What the texts of a new training are cut into, and in which normal form: the choices "auto".
// Needs no libtorch.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "model/model.h"
#include "text/text.h"

namespace attend::train {

/// Replaces every kAuto of the two sides by what suits the pairs of training, which are well-formed
/// UTF-8, and returns one sentence that says what they are cut into and why; nothing where both
/// units were given and no side is decomposed by this choice. Words are white-space words, leading
/// tags left out.
///
/// 1. Both sides become characters when sources have fewer than 4 words on average, or targets have
///    and sources stay below 80 bytes; otherwise words for fewer than 20,000 pairs or a target of
///    fewer than 4 words, and subwords beyond.
/// 2. Of two sides of characters, one that is written as words that are few and come again, while
///    the other is a word or has a character for each, becomes words: the phones of a word.
/// 3. A side of characters becomes code points where the characters (grapheme clusters) of several
///    code points are many and rare, and code points are not (Devanagari); and it becomes code
///    points in the normal form NFD where Hangul syllables are many and rare, and their jamo are
///    not. Rare: at least 1 of 100 texts is expected to hold one that training never saw. That
///    expectation is the number of them that occur once, divided by the number of texts (Good and
///    Turing). Sides of a fixed length stay characters.
///
/// A shared vocabulary asks both sides together and gives them one unit and normal form. The normal
/// form is NFC where 3 does not choose NFD; invisible characters are dropped.
std::optional<std::string> choose_preparation(model::Configuration& configuration,
                                              std::span<const text::Pair* const> pairs);

}  // namespace attend::train
