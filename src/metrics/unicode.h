// The little that the metrics need to know of Unicode. White space is the set that sacreBLEU's
// splitting uses: Unicode's white space and the four ASCII separators U+001C to U+001F.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace attend::metrics {

/// The code points of UTF-8 text; U+FFFD for bytes that are not UTF-8.
std::vector<std::uint32_t> code_points(std::string_view text);
bool is_space(std::uint32_t code_point);

/// The runs of anything but white space.
std::vector<std::string_view> split_words(std::string_view text);
/// `text` without the white space at its end, or at both ends.
std::string_view strip_end(std::string_view text);
std::string_view strip(std::string_view text);

/// Full lower-casing, language-neutral.
std::string lower_case(std::string_view text);
/// The canonical composed form (NFC): equal for texts that are canonically equivalent.
std::string composed(std::string_view text);
/// What two texts are compared as: composed, runs of white space as one space, none at either end.
std::string comparable(std::string_view text);

}  // namespace attend::metrics
