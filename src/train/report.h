// The reports of a training: one for each event while it runs, and its result.
#pragma once

#include <cstdint>
#include <string>

namespace attend::train {

/// One event of a training, for a progress bar or a log.
struct Progress {
  enum class Kind { kUpdate, kValidation, kCheckpoint, kMessage };
  Kind kind = Kind::kUpdate;
  int epoch = 0;            ///< counted from 1
  std::int64_t update = 0;  ///< counted from 1
  std::int64_t updates_in_epoch = 0;
  std::int64_t update_in_epoch = 0;
  /// The training loss per target token since the last validation, in natural logarithms.
  double loss = 0;
  double learning_rate = 0;
  double pairs_per_second = 0;
  double tokens_per_second = 0;  ///< target tokens, </s> included
  double seconds = 0;            ///< seconds of training so far, earlier runs included
  double seconds_left = 0;       ///< an estimate from the limits; infinity when unknown
  std::string metric_name;       ///< kValidation: the metric that decides which model is best
  double validation_loss = 0;
  double validation_metric = 0;
  bool best = false;    ///< kValidation: whether it was the best validation so far
  std::string message;  ///< kMessage: one line
};

enum class StopReason { kFinished, kEarly, kInterrupted };

struct TrainResult {
  StopReason reason = StopReason::kFinished;
  std::int64_t updates = 0;
  double best_metric = 0;
};

}  // namespace attend::train
