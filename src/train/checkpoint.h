// The checkpoint of a training: all state that the training needs to go on as if it had never
// stopped. Needs no libtorch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "model/model.h"

namespace attend::train {

/// How far a training has come: its counters, and the state of the schedule and of early stopping.
struct Position {
  std::int64_t update = 0;         ///< number of updates done
  std::int64_t epoch = 0;          ///< epoch of the next batch, counted from 0
  std::int64_t batch = 0;          ///< index of the next batch in its epoch, from 0
  double train_loss = 0;           ///< sum of the losses since the last validation
  std::int64_t train_tokens = 0;   ///< target tokens in that sum
  std::int64_t validations = 0;    ///< number of validations done
  std::int64_t validated_at = -1;  ///< update of the last validation; −1 before the first
  double best = 0;                 ///< metric of the best validation
  bool has_best = false;           ///< whether there is a best validation
  double lowest_loss = 0;          ///< lowest loss of all validations
  /// Validations since the last one that was the best or had the lowest loss.
  std::int64_t without_progress = 0;
  /// Whether better weights were written since the temperature of labels was fitted.
  bool weights_changed = true;
  /// The baseline of stochastic attention: the moving average of the cost of a token (§7.4).
  double baseline = 0;
  double plateau_factor = 1;  ///< factor of the learning rate
  /// Validations since the best one or since the learning rate last fell.
  std::int64_t plateau_without_progress = 0;
  /// Seconds of training so far. This is the only field that differs between equal runs.
  double seconds = 0;
};

/// The content of checkpoint/last.safetensors.
struct Checkpoint {
  Position position;
  std::string configuration;  ///< YAML: the resolved configuration
  /// YAML: the configuration that the first run was asked for, before sizes were lowered and
  /// automatic choices were made.
  std::string asked;
  std::uint64_t fingerprint = 0;  ///< fingerprint of the data
  int threads = 1;                ///< number of threads of the run that wrote the checkpoint
  /// The parameters ("values") and the buffers of the optimiser, each placed as Layout says. Their
  /// metadata holds the provenance of the text.
  model::Weights tensors;
};

/// The file of the checkpoint in a model folder.
std::filesystem::path checkpoint_path(const std::filesystem::path& folder);
/// Writes the checkpoint atomically. Makes its folder if necessary. Error when that is impossible.
void save_checkpoint(const std::filesystem::path& folder, const Checkpoint& checkpoint);
/// Reads the checkpoint of a model folder. ModelError when the file is damaged or incomplete.
Checkpoint load_checkpoint(const std::filesystem::path& folder);

/// Checks that a training with the configuration `wanted` may go on from `checkpoint`. UsageError
/// names the first option whose value differs. An option agrees when its value equals that of the
/// checkpoint's configuration, or the value that was asked for when the training began. kAuto
/// agrees with every value. Limits (epochs, updates, minutes, patience), threads,
/// checkpoint_minutes and the name of the preset may differ.
void check_same_training(const model::Configuration& wanted, const Checkpoint& checkpoint);

}  // namespace attend::train
