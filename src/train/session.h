// Opens a training that is about to begin or to go on: checks its options, and reads its folder and
// its data. Needs no libtorch.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/model.h"
#include "train/checkpoint.h"
#include "train/data.h"
#include "train/pretrained.h"
#include "train/train_options.h"

namespace attend::train {

/// All that a training needs before its first update.
struct Session {
  TrainOptions options;
  std::optional<Checkpoint> checkpoint;  ///< the folder's checkpoint, if there is one
  std::string asked;  ///< YAML: the configuration that the folder's first training was asked for
  /// The data; its configuration is the resolved one, with the temperatures of the folder.
  Dataset data;
  std::optional<InitialParameters> parameters = {};  ///< of a new training: of another model
  std::vector<InitialRows> vectors = {};  ///< of a new training: rows that embeddings start with

  const model::Configuration& configuration() const { return data.text.configuration; }
};

/// Checks the options, reads the folder's checkpoint if there is one, and then reads the data.
/// Writes nothing. UsageError for wrong options, for links or allowed positions where a model does
/// not look at positions, for word vectors that do not fit the embeddings, for a folder with a
/// model but no checkpoint, and for a configuration or data that differ from those of the
/// checkpoint. DataError for wrong data. ModelError for a damaged folder. Error when this machine
/// has too little memory for the parameters, their gradient and the state of the optimiser.
Session open_session(const TrainOptions& options);

}  // namespace attend::train
