// What a caller may ask of a model: how it is loaded, how targets are searched, what they contain.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "attend/export.hpp"

namespace attend {

/// The number formats of weights. kBfloat16 is the upper half of a float32. kInt8 is whole numbers
/// −127 … 127 with one float32 scale for every row of a matrix.
enum class Precision { kFloat32, kBfloat16, kInt8 };

/// Returns "float32", "bfloat16" or "int8".
ATTEND_API std::string_view precision_name(Precision precision);
/// The inverse of precision_name(). Throws UsageError, which lists the three names, for any other
/// name.
ATTEND_API Precision parse_precision(std::string_view name);

enum class Candidates {
  kAll,       ///< the whole target vocabulary
  kShortlist  ///< those that the shortlist has for the sources that are decoded together
};

/// How the distributions of several models become one.
enum class Average {
  kProbabilities,    ///< the arithmetic mean of the probabilities, which sums to 1
  kLogProbabilities  ///< the mean of the log-probabilities; their exponentials sum to 1 or less
};

/// Where pictures lie. With `images` a folder or nothing, a source is the path of a picture file,
/// relative to `images` or to the current folder. With `images` a regular file, it is a packed file
/// of pictures (docs/formats.md), of which `index` gives names and places, and a source is a name.
/// With `features`, a source is the name of an image of this file, and `images` are only looked at
/// by people.
struct PictureOptions {
  std::filesystem::path images = {};
  /// Of a packed file; empty: index.tsv beside it, which may be compressed (.xz, .gz, .zst).
  std::filesystem::path index = {};
  std::filesystem::path features = {};  ///< for an encoder of features, and only for it
  std::filesystem::path names = {};     ///< of features in .npy; empty: *.names beside it
};

struct LoadOptions {
  /// The precision of the weights in matrix products; by default the precision of the folder.
  std::optional<Precision> precision = std::nullopt;
  Candidates candidates = Candidates::kAll;
  Average average = Average::kProbabilities;  ///< of several models
  PictureOptions pictures = {};  ///< of a model that reads pictures; not used for texts
};

/// Whether hypotheses keep their alignment, which takes memory for the product of target and source
/// length. Without it the memory of a search grows with the sum of these.
enum class Alignments { kKept, kDropped };

/// Draws targets at random in place of looking for the most probable ones. The probabilities of the
/// permitted tokens of a step are raised to the power 1 / temperature; then the `top_k` most
/// probable of them remain; then, of these, the fewest most probable ones whose share of the sum is
/// at least `top_p`. Among equally probable tokens the lower ids remain. One of those that remain
/// is drawn.
struct Sampling {
  double temperature = 1;  ///< 0.001 … 1000
  int top_k = 0;           ///< 0 … 1000000; 0: all
  double top_p = 1;        ///< 0.000001 … 1
  std::uint64_t seed = 1;
};

/// How the target of a source is searched.
struct SearchOptions {
  int beam = 1;  ///< 1 … 1000; 1 is greedy. 1 with `sampling`
  /// 1 … beam, distinct sequences; fewer when fewer exist. With `sampling` 1 … 1000: the number of
  /// targets that are drawn independently, of which some may be equal.
  int n_best = 1;
  /// score = log p / |Y|^length_normalisation, |Y| counting </s>; 0 compares plain
  /// log-probabilities. 0 … 10.
  double length_normalisation = 1.0;
  /// The longest target, without </s>, has ⌊maximum_ratio · source tokens⌋ + maximum_extra tokens,
  /// but at least one and at least minimum_length. Ignored for models of a fixed target length.
  double maximum_ratio = 3.0;  ///< 0 … 1000
  int maximum_extra = 10;      ///< 0 … 1000000
  /// No target has more tokens than this, whatever its source allows, which bounds the time of a
  /// model that does not stop. 1 … 1000000; minimum_length may not be larger. Ignored for models of
  /// a fixed target length.
  int maximum_length = 2000;
  /// </s> is forbidden as long as a target has fewer tokens than this; 0 … maximum_length. Ignored
  /// for models of a fixed target length.
  int minimum_length = 0;
  /// Also as long as it has fewer than ⌊minimum_ratio · source tokens⌋ tokens, but never beyond the
  /// longest target of the source. 0 … 1000.
  double minimum_ratio = 0;
  /// β of the coverage penalty (Wu et al. 2016): the score of a target gets the summand
  /// β Σ_j ln min(1, Σ_i α_ij) ≤ 0 over the units j of the source at which attention may look, and
  /// over the steps i, that of the target's </s> included. A sum counts as 0.0001 at least.
  /// 0 … 100; above 0 the model must have an alignment. Not with `sampling`.
  double coverage = 0;
  /// No n-gram of this many tokens occurs twice in a target; 0 … 1000, 0: any may.
  int no_repeat = 0;
  std::optional<Sampling> sampling = std::nullopt;
  Alignments alignments = Alignments::kKept;
};

/// The most phrases that one target must contain.
inline constexpr std::size_t kMostPhrases = 8;

/// A request for the target of one text.
struct TargetRequest {
  std::string prefix = {};  ///< what the target begins with; empty: anything
  /// Phrases that the target contains, at most kMostPhrases, cut into units as a target is. Blank
  /// ones count for nothing.
  std::vector<std::string> required = {};
  /// With Sampling: chooses the stream of random numbers. The targets that are drawn depend on the
  /// seed, on this number and on the probabilities, and not on other sources.
  std::uint64_t stream = 0;

  /// Whether any target will do.
  bool empty() const { return prefix.empty() && required.empty(); }
};

/// Says how to treat a source of more than PredictOptions::maximum_source_length units.
enum class LongSources {
  kCut,   ///< only its first units are answered
  kSkip,  ///< it gets a problem and no answer
  /// The source is cut at ends of sentences and the answers to its parts are joined. The answer has
  /// one prediction, whatever n_best is. When targets are scored, this is kSkip. predict() throws
  /// UsageError for a model of labels: the labels of parts are no label.
  kSplit
};

/// Says what becomes of the unit <unk> in predictions.
enum class UnknownUnits {
  kWritten,    ///< it is written as it is
  kForbidden,  ///< the search never chooses it
  /// The source unit of the largest weight, or its translation in the dictionary, takes its place.
  /// UsageError for a model without alignment and for one that looks at sentences.
  kReplaced
};

/// Translations of source words, for UnknownUnits::kReplaced. Immutable; safe to use from several
/// threads.
class ATTEND_API Dictionary {
 public:
  /// Reads a file of lines "source TAB target", which may be compressed (.xz, .gz, .zst). Throws
  /// DataError, with file and line, for a file that cannot be read, for a line that has not two
  /// fields with text, and for a source that stands there twice. Blank lines count for nothing.
  static Dictionary load(const std::filesystem::path& file);
  /// Returns the translation of a word, or null where there is none.
  const std::string* find(std::string_view word) const;

 private:
  std::unordered_map<std::string, std::string> targets_;
};

struct PredictOptions {
  SearchOptions search = {};
  /// Texts that no target contains, as neighbouring units. UsageError for one without a unit, and
  /// for one with a unit that the model can never write.
  std::vector<std::string> forbidden = {};
  /// The request for each text, unless the texts have requests of their own: the i-th text has
  /// this request with the stream `request.stream` + i.
  TargetRequest request = {};
  UnknownUnits unknown = UnknownUnits::kWritten;
  std::shared_ptr<const Dictionary> dictionary = nullptr;  ///< for kReplaced; may be null
  std::size_t batch_size = 32;                ///< at most this many sources are decoded together
  int threads = 1;                            ///< each works on its own batches; 0: all processors
  std::size_t maximum_source_length = 10000;  ///< units, at least 1
  LongSources long_sources = LongSources::kCut;
  /// 0 … 1: predictions are withheld if what follows the given prefix is less probable.
  double minimum_probability = 0;
};

/// The largest number of weights in the joined alignment of a source that is answered in parts:
/// 128 MiB of floats. A source and a target of the longest default lengths (10,000 and 2,000 units)
/// need fewer. Most of the weights are zeros away from the diagonal; without a limit they would
/// soon fill the memory.
inline constexpr std::size_t kJoinedAlignment = std::size_t{1} << 25;

/// Returns the number of tokens, without </s>, of the longest target that a search can give to a
/// source of `source_tokens` tokens. Not for models of a fixed target length.
ATTEND_API std::size_t longest_target(const SearchOptions& options, std::size_t source_tokens,
                                      std::size_t prefix_tokens = 0);

}  // namespace attend
