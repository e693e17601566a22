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

/// Returns ICU's own immutable instance of a form other than kNone. A static asks ICU for it once,
/// so that thread checkers see the order.
const icu::Normalizer2& normaliser(Normalisation form) {
  using GetInstance = const icu::Normalizer2* (*)(UErrorCode&);
  const auto ask = [](GetInstance get_instance) {
    UErrorCode code = U_ZERO_ERROR;
    const icu::Normalizer2* found = get_instance(code);
    check_icu(code);
    return found;
  };
  if (form == Normalisation::kNfc) {
    static const icu::Normalizer2* const nfc = ask(icu::Normalizer2::getNFCInstance);
    return *nfc;
  }
  if (form == Normalisation::kNfd) {
    static const icu::Normalizer2* const nfd = ask(icu::Normalizer2::getNFDInstance);
    return *nfd;
  }
  static const icu::Normalizer2* const nfkc = ask(icu::Normalizer2::getNFKCInstance);
  return *nfkc;
}

icu::StringPiece piece(const std::string& text) {
  return {text.data(), static_cast<std::int32_t>(text.size())};
}

/// Whether no byte of `text` begins a character that the form might change. For NFC, no character
/// below U+0300 composes with the one before it; for NFD, none below U+00C0 comes apart; NFKC
/// changes U+00A0 already.
bool is_surely_normal(std::string_view text, Normalisation form) {
  const unsigned first = form == Normalisation::kNfc   ? 0xCC
                         : form == Normalisation::kNfd ? 0xC3
                                                       : 0x80;
  return form == Normalisation::kNone || std::all_of(text.begin(), text.end(), [first](char byte) {
           return static_cast<unsigned char>(byte) < first;
         });
}

bool is_space(char32_t code_point, char32_t extra) {
  return is_white_space(code_point) || (extra != 0 && code_point == extra);
}

/// Whether all white space consists of single spaces between other characters.
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

/// Builds a new text from pieces of an old one.
class Rewrite {
 public:
  explicit Rewrite(PreparedText& old) : old_(old) {
    text_.reserve(old.text_.size());
    sources_.reserve(old.text_.size());
  }
  /// Appends the old bytes [begin, end) unchanged.
  void keep(std::size_t begin, std::size_t end) {
    text_.append(old_.text_, begin, end - begin);
    for (std::size_t i = begin; i < end; ++i) sources_.push_back(old_.source(i));
  }
  /// Appends `bytes` in place of the old bytes [begin, end), which must not be empty.
  void replace(std::size_t begin, std::size_t end, std::string_view bytes) {
    text_.append(bytes);
    sources_.insert(sources_.end(), bytes.size(),
                    {old_.source(begin).begin, old_.source(end - 1).end});
  }
  void finish() {
    old_.text_ = std::move(text_);
    old_.sources_ = std::move(sources_);
  }
  /// Applies the edits of an ICU function, whose result is `new_text`.
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

void PreparedText::drop_invisible() {
  if (!has_invisible(text_)) return;
  Rewrite rewrite(*this);
  for (std::size_t position = 0; position < text_.size();) {
    const std::size_t begin = position;
    if (!is_invisible(next_code_point(text_, position))) rewrite.keep(begin, position);
  }
  rewrite.finish();
}

void PreparedText::normalise(Normalisation form) {
  if (is_surely_normal(text_, form)) return;
  UErrorCode code = U_ZERO_ERROR;
  const icu::Normalizer2& icu_form = normaliser(form);
  if (icu_form.isNormalizedUTF8(piece(text_), code) != 0) return;
  std::string normal;
  icu::StringByteSink<std::string> sink(&normal);
  icu::Edits edits;
  icu_form.normalizeUTF8(0, piece(text_), sink, &edits, code);
  check_icu(code);
  Rewrite(*this).apply(edits, normal);
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
  std::size_t run_begin = 0;  // white space [run_begin, run_end) is kept if a character follows
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

namespace {

/// Returns the code points of a composed text that NFKC turns into more than one, sorted.
std::u32string changed_into_several(std::string_view text) {
  std::u32string several;
  for (std::size_t position = 0; position < text.size();) {
    const std::size_t begin = position;
    const char32_t code_point = next_code_point(text, position);
    PreparedText changed(text.substr(begin, position - begin), 0);
    changed.normalise(Normalisation::kNfkc);
    std::size_t end = 0;
    next_code_point(changed.text(), end);
    if (end < changed.text().size()) several += code_point;
  }
  std::sort(several.begin(), several.end());
  return several;
}

std::u32string code_points_of(std::string_view text) {
  std::u32string code_points;
  for (std::size_t position = 0; position < text.size();) {
    code_points += next_code_point(text, position);
  }
  return code_points;
}

}  // namespace

PreparedText prepare(std::string_view text, std::size_t offset, const SegmenterOptions& options,
                     std::u32string_view remove) {
  const Normalisation form = options.normalisation;
  PreparedText prepared(text, offset);
  if (options.invisible == Invisible::kDrop) prepared.drop_invisible();
  const bool changes = options.lowercase || !remove.empty();
  if (changes && form != Normalisation::kNone) prepared.normalise(Normalisation::kNfc);
  if (form == Normalisation::kNfkc) {
    // Removed before the form makes several characters of one, which could not be found then.
    prepared.remove(remove);
    prepared.normalise(form);
  }
  if (options.lowercase) prepared.lower_case();
  prepared.remove(remove);
  prepared.normalise(form);
  prepared.collapse_white_space(options.unit == UnitMode::kSubwords ? kSentencePieceSpace : 0);
  return prepared;
}

std::u32string removed_code_points(const SegmenterOptions& options) {
  PreparedText prepared(options.remove, 0);
  if (options.normalisation != Normalisation::kNone) prepared.normalise(Normalisation::kNfc);
  std::u32string removed;
  if (options.normalisation == Normalisation::kNfkc) {
    removed = code_points_of(prepared.text());
    prepared.remove(changed_into_several(prepared.text()));
    prepared.normalise(Normalisation::kNfkc);
  }
  if (options.lowercase) prepared.lower_case();
  removed += code_points_of(prepared.text());
  std::sort(removed.begin(), removed.end());
  return removed;
}

void compose(JoinedText& joined) {
  if (is_surely_normal(joined.text, Normalisation::kNfc)) return;
  UErrorCode code = U_ZERO_ERROR;
  std::string composed;
  icu::StringByteSink<std::string> sink(&composed);
  icu::Edits edits;
  normaliser(Normalisation::kNfc).normalizeUTF8(0, piece(joined.text), sink, &edits, code);
  check_icu(code);
  std::vector<ByteSpan> places;  // [bytes of the text]: where each went in the composed text
  places.reserve(joined.text.size() + 1);
  for (auto edit = edits.getFineIterator(); edit.next(code) != 0;) {
    const auto begin = static_cast<std::size_t>(edit.destinationIndex());
    const auto length = static_cast<std::size_t>(edit.newLength());
    for (std::size_t i = 0; i < static_cast<std::size_t>(edit.oldLength()); ++i) {
      places.push_back(edit.hasChange() != 0 ? ByteSpan{begin, begin + length}
                                             : ByteSpan{begin + i, begin + i + 1});
    }
  }
  check_icu(code);
  ATTEND_CHECK_EQ(places.size(), joined.text.size());
  places.push_back({composed.size(), composed.size()});
  for (ByteSpan& span : joined.spans) {
    const std::size_t begin = places[span.begin].begin;
    span = {begin, span.end > span.begin ? places[span.end - 1].end : begin};
  }
  joined.text = std::move(composed);
}

}  // namespace attend::text
