// Prepares text for cutting and remembers the raw bytes that each prepared byte came from. Internal
// to the folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/segmenter.h"

namespace attend::text {

/// A text, with the raw bytes that each of its bytes came from.
class PreparedText {
 public:
  /// Begins with `text` unchanged, which starts at byte `offset` of the raw text.
  PreparedText(std::string_view text, std::size_t offset) : text_(text), offset_(offset) {}

  const std::string& text() const { return text_; }
  /// Returns the raw bytes that text()[begin, end), which must not be empty, came from.
  ByteSpan raw_span(std::size_t begin, std::size_t end) const;

  /// The steps of preparation. After every step: from one byte of the text to the next, neither the
  /// start nor the end of its span ever decreases.
  void drop_invisible();
  void normalise(Normalisation form);
  void lower_case();  ///< full lower-casing, independent of the language
  void remove(std::u32string_view code_points);
  /// Turns runs of white space into one space and removes white space at both ends. `extra` is a
  /// code point that counts as white space too.
  void collapse_white_space(char32_t extra = 0);

 private:
  struct Source {  // raw bytes [begin, end) of one byte, counted without `offset_`
    std::uint32_t begin;
    std::uint32_t end;
  };
  friend class Rewrite;
  Source source(std::size_t position) const;

  std::string text_;
  std::size_t offset_;
  std::vector<Source> sources_;  // [bytes]; empty as long as no byte has moved
};

/// Appends the leading tags of `raw`, which must be well-formed, to `units` and returns where the
/// rest begins. Where invisible characters are dropped, those before, between and after tags do not
/// count.
std::size_t split_leading_tags(std::string_view raw, Invisible invisible, std::vector<Unit>& units);

/// Runs the steps of SegmenterOptions in their order. `remove` must be
/// removed_code_points(options). In subword mode U+2581, which SentencePiece writes for a space,
/// counts as white space.
PreparedText prepare(std::string_view text, std::size_t offset, const SegmenterOptions& options,
                     std::u32string_view remove);

/// Returns the code points of `options.remove`, sorted and in the form that they have in the text
/// when they are removed.
std::u32string removed_code_points(const SegmenterOptions& options);

/// Composes a joined text (NFC). A unit's new span covers the characters that any of its bytes
/// became part of.
void compose(JoinedText& joined);

}  // namespace attend::text
