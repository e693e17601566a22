#include "text/clusters.h"

#include "text/break_iterator.h"
#include "text/unicode.h"

namespace attend::text {
namespace {

/// Whether there is a cluster border between any two such characters. True for no marks, joiners,
/// jamo, regional indicators or prepended signs. CR LF is the one exception.
bool stands_alone(char32_t c) {
  return (c < 0x300 && c != '\r') || (c >= 0x370 && c < 0x483) || (c >= 0x48A && c < 0x530) ||
         (c >= 0x2010 && c < 0x2028) || (c >= 0x3041 && c < 0x3097) ||
         (c >= 0x30A0 && c < 0x3100) || (c >= 0x4E00 && c < 0xA000) || (c >= 0xAC00 && c <= 0xD7A3);
}

}  // namespace

ClusterFinder::ClusterFinder()
    : rules_(std::make_unique<BreakRules>(icu::BreakIterator::createCharacterInstance,
                                          "grapheme clusters")) {}
ClusterFinder::~ClusterFinder() = default;

std::vector<std::size_t> ClusterFinder::ends(std::string_view text) const {
  std::vector<std::size_t> found;
  found.reserve(text.size());
  std::size_t position = 0;
  while (position < text.size() && stands_alone(next_code_point(text, position))) {
    found.push_back(position);
  }
  if (found.empty() ? text.empty() : found.back() == text.size()) return found;
  return piece_ends(*rules_->iterator(), text);
}

}  // namespace attend::text
