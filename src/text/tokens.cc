#include "text/tokens.h"

#include <unicode/brkiter.h>
#include <unicode/utext.h>

#include <algorithm>
#include <mutex>
#include <string>

#include "base/base.h"

namespace attend::text {
namespace {

void check_icu(UErrorCode code, const char* action) {
  if (U_FAILURE(code)) throw Error(std::string(action) + ": " + u_errorName(code));
}

struct CloseText {
  void operator()(UText* text) const { utext_close(text); }
};

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

struct TokenFinder::Rules {
  std::once_flag once;
  std::unique_ptr<icu::BreakIterator> prototype;

  std::unique_ptr<icu::BreakIterator> iterator() {
    std::call_once(once, [&] {
      UErrorCode code = U_ZERO_ERROR;
      prototype.reset(icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), code));
      check_icu(code, "ICU's rules for words cannot be loaded");
    });
    return std::unique_ptr<icu::BreakIterator>(prototype->clone());
  }
};

TokenFinder::TokenFinder() : rules_(std::make_unique<Rules>()) {}
TokenFinder::~TokenFinder() = default;

std::vector<ByteSpan> TokenFinder::tokens(std::string_view text) const {
  std::vector<ByteSpan> tokens;
  std::unique_ptr<icu::BreakIterator> iterator;  // made for the first piece that needs it
  const auto append_by_icu = [&](std::string_view piece, std::size_t offset) {
    if (!iterator) iterator = rules_->iterator();
    UErrorCode code = U_ZERO_ERROR;
    const std::unique_ptr<UText, CloseText> opened(
        utext_openUTF8(nullptr, piece.data(), static_cast<std::int64_t>(piece.size()), &code));
    check_icu(code, "ICU cannot open a text");
    iterator->setText(opened.get(), code);
    check_icu(code, "ICU cannot open a text");
    std::size_t begin = static_cast<std::size_t>(iterator->first());
    for (std::int32_t end = iterator->next(); end != icu::BreakIterator::DONE;
         end = iterator->next()) {
      tokens.push_back({offset + begin, offset + static_cast<std::size_t>(end)});
      begin = static_cast<std::size_t>(end);
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
