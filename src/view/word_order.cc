#include "view/word_order.h"

#include <unicode/ubidi.h>
#include <unicode/unistr.h>

#include "base/base.h"

namespace attend::view {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 30;

icu::UnicodeString utf16(std::string_view text) {
  return icu::UnicodeString::fromUTF8({text.data(), static_cast<std::int32_t>(text.size())});
}

/// Returns the level of each UTF-16 unit of a text that stands on lines of one direction.
std::vector<UBiDiLevel> levels_of(const icu::UnicodeString& text, Direction direction) {
  if (text.isEmpty()) return {};
  UErrorCode status = U_ZERO_ERROR;
  const icu::LocalUBiDiPointer bidi(ubidi_openSized(text.length(), 0, &status));
  const UBiDiLevel sentence = direction == Direction::kRightToLeft ? 1 : 0;
  ubidi_setPara(bidi.getAlias(), text.getBuffer(), text.length(), sentence, nullptr, &status);
  const UBiDiLevel* levels = ubidi_getLevels(bidi.getAlias(), &status);
  ATTEND_CHECK(U_SUCCESS(status));
  return {levels, levels + text.length()};
}

/// Returns the pieces of a word, whose first UTF-16 unit has the first of the levels. Characters
/// stay together with their combining marks. Moves `unit` behind the word.
void add_pieces(std::string_view word, std::size_t index, std::span<const UBiDiLevel> levels,
                std::size_t& unit, std::vector<LinePiece>& pieces) {
  const std::size_t first = pieces.size();
  for (const std::string_view cluster : clusters(word)) {
    const std::uint8_t level = levels[unit];
    if (pieces.size() > first && pieces.back().level == level) {
      std::string_view& text = pieces.back().text;
      text = std::string_view(text.data(), text.size() + cluster.size());
    } else {
      pieces.push_back({.word = index, .text = cluster, .level = level});
    }
    unit += static_cast<std::size_t>(utf16(cluster).length());
  }
  pieces[first].begins_word = pieces.back().ends_word = true;
}

}  // namespace

WordOrder::WordOrder(std::span<const std::string> words, std::span<const char> joined,
                     Direction sentence) {
  const auto has_space = [&](std::size_t i) { return i > 0 && (joined.empty() || !joined[i]); };
  icu::UnicodeString text;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    ATTEND_CHECK(!words[i].empty());
    bytes += words[i].size() + 1;
    ATTEND_CHECK(bytes <= kMostBytes);
    if (has_space(i)) text += u' ';
    text += utf16(words[i]);
  }
  const std::vector<UBiDiLevel> levels = levels_of(text, sentence);
  std::size_t unit = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (has_space(i)) pieces_.push_back({.word = i, .level = levels[unit++]});
    firsts_.push_back(pieces_.size());
    add_pieces(words[i], i, levels, unit, pieces_);
  }
  firsts_.push_back(pieces_.size());
}

std::span<const LinePiece> WordOrder::line(std::size_t begin, std::size_t end) const {
  if (begin >= end) return {};
  std::size_t last = firsts_[end];
  while (pieces_[last - 1].is_space()) --last;  // the space before the next line
  return std::span(pieces_).subspan(firsts_[begin], last - firsts_[begin]);
}

std::vector<std::size_t> from_left(std::span<const LinePiece> line) {
  std::vector<UBiDiLevel> levels;
  for (const LinePiece& piece : line) levels.push_back(piece.level);
  std::vector<std::int32_t> order(line.size());
  ubidi_reorderVisual(levels.data(), static_cast<std::int32_t>(levels.size()), order.data());
  return {order.begin(), order.end()};
}

}  // namespace attend::view
