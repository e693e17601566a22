// Finds the sentences of a text.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace attend::text {

/// Returns the end of every sentence of a well-formed text, as byte positions that rise up to the
/// size of the text. A sentence includes the white space after it. An empty text has none. Borders
/// are those of Unicode's UAX #29 by ICU, for no language in particular: an abbreviation may end a
/// sentence.
std::vector<std::size_t> sentence_ends(std::string_view text);

}  // namespace attend::text
