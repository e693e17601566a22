// From files of pairs to token ids: units chosen, vocabularies built, pairs held out. Needs no
// libtorch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/model.h"
#include "text/text.h"
#include "train/train_options.h"

namespace attend::train {

/// What training and validation read. Everything is a function of the files, the configuration and
/// its seed.
struct Dataset {
  model::ModelText text;  ///< its configuration has no kAuto
  std::vector<model::Example> training;
  std::vector<model::Example> validation;
  std::vector<text::Pair> validation_pairs;  ///< [validation], raw
  std::uint64_t fingerprint = 0;             ///< of all pairs in their order but those left out
  std::vector<std::string> messages;  ///< what was chosen, left out or unknown: one line each
};

/// Reads and prepares the pairs of `options`. An empty target is the token </s> alone where
/// training.allow_empty_targets takes it. With `existing` (a folder to go on in) its units and
/// vocabularies are used instead of new ones. A pair that cannot be taken is a DataError with file
/// and line, or is left out before anything else looks at the pairs: the result is then that of
/// files without it, but for the choice of kAuto, which still sees a pair that could be read.
/// DataError when no pair remains for training or validation too. The messages say which share of
/// the units is unknown on each side.
///
/// What is kAuto of the preparation is chosen as units.h says.
///
/// Without a validation file, `validation_share` of the pairs (at least one, at most
/// `validation_maximum`) is held out by a hash of the source text and the seed: equal sources stay
/// together.
Dataset prepare_data(const TrainOptions& options, std::optional<model::ModelText> existing);

}  // namespace attend::train
