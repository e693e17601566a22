// Makes training data of files of pairs: chooses units, builds vocabularies, holds pairs out for
// validation and converts texts to token ids. Needs no libtorch.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "metrics/metrics.h"
#include "model/model.h"
#include "text/text.h"
#include "train/pictures.h"
#include "train/train_options.h"

namespace attend::train {

/// The data of a training and its validation. All fields depend only on the files, the
/// configuration and its seed.
struct Dataset {
  model::ModelText text;  ///< its configuration holds no kAuto
  std::vector<model::Example> training;
  std::vector<model::Example> validation;
  std::vector<text::Pair> validation_pairs;  ///< [validation]: the texts as they were read
  /// Hash of all pairs in their order with their allowed positions and links, except those that
  /// were left out before the vocabularies; and of their pictures, if there are any.
  std::uint64_t fingerprint = 0;
  /// One line each for people: choices that were made, pairs left out, the share of unknown units.
  std::vector<std::string> messages;
  /// [validation]: gold alignments of the words of the pairs; empty without a file of them.
  std::vector<metrics::GoldAlignment> validation_gold = {};
  /// The pictures of all examples; null for texts.
  std::shared_ptr<PictureStore> pictures = nullptr;
  predictor::PictureOptions picture_options = {};  ///< where they lie
};

/// Reads and prepares the pairs of `options`.
///
/// `existing` is the text of a folder in which the training goes on. Its units and vocabularies are
/// then used instead of new ones. Otherwise every kAuto of the preparation is replaced as units.h
/// says. An empty target becomes the token </s> alone if training.allow_empty_targets is set.
///
/// For a pair that cannot be used, OnError::kStop throws a DataError with file and line.
/// OnError::kSkip leaves the pair out, and the result equals that of files without it. One
/// exception is the choice of kAuto: it still counts every pair that could be read. DataError also
/// when no pair remains for training or for validation.
///
/// Examples have the allowed positions of their pairs, and those for training the links too. A
/// source without a unit that attention may look at cannot be used.
///
/// Without a validation file, choose_held_out() (corpus.h) decides which pairs are held out. The
/// messages say which share of the units is unknown on each side.
Dataset prepare_data(const TrainOptions& options, std::optional<model::ModelText> existing);

}  // namespace attend::train
