#include "text/prepared_text.h"

#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/edits.h>
#include <unicode/normalizer2.h>

#include <algorithm>
#include <utility>

#include "base/base.h"
#include "text/unicode.h"

namespace attend::text {
namespace {

constexpr char32_t kSentencePieceSpace = 0x2581;

void check_icu(UErrorCode code) {
  if (U_FAILURE(code)) throw Error(std::string("ICU failed: ") + u_errorName(code));
}

/// ICU's own instance, immutable; asked for once, so that a thread checker sees the order.
const icu::Normalizer2& composer() {
  static const icu::Normalizer2* const instance = [] {
    UErrorCode code = U_ZERO_ERROR;
    const icu::Normalizer2* found = icu::Normalizer2::getNFCInstance(code);
    check_icu(code);
    return found;
  }();
  return *instance;
}

icu::StringPiece piece(const std::string& text) {
  return {text.data(), static_cast<std::int32_t>(text.size())};
}

/// Nothing below U+0300 composes with what stands before it, so such a text is in NFC.
bool is_surely_composed(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char byte) { return static_cast<unsigned char>(byte) < 0xCC; });
}

bool is_space(char32_t code_point, char32_t extra) {
  return is_white_space(code_point) || (extra != 0 && code_point == extra);
}

/// True when white space is single spaces between other characters.
bool is_collapsed(std::string_view text, char32_t extra) {
  bool behind_space = true;
  for (std::size_t position = 0; position < text.size();) {
    const char32_t code_point = next_code_point(text, position);
    const bool space = is_space(code_point, extra);
    if (space && (behind_space || code_point != U' ')) return false;
    behind_space = space;
  }
  return text.empty() || !behind_space;
}

}  // namespace

/// A new text built from pieces of an old one.
class Rewrite {
 public:
  explicit Rewrite(PreparedText& old) : old_(old) {
    text_.reserve(old.text_.size());
    sources_.reserve(old.text_.size());
  }
  /// Old bytes [begin, end) as they are.
  void keep(std::size_t begin, std::size_t end) {
    text_.append(old_.text_, begin, end - begin);
    for (std::size_t i = begin; i < end; ++i) sources_.push_back(old_.source(i));
  }
  /// Old bytes [begin, end), at least one, become `bytes`.
  void replace(std::size_t begin, std::size_t end, std::string_view bytes) {
    text_.append(bytes);
    sources_.insert(sources_.end(), bytes.size(),
                    {old_.source(begin).begin, old_.source(end - 1).end});
  }
  void finish() {
    old_.text_ = std::move(text_);
    old_.sources_ = std::move(sources_);
  }
  /// What an ICU function did to the text.
  void apply(const icu::Edits& edits, std::string_view new_text) {
    UErrorCode code = U_ZERO_ERROR;
    for (auto edit = edits.getFineIterator(); edit.next(code) != 0;) {
      const auto begin = static_cast<std::size_t>(edit.sourceIndex());
      const auto end = begin + static_cast<std::size_t>(edit.oldLength());
      if (edit.hasChange() == 0) {
        keep(begin, end);
      } else if (end > begin) {
        replace(begin, end,
                new_text.substr(static_cast<std::size_t>(edit.destinationIndex()),
                                static_cast<std::size_t>(edit.newLength())));
      }
    }
    check_icu(code);
    ATTEND_CHECK_EQ(text_.size(), new_text.size());
    finish();
  }

 private:
  PreparedText& old_;
  std::string text_;
  std::vector<PreparedText::Source> sources_;
};

PreparedText::Source PreparedText::source(std::size_t position) const {
  if (!sources_.empty()) return sources_[position];
  const auto begin = static_cast<std::uint32_t>(position);
  return {begin, begin + 1};
}

ByteSpan PreparedText::raw_span(std::size_t begin, std::size_t end) const {
  return {offset_ + source(begin).begin, offset_ + source(end - 1).end};
}

void PreparedText::compose() {
  if (is_surely_composed(text_)) return;
  UErrorCode code = U_ZERO_ERROR;
  if (composer().isNormalizedUTF8(piece(text_), code) != 0) return;
  std::string composed;
  icu::StringByteSink<std::string> sink(&composed);
  icu::Edits edits;
  composer().normalizeUTF8(0, piece(text_), sink, &edits, code);
  check_icu(code);
  Rewrite(*this).apply(edits, composed);
}

void PreparedText::lower_case() {
  if (is_ascii(text_)) {
    for (char& c : text_) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    return;
  }
  UErrorCode code = U_ZERO_ERROR;
  std::string lowered;
  icu::StringByteSink<std::string> sink(&lowered);
  icu::Edits edits;
  constexpr const char* kNoLanguage = "";
  icu::CaseMap::utf8ToLower(kNoLanguage, 0, piece(text_), sink, &edits, code);
  check_icu(code);
  Rewrite(*this).apply(edits, lowered);
}

void PreparedText::remove(std::u32string_view code_points) {
  if (code_points.empty()) return;
  Rewrite rewrite(*this);
  std::size_t position = 0;
  while (position < text_.size()) {
    const std::size_t begin = position;
    const char32_t code_point = next_code_point(text_, position);
    if (!std::binary_search(code_points.begin(), code_points.end(), code_point)) {
      rewrite.keep(begin, position);
    }
  }
  rewrite.finish();
}

void PreparedText::collapse_white_space(char32_t extra) {
  if (is_collapsed(text_, extra)) return;
  Rewrite rewrite(*this);
  std::size_t run_begin = 0;  // white space [run_begin, run_end) waits for a character behind it
  std::size_t run_end = 0;
  for (std::size_t position = 0; position < text_.size();) {
    const std::size_t begin = position;
    if (is_space(next_code_point(text_, position), extra)) {
      if (run_end == run_begin) run_begin = begin;
      run_end = position;
      continue;
    }
    if (run_end > run_begin && run_begin > 0) rewrite.replace(run_begin, run_end, " ");
    run_begin = run_end;
    rewrite.keep(begin, position);
  }
  rewrite.finish();
}

PreparedText prepare(std::string_view text, std::size_t offset, const SegmenterOptions& options,
                     std::u32string_view remove) {
  PreparedText prepared(text, offset);
  prepared.compose();
  if (options.lowercase) prepared.lower_case();
  prepared.remove(remove);
  if (options.lowercase || !remove.empty()) prepared.compose();
  prepared.collapse_white_space(options.unit == UnitMode::kSubwords ? kSentencePieceSpace : 0);
  return prepared;
}

std::u32string removed_code_points(const SegmenterOptions& options) {
  PreparedText prepared(options.remove, 0);
  prepared.compose();
  if (options.lowercase) prepared.lower_case();
  std::u32string code_points;
  for (std::size_t position = 0; position < prepared.text().size();) {
    code_points += next_code_point(prepared.text(), position);
  }
  std::sort(code_points.begin(), code_points.end());
  return code_points;
}

}  // namespace attend::text
