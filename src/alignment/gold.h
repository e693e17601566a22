// Alignments in files: people's gold alignments in two formats, and links as text
// (docs/formats.md).
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "alignment/words.h"
#include "base/base.h"
#include "metrics/metrics.h"
#include "text/text.h"

namespace attend::alignment {

/// The numbers of words of a pair, to reject links to other words.
struct PairLength {
  std::size_t source = 0;
  std::size_t target = 0;
};

/// Reads a gold alignment pair by pair. The first line that is not blank tells the format:
/// - Pharaoh: a line for each pair, "0-0 1?2", words counted from 0; a hyphen means sure, "?" or
///   "p" possible.
/// - NAACL (`.wa`): a line for each link, "SENTENCE SOURCE TARGET", then "S" (sure) or "P"
///   (possible), which may be missing, then a confidence, which is ignored. All are counted from 1.
///   A word 0 stands for no word, and such a link is ignored. Sentences may have any order.
/// A file in NAACL format is read at once and kept in memory.
///
/// Throws text::BadLine and DataError as text::LineReader does, and DataError with file and line
/// for what is no link, a link to a word that its pair does not have, and numbers of pairs that
/// differ. Not thread-safe.
class GoldReader {
 public:
  explicit GoldReader(const std::filesystem::path& path);
  /// Returns the alignment of the next pair. `pairs` is the name of the file of pairs, for
  /// messages.
  metrics::GoldAlignment next(const PairLength& length, const std::string& pairs);
  /// Goes to the next pair. Its links are not looked at: the pair may have unknown words. Throws as
  /// next() does where the file cannot be read on or has ended.
  void skip(const std::string& pairs);
  /// Returns the alignment of the pair that skip() has gone to. Throws DataError for its links
  /// alone, so that a caller may leave the pair out and read on.
  metrics::GoldAlignment current(const PairLength& length) const;
  /// Call it after the last pair.
  void finish(const std::string& pairs);

 private:
  /// A link of a file in NAACL format.
  struct Written {
    Link link;
    bool sure = true;
    std::size_t line = 0;
  };

  bool next_line();
  void read_naacl();
  void add_naacl(std::string_view text);

  text::LineReader lines_;
  std::size_t leading_blanks_ = 0;  ///< blank lines before the first other line, not yet returned
  bool has_first_ = false;          ///< whether line_ is that line, not yet returned
  std::string line_;
  bool is_blank_ = false;  ///< whether the line of the pair is a leading blank and not line_
  std::size_t pairs_ = 0;  ///< that were asked for
  bool naacl_ = false;
  std::map<std::size_t, std::vector<Written>> sentences_;  // by number, from 1
};

/// Makes the error of two files that must have as many lines as each other: the shorter one has
/// `lines`.
DataError unequal_lengths(const std::string& shorter, std::size_t lines, const std::string& longer);

/// Returns "0-0 1-2": source word, target word, counted from 0 (Pharaoh).
std::string write_pharaoh(std::span<const Link> links);
/// Returns one line "SENTENCE SOURCE TARGET S" for each link, each ended by a line feed. All are
/// counted from 1; `sentence` is the number of the pair.
std::string write_naacl(std::span<const Link> links, std::size_t sentence);

}  // namespace attend::alignment
