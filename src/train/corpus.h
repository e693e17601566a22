// The pairs of training and of validation as they come from their files. Needs no libtorch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/base.h"
#include "model/model.h"
#include "text/text.h"
#include "train/train_options.h"

namespace attend::train {

/// What a pair is for; messages follow this order.
enum class Part { kTraining, kValidation };

struct Line {
  text::Pair pair;
  std::size_t number = 0;  ///< in its file, from 1
};

struct Corpus {
  Part part = Part::kTraining;
  std::string source_name;  ///< of the file that holds the sources, for messages
  std::string target_name;  ///< the same file for a TSV
  std::vector<Line> lines;
};

/// The pairs that are left out because they cannot be taken. Counts all and remembers the first
/// kNamed of each file for messages.
class LeftOut {
 public:
  static constexpr std::size_t kNamed = 10;

  explicit LeftOut(OnError on_error) : on_error_(on_error) {}

  /// A pair that cannot be taken because of `error`, which names file and line. OnError::kStop
  /// throws the error.
  void add(Part part, std::size_t line, const DataError& error);

  std::size_t count() const { return count_; }
  /// One line for each of the first ten pairs in the order of the files, and one with their number;
  /// nothing where no pair was left out.
  std::vector<std::string> messages() const;
  /// "; 3 pairs were left out, the first one: file:line: reason", for the message of an error;
  /// empty where no pair was left out.
  std::string summary() const;

 private:
  OnError on_error_;
  std::size_t count_ = 0;
  std::map<std::pair<Part, std::size_t>, std::string> named_;  // at most kNamed, by file and line
};

/// All pairs of the files but those that the reader calls bad lines, which go to `left_out`. Blank
/// targets are pairs where the configuration allows empty targets. DataError for what ends a whole
/// file.
Corpus read_corpus(const text::CorpusFiles& files, Part part, const model::TrainingConfig& training,
                   LeftOut& left_out);

/// Moves the pairs to `left_out` that no vocabulary could make examples of: a side of which
/// preparation leaves nothing, a word that is too long for subwords, and a target that has not as
/// many units as target.fixed_length (subwords are not counted here). The configuration holds no
/// kAuto. DataError when no pair is left.
void leave_out_unusable(Corpus& corpus, const model::Configuration& configuration,
                        LeftOut& left_out);

/// Of all pairs in their order, going on from `seed`.
std::uint64_t fingerprint(const Corpus& corpus, std::uint64_t seed);

/// Which pairs of a corpus are held out for validation, [lines]: `validation_share` of them, at
/// least one and at most `validation_maximum`, chosen by a hash of the source and the training's
/// seed, so that equal sources stay together.
std::vector<bool> choose_held_out(const Corpus& corpus, const model::TrainingConfig& training);

struct Split {
  Corpus training;
  Corpus validation;
};
/// DataError when all pairs are held out.
Split split_corpus(Corpus corpus, const std::vector<bool>& held_out);

/// DataError(file, line, …) for a target of `units` units where target.fixed_length is another
/// number.
DataError wrong_length(const Corpus& corpus, const Line& line, std::size_t units, int fixed_length);

}  // namespace attend::train
