// Where training stands: everything that it needs to go on as if it had never stopped. Needs no
// libtorch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "model/model.h"

namespace attend::train {

/// Counters and the state of schedule and early stopping.
struct Position {
  std::int64_t update = 0;         ///< done
  std::int64_t epoch = 0;          ///< from 0: the one that the next batch belongs to
  std::int64_t batch = 0;          ///< of that epoch, the next one
  double train_loss = 0;           ///< sum since the last validation
  std::int64_t train_tokens = 0;   ///< of that sum
  std::int64_t validations = 0;    ///< done
  std::int64_t validated_at = -1;  ///< update of the last one
  double best = 0;                 ///< metric of the best validation
  bool has_best = false;
  double lowest_loss = 0;                     ///< of all validations
  std::int64_t without_progress = 0;          ///< validations since the best or the lowest loss
  double plateau_factor = 1;                  ///< of the learning rate
  std::int64_t plateau_without_progress = 0;  ///< validations since the best or the last fall
  double seconds = 0;                         ///< of training so far; the only thing that differs
                                              ///< between equal runs
};

/// checkpoint/last.safetensors.
struct Checkpoint {
  Position position;
  std::string configuration;      ///< YAML, resolved
  std::string asked;              ///< YAML, as the first run was asked: a size that was lowered and
                                  ///< a choice that was made stand as they were before
  std::uint64_t fingerprint = 0;  ///< of the data
  int threads = 1;
  /// "values" and the optimiser's buffers, each as Layout places it; with the provenance of the
  /// text.
  model::Weights tensors;
};

std::filesystem::path checkpoint_path(const std::filesystem::path& folder);
/// Written atomically; makes the folder.
void save_checkpoint(const std::filesystem::path& folder, const Checkpoint& checkpoint);
/// ModelError when the file is damaged or incomplete.
Checkpoint load_checkpoint(const std::filesystem::path& folder);

/// UsageError naming the first option that `wanted` changes and that the checkpoint's run cannot
/// take up: all but the limits (epochs, updates, minutes, patience), threads, checkpoint_minutes
/// and the preset's name. A value agrees that the configuration of the checkpoint has, or that was
/// asked for when the training began; kAuto agrees with everything.
void check_same_training(const model::Configuration& wanted, const Checkpoint& checkpoint);

}  // namespace attend::train
