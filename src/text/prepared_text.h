// Text made ready for cutting, with the way back to the raw bytes. Internal to the folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/segmenter.h"

namespace attend::text {

/// A text and the raw bytes that each of its bytes came from.
class PreparedText {
 public:
  /// `text` itself, which starts at byte `offset` of the raw text.
  PreparedText(std::string_view text, std::size_t offset) : text_(text), offset_(offset) {}

  const std::string& text() const { return text_; }
  /// The raw bytes of text()[begin, end), which must not be empty.
  ByteSpan raw_span(std::size_t begin, std::size_t end) const;

  /// Steps of preparation. All keep spans in order: the begins never fall, nor do the ends.
  void drop_invisible();
  void normalise(Normalisation form);
  void lower_case();  ///< full, language-neutral
  void remove(std::u32string_view code_points);
  /// Runs of white space become one space, none stays at either end. `extra` counts as white space.
  void collapse_white_space(char32_t extra = 0);

 private:
  struct Source {  // raw bytes [begin, end) of one byte, without the offset
    std::uint32_t begin;
    std::uint32_t end;
  };
  friend class Rewrite;
  Source source(std::size_t position) const;

  std::string text_;
  std::size_t offset_;
  std::vector<Source> sources_;  // [bytes]; empty as long as every byte is where it was
};

/// Appends the leading tags of a well-formed raw text to `units` and returns where the rest begins.
/// Invisible characters before, between and behind tags count as nothing where they are dropped.
std::size_t split_leading_tags(std::string_view raw, Invisible invisible, std::vector<Unit>& units);

/// The steps of SegmenterOptions in their order; `remove` is removed_code_points(options). In
/// subword mode U+2581, which SentencePiece writes for a space, counts as white space.
PreparedText prepare(std::string_view text, std::size_t offset, const SegmenterOptions& options,
                     std::u32string_view remove);

/// The code points of `options.remove` as they look where they are removed, sorted.
std::u32string removed_code_points(const SegmenterOptions& options);

/// Composes a joined text (NFC). The span of a unit becomes that of the characters which any of its
/// bytes went into.
void compose(JoinedText& joined);

}  // namespace attend::text
