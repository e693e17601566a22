// Training with libtorch. This header needs no libtorch; only the .cc files of this folder see it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "train/train_options.h"  // IWYU pragma: export

namespace attend::train {

/// One event of training for whoever shows it (a progress bar, a log).
struct Progress {
  enum class Kind { kUpdate, kValidation, kCheckpoint, kMessage };
  Kind kind = Kind::kUpdate;
  int epoch = 0;            ///< from 1
  std::int64_t update = 0;  ///< from 1
  std::int64_t updates_in_epoch = 0;
  std::int64_t update_in_epoch = 0;
  double loss = 0;  ///< training: per target token since the last validation, natural logarithm
  double learning_rate = 0;
  double pairs_per_second = 0;
  double tokens_per_second = 0;  ///< target tokens, </s> included
  double seconds = 0;            ///< of training so far, earlier runs included
  double seconds_left = 0;       ///< an estimate from the limits; infinity when unknown
  std::string metric_name;       ///< validation: what decides
  double validation_loss = 0;
  double validation_metric = 0;
  bool best = false;    ///< validation: better than all before
  std::string message;  ///< kMessage: one line
};

enum class StopReason { kFinished, kEarly, kInterrupted };

struct TrainResult {
  StopReason reason = StopReason::kFinished;
  std::int64_t updates = 0;
  double best_metric = 0;
};

/// Trains, or goes on where the folder's checkpoint stopped. Writes into the folder: config.yml,
/// vocabularies, the best model.safetensors, metrics.jsonl, checkpoint/last.safetensors. `stop` is
/// asked after every update: true saves a checkpoint and leaves with kInterrupted. Bit-for-bit the
/// same result from the same configuration, data and number of threads, however often it was
/// interrupted or killed (a run that ended at a limit has validated there: going on with a higher
/// limit is not bit-equal to one long run). UsageError when another training is at work in the
/// folder. DataError for the data; UsageError for options, and for a configuration
/// that differs from that of the checkpoint; Error when the loss is not finite (advice in the
/// message; the last good checkpoint stays).
TrainResult train(const TrainOptions& options, const std::function<void(const Progress&)>& report,
                  const std::function<bool()>& stop);

}  // namespace attend::train
