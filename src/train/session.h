// A training that is about to begin or to go on: its options checked, its folder and its data read.
// Needs no libtorch.
#pragma once

#include <optional>
#include <string>

#include "model/model.h"
#include "train/checkpoint.h"
#include "train/data.h"
#include "train/train_options.h"

namespace attend::train {

struct Session {
  TrainOptions options;
  std::optional<Checkpoint> checkpoint;  ///< where the folder's training stopped
  std::string asked;  ///< YAML: the configuration that the folder's first training was asked for
  Dataset data;       ///< its configuration is the resolved one

  const model::Configuration& configuration() const { return data.text.configuration; }
};

/// Checks the options, reads the folder's checkpoint if there is one, then the data. Writes
/// nothing. UsageError for options, for a folder with a model but no checkpoint, and for a
/// configuration or data that differ from those of the checkpoint. DataError for the data,
/// ModelError for a damaged folder. Error when this machine has not enough memory for the
/// parameters.
Session open_session(const TrainOptions& options);

}  // namespace attend::train
