// Reads where attention may look in a source: word ranges in a column of the file, or markers
// <span> and </span> in the source itself. Both become bytes of the raw source, which the units of
// any segmenter can be compared with.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "text/segmenter.h"

namespace attend::text {

/// Says how the lines of a file tell where attention may look. At most one field may be set.
struct SourceMarks {
  /// The column of each line that holds word ranges, counted from 1; 0: no column does.
  std::size_t allowed_column = 0;
  bool span_markup = false;  ///< whether <span> and </span> in a source are markers

  bool any() const { return allowed_column > 0 || span_markup; }
};

/// A source without its marks.
struct MarkedSource {
  std::string text;
  /// Bytes of `text` where attention may look, sorted and disjoint. Empty: everywhere.
  std::vector<ByteSpan> allowed = {};
};

/// Takes field `column`, counted from 1, out of a line whose fields are separated by TABs, together
/// with one TAB beside it, and returns the field. Throws DataError without file and line when the
/// line has fewer fields.
std::string take_field(std::string& line, std::size_t column);

/// Returns the bytes of every word of a text: the runs of characters other than Unicode white
/// space. The text must be well-formed UTF-8.
std::vector<ByteSpan> find_words(std::string_view text);

/// Reads ranges of words, counted from 0, such as "2-5,7", and returns the bytes of `text` that
/// they cover. A range covers the white space between its words too. Throws DataError without file
/// and line for anything that is no list of ranges, and for a word that `text` does not have.
std::vector<ByteSpan> parse_word_ranges(std::string_view ranges, std::string_view text);

/// Removes the markers <span> and </span> of a text and returns what stood between them as the
/// allowed bytes. Throws DataError without file and line for markers that are not paired or that
/// are nested, and for a text in which no marked span holds a character.
MarkedSource remove_span_markup(std::string_view text);

/// Removes the marks of a source. `ranges` is the field that take_field() took from its line; it is
/// read only if there is such a column. A source that is blank without its markers has no marks.
/// Without marks the source stays as it is, and need not be well-formed. Throws DataError as the
/// functions above.
MarkedSource read_marks(std::string source, std::string_view ranges, const SourceMarks& marks);

/// Reads a line that holds a source and its marks, as read_marks() does; a blank line needs no
/// column. Throws DataError as the functions above.
MarkedSource read_marked_line(std::string line, const SourceMarks& marks);

/// Returns for each unit the spans [first, second) that share a byte with it. `units` are those of
/// one text in their order; `spans` must be sorted and disjoint.
std::vector<std::pair<std::size_t, std::size_t>> shared_spans(std::span<const Unit> units,
                                                              std::span<const ByteSpan> spans);

/// As above, for the spans of units alone.
std::vector<std::pair<std::size_t, std::size_t>> shared_spans(std::span<const ByteSpan> units,
                                                              std::span<const ByteSpan> spans);

/// Returns for each unit 1 if it shares a byte with one of the spans, otherwise 0. The arguments
/// are those of shared_spans().
std::vector<char> covered_units(std::span<const Unit> units, std::span<const ByteSpan> spans);

}  // namespace attend::text
