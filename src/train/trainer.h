// The loop of a training: epochs, updates, validations and checkpoints. Internal to this folder:
// needs libtorch.
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
#include "train/report.h"
#include "train/session.h"
#include "train/sharded_gradient.h"

namespace attend::train {

/// Runs a session. An object can run once.
class Trainer {
 public:
  /// The functions `report` and `stop` must outlive the trainer. train() describes them.
  Trainer(Session session, const std::function<void(const Progress&)>& report,
          const std::function<bool()>& stop);

  /// Trains until a limit is reached, patience ends or `stop` returns true. Errors are those of
  /// train().
  TrainResult run();

 private:
  using Clock = std::chrono::steady_clock;

  void restore();
  void begin();
  void use_parameters();
  void use_vectors();
  std::optional<StopReason> finished() const;
  bool fit_label_temperature();
  void train_epoch(std::optional<StopReason>& reason);
  void decode_ahead(std::span<const std::vector<std::uint32_t>> batches);
  std::vector<const model::Example*> examples_of(std::span<const std::uint32_t> batch) const;
  void update(std::span<const std::uint32_t> batch);
  void note_reward(const BatchSums& sums);
  void fail_if_not_finite(double value, const char* what) const;
  bool is_bag_epoch() const;
  bool validation_due() const;
  void begin_loss();
  void validate();
  bool note_validation(double metric, double loss);
  void save_better(const model::Weights& weights);
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
  std::int64_t pairs_ = 0;       // pairs of this run
  std::int64_t tokens_ = 0;      // target tokens of this run
  std::int64_t updates_ = 0;     // updates of this run
  double training_seconds_ = 0;  // time of this run's updates, without validations
};

}  // namespace attend::train
