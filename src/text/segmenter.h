// Text cut into units and joined again.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/base.h"

namespace attend::text {

enum class UnitMode {
  kCharacters,  ///< grapheme clusters (UAX #29, by ICU); a space is a unit
  kCodePoints,  ///< of the prepared text; a space is a unit
  kWords,       ///< separated by white space
  kSubwords     ///< SentencePiece pieces
};

/// In subword mode no run of characters without white space may be longer: 64 KiB.
inline constexpr std::size_t kMaximumSubwordWordBytes = std::size_t{1} << 16;

/// The Unicode normal form of prepared text.
enum class Normalisation {
  kNone,  ///< the characters stay as they are
  kNfc,   ///< composed
  kNfd,   ///< decomposed: letters and their accents, Hangul syllables and their jamo come apart
  kNfkc   ///< composed, and variants of one character (full-width letters, ligatures) become equal
};

/// What happens to invisible characters (is_invisible in unicode.h).
enum class Invisible { kKeep, kDrop };

/// How one side (source or target) is prepared and cut. In this order: invisible characters are
/// dropped; the text is normalised, lower-cased, freed of the characters to remove and normalised
/// again; then runs of Unicode white space become one space, and none stays at either end.
/// Lower-casing and removal see composed characters, also where the normal form is NFD. The
/// defaults are the preparation of model folders that do not say which one they have.
struct SegmenterOptions {
  UnitMode unit = UnitMode::kCharacters;
  bool lowercase = false;  ///< full Unicode lower-casing, language-neutral; leading tags stay
  std::string remove;      ///< characters deleted before cutting, for example ","
  Normalisation normalisation = Normalisation::kNfc;
  Invisible invisible = Invisible::kKeep;
};

/// Bytes [begin, end) of a text.
struct ByteSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool operator==(const ByteSpan&) const = default;
};

/// A unit and the bytes of the raw text (before any preparation) that it came from. A space's span
/// is its whole run of white space; a subword's leaves out the space before its word, unless that
/// is all of it. Along a text the begins never fall and the ends never fall; units that share one
/// raw character (the jamo of a Hangul syllable, a subword border inside a character that
/// lower-casing made longer) share its span.
struct Unit {
  std::string text;
  ByteSpan span;
  bool operator==(const Unit&) const = default;
};

/// Units joined to a text, with the bytes of that text that each unit covers (as in Unit; the
/// spaces that join() puts between units belong to none). Units that compose to one character share
/// its span.
struct JoinedText {
  std::string text;
  std::vector<ByteSpan> spans;  // [units]
};

/// True for `<tag>`: ASCII letters, digits, '-' or '_', at least one, between angle brackets, and
/// not the spelling of a reserved unit such as `<unk>`.
bool is_tag(std::string_view unit);

/// Cuts and joins the text of one side. A leading tag (is_tag), behind white space or not and
/// followed by white space or the end, is one unit in every mode and never changed by preparation;
/// so are further tags behind it, each followed by white space or the end. Invisible characters
/// around a tag do not hide it where they are dropped. In character and code-point mode the white
/// space behind a tag is no unit: join() puts one space there again. join(split(x)) is x prepared,
/// and composed where the normal form is NFD. Immutable; safe to use from several threads.
class Segmenter {
 public:
  /// For all units but subwords. UsageError for kSubwords, which need a model, and for a `remove`
  /// that is not UTF-8.
  explicit Segmenter(SegmenterOptions options);
  /// For kSubwords (UsageError otherwise): `model` is the bytes of a SentencePiece model (*.spm).
  /// ModelError when damaged.
  Segmenter(SegmenterOptions options, std::string_view model);
  ~Segmenter();
  Segmenter(Segmenter&&) noexcept;
  Segmenter& operator=(Segmenter&&) noexcept;

  const SegmenterOptions& options() const;

  /// The units of one line of at most kMaximumLineBytes. Blank text gives none, and so does text of
  /// which nothing is left. Throws DataError without file and line: on broken UTF-8 (with the byte)
  /// and on a longer line, both of which LineReader finds first, and on a word that is too long for
  /// subwords.
  std::vector<Unit> split(std::string_view raw) const;
  /// The text of units, as a model puts them out: any strings are fine. Composed (NFC) where the
  /// normal form is NFD, and for code points of any normal form, of which a model may put out each
  /// by itself.
  JoinedText join(std::span<const std::string> units) const;

 private:
  struct Data;
  static std::unique_ptr<Data> make_data(SegmenterOptions options);
  std::unique_ptr<const Data> data_;
};

struct SubwordTrainingOptions {
  int vocabulary_size = 8000;         ///< pieces, the unknown one included
  int maximum_sentences = 1'000'000;  ///< of more lines, as many at equal distances are taken
};

/// The text gives fewer subwords than were asked for.
class TooFewSubwords : public UsageError {
 public:
  TooFewSubwords(const std::string& message, int largest)
      : UsageError(message), largest_(largest) {}
  int largest() const { return largest_; }  ///< the largest vocabulary_size that fits

 private:
  int largest_;
};

/// Trains a SentencePiece unigram model on raw lines, which are prepared as `prepare` says (its
/// `unit` does not matter) and whose leading tags are left out, and returns the model's bytes. The
/// pieces include no control symbols: Attend's vocabulary adds its own. Deterministic. Silent:
/// SentencePiece's log goes nowhere. TooFewSubwords when the text is too small for the size,
/// UsageError when it has more characters than the size allows, both saying the size that fits.
/// DataError on broken UTF-8. SentencePiece keeps its log level for the whole process: train from
/// one thread at a time.
std::string train_subwords(std::span<const std::string> lines, const SegmenterOptions& prepare,
                           const SubwordTrainingOptions& options);

}  // namespace attend::text
