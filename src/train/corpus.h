// Reads the pairs of training and validation from their files, and leaves out those that cannot be
// used. Needs no libtorch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/base.h"
#include "metrics/metrics.h"
#include "model/model.h"
#include "text/text.h"
#include "train/train_options.h"

namespace attend::train {

/// The use of a pair. Messages follow this order.
enum class Part { kTraining, kValidation };

/// A pair and the line that it was read from.
struct Line {
  text::Pair pair;
  std::size_t number = 0;                 ///< line number in its file, from 1
  std::vector<metrics::Link> links = {};  ///< between the words of the pair
  /// Only for validation: links of a gold alignment that are possible and not sure.
  std::vector<metrics::Link> possible = {};
};

/// All pairs of one use, in the order of their file.
struct Corpus {
  Part part = Part::kTraining;
  std::string source_name;  ///< name of the file with the sources, for messages
  std::string target_name;  ///< name of the file with the targets; for a TSV it is source_name
  std::vector<Line> lines;
  /// How the lines of a TSV were read. kOpen: nothing was found out about them.
  text::PairFormat format = text::PairFormat::kOpen;
  std::vector<std::string> found = {};  ///< sentences for people that say what was found out
};

/// Finds out how the lines of a TSV are to be read before the first of them is, and returns a
/// sentence that says what was found, or nothing (text::find_labels).
using FindFormat = std::function<std::string(text::PairReader&)>;

/// Counts the pairs that are left out because they cannot be used. For messages it remembers the
/// first kNamed of them, in the order of the files and their lines.
class LeftOut {
 public:
  static constexpr std::size_t kNamed = 10;

  explicit LeftOut(OnError on_error) : on_error_(on_error) {}

  /// Counts a pair that cannot be used because of `error`, which must name file and line. Throws
  /// the error instead when the policy is OnError::kStop.
  void add(Part part, std::size_t line, const DataError& error);

  std::size_t count() const { return count_; }
  /// Returns one line for each of the first kNamed pairs, and a last line with the number of all
  /// pairs left out. Returns nothing when no pair was left out.
  std::vector<std::string> messages() const;
  /// Returns "; 3 pairs were left out, the first one: file:line: reason", to be appended to the
  /// message of an error. Returns an empty string when no pair was left out.
  std::string summary() const;

 private:
  OnError on_error_;
  std::size_t count_ = 0;
  std::map<std::pair<Part, std::size_t>, std::string> named_;  // at most kNamed messages
};

/// Reads all pairs of the files, and the links of the file `links` if its name is not empty: for
/// training a LinkReader reads it, for validation an alignment::GoldReader. Lines
/// that a reader calls bad, and pairs whose links cannot be used, are given to `left_out`. A line
/// with a blank target is a pair if the configuration allows empty targets. DataError when the rest
/// of a file cannot be read, or when links and pairs have unequal numbers of lines. `find` may be
/// empty, and its errors are passed on.
Corpus read_corpus(const text::CorpusFiles& files, Part part, const model::TrainingConfig& training,
                   LeftOut& left_out, const std::filesystem::path& links = {},
                   const FindFormat& find = {});

/// Removes the pairs that could not become examples whatever the vocabulary is, and gives them to
/// `left_out`. Such a pair has a side of which preparation leaves nothing, a source without a unit
/// that attention may look at, a word that is too long for subwords, or a target whose number of
/// units is not target.fixed_length (this check is skipped for subwords). The configuration must
/// not hold kAuto. DataError when no pair is left.
void leave_out_unusable(Corpus& corpus, const model::Configuration& configuration,
                        LeftOut& left_out);

/// Returns a hash of all pairs in their order, with their allowed bytes and links. `seed` may be
/// the fingerprint of another corpus; the result then covers both.
std::uint64_t fingerprint(const Corpus& corpus, std::uint64_t seed);

/// Chooses the pairs that are held out for validation. Returns a flag for each line of the corpus.
/// `validation_share` of the pairs are wanted, but at least one and at most `validation_maximum`. A
/// hash of the source and of the training's seed decides, so that pairs with equal sources stay
/// together; they may exceed the wanted number.
std::vector<bool> choose_held_out(const Corpus& corpus, const model::TrainingConfig& training);

/// The pairs of a training and of its validation.
struct Split {
  Corpus training;
  Corpus validation;
};
/// Divides a corpus by the flags of choose_held_out(). DataError when all pairs are held out.
Split split_corpus(Corpus corpus, const std::vector<bool>& held_out);

/// Returns for each unit of a source whether its pair allows attention to look at it, or nothing
/// where it allows all of them. DataError with file and line when attention may look at none.
std::vector<char> allowed_units(const Corpus& corpus, const Line& line,
                                std::span<const text::Unit> units,
                                const model::AttentionConfig& attention);

/// Makes the error of a target that has `units` units instead of `fixed_length`. It names file and
/// line.
DataError wrong_length(const Corpus& corpus, const Line& line, std::size_t units, int fixed_length);

}  // namespace attend::train
