// Cuts text into grapheme clusters. Internal to the folder.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace attend::text {

class BreakRules;  // break_iterator.h

/// Finds extended grapheme clusters (UAX #29). Scripts whose characters are always clusters by
/// themselves (Latin, Greek, Cyrillic, composed Hangul, Han, kana) need no data. ICU's rules, which
/// take a millisecond to load, are opened for the first text in another script. Safe to use from
/// several threads.
class ClusterFinder {
 public:
  ClusterFinder();
  ~ClusterFinder();
  /// Returns the end of every cluster of `text`, which must be well-formed UTF-8.
  std::vector<std::size_t> ends(std::string_view text) const;

 private:
  std::unique_ptr<const BreakRules> rules_;
};

}  // namespace attend::text
