#include "text/tokens.h"

#include <algorithm>

#include "text/break_iterator.h"

namespace attend::text {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Whether the rules of UAX #29 that append_simple_tokens() knows are all that a piece of text
// needs. A colon and an at sign are between letters a border in some versions of ICU and none in
// others. An underscore joins whatever is beside it.
bool is_simple(std::string_view piece) {
  return std::all_of(piece.begin(), piece.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != ':' && c != '@' && c != '_';
  });
}

// Whether the mark at `place` joins the letters, or the digits, on its two sides (WB6, WB7, WB11,
// WB12).
bool joins(std::string_view piece, std::size_t place) {
  if (place == 0 || place + 1 == piece.size()) return false;
  const char before = piece[place - 1], mark = piece[place], after = piece[place + 1];
  const bool between_letters = is_letter(before) && is_letter(after);
  const bool between_digits = is_digit(before) && is_digit(after);
  if (mark == '.' || mark == '\'') return between_letters || between_digits;
  return (mark == ',' || mark == ';') && between_digits;
}

// Appends the tokens of a simple piece, which begins at byte `offset` of the text. Letters and
// digits stay together, and every mark that joins none of them is a token.
void append_simple_tokens(std::string_view piece, std::size_t offset,
                          std::vector<ByteSpan>& tokens) {
  for (std::size_t begin = 0; begin < piece.size();) {
    std::size_t end = begin;
    while (end < piece.size() &&
           (is_letter(piece[end]) || is_digit(piece[end]) || (end > begin && joins(piece, end)))) {
      ++end;
    }
    if (end == begin) ++end;
    tokens.push_back({offset + begin, offset + end});
    begin = end;
  }
}

}  // namespace

TokenFinder::TokenFinder()
    : rules_(std::make_unique<BreakRules>(icu::BreakIterator::createWordInstance, "words")) {}
TokenFinder::~TokenFinder() = default;

std::vector<ByteSpan> TokenFinder::tokens(std::string_view text) const {
  std::vector<ByteSpan> tokens;
  std::unique_ptr<icu::BreakIterator> iterator;  // made for the first piece that needs it
  const auto append_by_icu = [&](std::string_view piece, std::size_t offset) {
    if (!iterator) iterator = rules_->iterator();
    std::size_t begin = 0;
    for (const std::size_t end : piece_ends(*iterator, piece)) {
      tokens.push_back({offset + begin, offset + end});
      begin = end;
    }
  };
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string_view piece = text.substr(begin, end - begin);
    if (is_simple(piece)) {
      append_simple_tokens(piece, begin, tokens);
    } else {
      append_by_icu(piece, begin);
    }
    begin = end + 1;
  }
  return tokens;
}

}  // namespace attend::text
