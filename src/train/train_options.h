// The options of a training. Needs no libtorch.
#pragma once

#include <filesystem>
#include <optional>

#include "model/model.h"
#include "predictor/predictor.h"
#include "text/text.h"

namespace attend::train {

/// The treatment of a pair that cannot be used. Examples are a line that cannot be read, a text of
/// which preparation leaves nothing, and a target of the wrong length.
enum class OnError {
  kStop,  ///< throw a DataError with file and line before training begins
  kSkip   ///< leave the pair out and count it
};

/// The options of one run of a training.
struct TrainOptions {
  text::CorpusFiles pairs;
  std::optional<text::CorpusFiles> validation;  ///< without it, a share of `pairs` is held out
  std::filesystem::path folder;                 ///< the model folder
  model::Configuration configuration;
  /// File of links between the words of `pairs` that guide attention, one line a pair; may be
  /// empty.
  std::filesystem::path links;
  /// File of gold alignments of the words of `validation`, which training.metric
  /// alignment_error_rate needs; may be empty. UsageError without `validation`.
  std::filesystem::path validation_links;
  /// Files of word vectors with which the embeddings of each side start (pretrained.h); may be
  /// empty. A training that goes on does not read them again.
  std::filesystem::path source_vectors, target_vectors;
  /// Folder of a model whose parameters the training starts with, where name and shape are equal;
  /// may be empty. Those of target units need an equal target vocabulary. A training that goes on
  /// does not read it again.
  std::filesystem::path initial_model;
  /// Where pictures lie that sources name. Without PictureOptions::images, paths are relative to
  /// the folder of the file with `pairs`, also those of `validation`.
  predictor::PictureOptions pictures;
  std::filesystem::path plot;  ///< file for the learning curves as SVG; may be empty
  OnError on_error = OnError::kStop;
};

}  // namespace attend::train
