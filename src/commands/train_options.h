// The options of attend train. They stand apart from the training, which needs libtorch, so that
// the light program can show them.
#pragma once

#include <string>
#include <vector>

#include "commands/command_line.h"

namespace attend::commands {

inline constexpr const char* kTrainDescription =
    "Train a model from pairs; the same command again goes on where it stopped";

struct TrainCommandOptions {
  PairFiles pairs;
  std::string valid, valid_source, valid_target, valid_links, links, model, preset, config, plot;
  std::string source_vectors, target_vectors, initial_model;
  PictureOptions pictures;
  std::vector<std::string> settings;
  LineErrors bad_pairs = LineErrors::kStop;
};

/// Adds the options, which refer to `options`.
void add_train_options(CLI::App& command, TrainCommandOptions& options);

}  // namespace attend::commands
