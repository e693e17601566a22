// Cuts text into units and joins units to text.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attend/answers.hpp"
#include "base/base.h"

namespace attend::text {

enum class UnitMode {
  kCharacters,  ///< grapheme clusters (UAX #29, by ICU); a space is a unit
  kCodePoints,  ///< code points of the prepared text; a space is a unit
  kWords,       ///< separated by white space
  kTokens,      ///< words and marks (UAX #29, by ICU); white space is no unit. For sources.
  kSubwords,    ///< SentencePiece pieces
  kWhole        ///< the whole prepared text is one unit: a label. Its tags belong to it.
};

/// The longest run of characters without white space in subword mode: 64 KiB.
inline constexpr std::size_t kMaximumSubwordWordBytes = std::size_t{1} << 16;

/// The Unicode normal form of prepared text.
enum class Normalisation {
  kNone,  ///< the characters stay as they are
  kNfc,   ///< composed
  kNfd,   ///< decomposed: letters and their accents, Hangul syllables and their jamo come apart
  kNfkc   ///< composed, and variants of one character (full-width letters, ligatures) become equal
};

/// Says how to treat invisible characters (is_invisible() in unicode.h).
enum class Invisible { kKeep, kDrop };

/// Says how one side (source or target) is prepared and cut. Preparation has these steps, in this
/// order: invisible characters are dropped; the text is normalised, lower-cased, freed of the
/// characters to remove and normalised again; runs of Unicode white space become one space, and
/// white space at both ends is removed. Lower-casing and removal see composed characters, also
/// where the normal form is NFD. The defaults are the preparation of model folders that do not name
/// one.
struct SegmenterOptions {
  UnitMode unit = UnitMode::kCharacters;
  /// Full Unicode lower-casing, independent of the language; leading tags stay.
  bool lowercase = false;
  std::string remove;  ///< characters deleted before cutting, for example ","
  Normalisation normalisation = Normalisation::kNfc;
  Invisible invisible = Invisible::kKeep;
  /// Whether each of kEntityMarkers is a unit of its own wherever it stands in a text, as it is
  /// written and whatever touches it. Not for kSubwords and kWhole.
  bool markers = false;
};

/// The marks around the two entities of a relation (docs/models.md §9).
inline constexpr std::string_view kEntityMarkers[] = {"<e1>", "</e1>", "<e2>", "</e2>"};

using attend::ByteSpan;
using attend::Unit;

/// A text joined from units, with the bytes of it that each unit covers. Spans are as in Unit; the
/// spaces that join() puts between units belong to no unit. Units that compose to one character
/// share its span.
struct JoinedText {
  std::string text;
  std::vector<ByteSpan> spans;  // [units]
};

/// Whether `unit` is a tag `<tag>`: at least one ASCII letter, digit, '-' or '_' between angle
/// brackets, and not the spelling of a reserved unit such as `<unk>`.
bool is_tag(std::string_view unit);

/// Cuts and joins the text of one side. A leading tag (is_tag) is one unit in every mode but
/// kWhole, and preparation never changes it. A tag is leading if only white space is before it and
/// white space or the end follows it; further tags after it, each followed by white space or the
/// end, are leading too. Where invisible characters are dropped, those around a tag do not hide it.
/// In character and code-point mode the white space after a tag is no unit: join() puts one space
/// there again. join(split(x)) is x prepared, and composed where the normal form is NFD. Immutable;
/// safe to use from several threads.
class Segmenter {
 public:
  /// For every unit mode but kSubwords, which needs a model. Throws UsageError for kSubwords, for a
  /// `remove` that is not UTF-8, and for markers in a mode that has none.
  explicit Segmenter(SegmenterOptions options);
  /// For kSubwords; throws UsageError for other modes. `model` holds the bytes of a SentencePiece
  /// model (*.spm). Throws ModelError when it is damaged.
  Segmenter(SegmenterOptions options, std::string_view model);
  ~Segmenter();
  Segmenter(Segmenter&&) noexcept;
  Segmenter& operator=(Segmenter&&) noexcept;

  const SegmenterOptions& options() const;

  /// Returns the units of one line of at most kMaximumLineBytes. A blank text, and one of which
  /// preparation leaves nothing, has no units. Throws DataError without file and line for broken
  /// UTF-8 (with the byte) and for a longer line, both of which LineReader reports first, and for a
  /// word that is too long for subwords.
  std::vector<Unit> split(std::string_view raw) const;
  /// Returns the text of units as a model predicts them; any strings are accepted. The text is
  /// composed (NFC) where the normal form is NFD, and in code-point mode with every normal form but
  /// kNone, because a model may predict each code point of a character separately.
  JoinedText join(std::span<const std::string> units) const;

 private:
  struct Data;
  static std::unique_ptr<Data> make_data(SegmenterOptions options);
  /// Appends the units of raw[begin, end), which holds neither leading tags nor markers.
  void append_units(std::string_view raw, std::size_t begin, std::size_t end,
                    std::vector<Unit>& units) const;
  std::unique_ptr<const Data> data_;
};

struct SubwordTrainingOptions {
  int vocabulary_size = 8000;  ///< number of pieces, including the unknown one
  /// From longer texts, this many lines at equal distances are taken.
  int maximum_sentences = 1'000'000;
};

/// Thrown when the text yields fewer subwords than were asked for.
class TooFewSubwords : public UsageError {
 public:
  TooFewSubwords(const std::string& message, int largest)
      : UsageError(message), largest_(largest) {}
  int largest() const { return largest_; }  ///< the largest vocabulary_size that fits

 private:
  int largest_;
};

/// Trains a SentencePiece unigram model on raw lines and returns its bytes. The lines are prepared
/// as `prepare` says (its `unit` is ignored) and their leading tags are left out. The pieces
/// include no control symbols, because Attend's vocabulary adds its own. Deterministic, and silent:
/// SentencePiece's log is discarded. Throws TooFewSubwords when the text is too small for the size
/// and UsageError when it has more characters than the size allows, both with the size that fits;
/// DataError on broken UTF-8. SentencePiece keeps its log level for the whole process, so only one
/// thread may train at a time.
std::string train_subwords(std::span<const std::string> lines, const SegmenterOptions& prepare,
                           const SubwordTrainingOptions& options);

}  // namespace attend::text
