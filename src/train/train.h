// Trains a model. This is the public header of this folder. It needs no libtorch, although the
// training itself uses it.
#pragma once

#include <functional>

#include "train/report.h"         // IWYU pragma: export
#include "train/train_options.h"  // IWYU pragma: export

namespace attend::train {

/// Trains a model, or goes on from the folder's checkpoint. Writes these files into the folder:
/// config.yml, the vocabularies, the best model as model.safetensors, metrics.jsonl, and
/// checkpoint/last.safetensors.
///
/// `report` is called for every event. `stop` is called after every update; when it returns true,
/// the training saves a checkpoint and returns kInterrupted.
///
/// Equal configurations, data and numbers of threads give equal results bit for bit, however often
/// a training was interrupted or killed. There is one exception: a run that ends at a limit
/// validates there, so going on with a higher limit is not bit-equal to one long run.
///
/// UsageError for wrong options, for a configuration that differs from that of the checkpoint, and
/// when another training works in the folder. DataError for wrong data. Error when the loss is not
/// finite; its message gives advice, and the last good checkpoint is kept.
TrainResult train(const TrainOptions& options, const std::function<void(const Progress&)>& report,
                  const std::function<bool()>& stop);

}  // namespace attend::train
