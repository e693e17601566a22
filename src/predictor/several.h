// Models that answer together (§14.1). Internal to this folder.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "predictor/predictor.h"

namespace attend::predictor {

/// Loads a model folder, with its shortlist if `options` asks for it. Throws as model::load() does.
model::Model load_model(const std::filesystem::path& folder, const LoadOptions& options);
std::vector<model::Model> load_models(std::span<const std::string> folders,
                                      const LoadOptions& options);

/// Several models as a predictor needs them.
struct Together {
  std::size_t models = 1;
  double line_temperature = 1;  ///< the mean of decoder.line_temperature
  std::size_t past_values = 0;  ///< numbers that their decoders keep of every step, all together
  model::AttentionConfig attention;             ///< of the model whose attention reaches least far
  std::unique_ptr<const model::Engine> engine;  ///< of several models: an ensemble
  model::Model first;
};

/// Puts models together, at least one. UsageError when two models cut or number a source or a
/// target differently, and when a shortlist is asked for beside several models. ModelError when a
/// model lacks its shortlist.
Together put_together(std::vector<model::Model> models, const LoadOptions& options);

}  // namespace attend::predictor
