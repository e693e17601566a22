// Links between the words of pairs, which guide attention (docs/models.md §12.2): reading them from
// a file and projecting them to units. Needs no libtorch.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "metrics/metrics.h"
#include "model/model.h"
#include "text/text.h"

namespace attend::train {

/// Reads a file of links in Pharaoh format ("0-0 1-2"), which has one line for each line of a file
/// of pairs. Call next() after every pair that was read, and finish() after the last one.
class LinkReader {
 public:
  explicit LinkReader(const std::filesystem::path& path) : lines_(path) {}

  /// Reads the line of the pair that `pairs` has read last. Throws text::BadLine for a line that is
  /// no text, and DataError when the file has ended.
  void next(const text::PairReader& pairs);
  /// Returns the links of the line that was read last. Throws DataError with file and line for a
  /// line that is no list of links, and for a link to a word that the pair does not have.
  std::vector<metrics::Link> links_of(const text::Pair& pair) const;
  /// Throws DataError when there are more lines than pairs.
  void finish(const text::PairReader& pairs);

 private:
  text::LineReader lines_;
  std::string line_;
};

/// Projects links of words to units: a unit has the links of every word that it shares a byte with.
/// Units of white space alone, </s> and padding have none, and links to source units where
/// `allowed` [source tokens] is 0 are left out; an empty `allowed` is 1 everywhere. The result is
/// sorted by target and source, and holds each link once.
std::vector<model::Link> project_links(std::span<const metrics::Link> links, const text::Pair& pair,
                                       const model::Encoded& source, const model::Encoded& target,
                                       std::span<const char> allowed);

}  // namespace attend::train
