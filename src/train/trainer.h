// The loop of a training: epochs, updates, validations, checkpoints. Needs libtorch.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "train/folder_lock.h"
#include "train/history.h"
#include "train/optimizer.h"
#include "train/session.h"
#include "train/sharded_gradient.h"
#include "train/train.h"

namespace attend::train {

/// One run of a session. Use once.
class Trainer {
 public:
  /// Both functions must outlive the trainer.
  Trainer(Session session, const std::function<void(const Progress&)>& report,
          const std::function<bool()>& stop);

  TrainResult run();

 private:
  using Clock = std::chrono::steady_clock;

  void restore();
  void begin();
  std::optional<StopReason> finished() const;
  void train_epoch(std::optional<StopReason>& reason);
  void update(std::span<const std::uint32_t> batch);
  void fail_if_not_finite(double value, const char* what) const;
  bool validation_due() const;
  void validate();
  bool note_validation(double metric, double loss);
  double validation_loss();
  void save_checkpoint_now();
  void draw() const;
  Progress progress(Progress::Kind kind) const;
  void message(std::string text) const;
  double seconds() const;
  double seconds_left() const;
  double rate() const;

  Session session_;
  const std::function<void(const Progress&)>& report_;
  const std::function<bool()>& stop_;
  const model::TrainingConfig training_;
  ShardedGradient sharded_;
  Optimizer optimizer_;
  std::optional<FolderLock> lock_;
  std::optional<History> history_;
  Position position_;
  std::int64_t updates_in_epoch_ = 0;
  Clock::time_point began_;
  Clock::time_point saved_;
  std::int64_t pairs_ = 0;       // of this run
  std::int64_t tokens_ = 0;      // of this run
  std::int64_t updates_ = 0;     // of this run
  double training_seconds_ = 0;  // of this run's updates
};

}  // namespace attend::train
