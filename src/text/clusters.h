// Grapheme clusters. Internal to the folder.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace attend::text {

/// Finds extended grapheme clusters (UAX #29). Scripts whose characters always stand alone (Latin,
/// Greek, Cyrillic, composed Hangul, Han, kana) need no data; ICU's rules, which take a millisecond
/// to load, are opened for the first other text. Safe to use from several threads.
class ClusterFinder {
 public:
  ClusterFinder();
  ~ClusterFinder();
  /// The end of every cluster of a well-formed text.
  std::vector<std::size_t> ends(std::string_view text) const;

 private:
  struct Rules;
  std::unique_ptr<Rules> rules_;
};

}  // namespace attend::text
