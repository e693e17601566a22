// Models run forward on the CPU by src/kernels, without libtorch.
#pragma once

#include <memory>
#include <optional>

#include "model/model.h"

namespace attend::runtime {

struct EngineOptions {
  std::optional<Precision> precision =
      std::nullopt;  ///< that weights are multiplied in; by default their own
  /// When it is there, after Decoding::keep_best() probabilities are computed over the candidates
  /// of all annotated sources alone: a row then depends on the other sources of its batch.
  std::shared_ptr<const model::Shortlist> shortlist = nullptr;
};

/// Keeps `weights` alive; packs what it needs once. `end`, the id of
/// the targets' end token, is needed when configuration.target.end_token and ignored otherwise.
/// ModelError when the weights do not fit the configuration. The engine computes in the calling
/// thread only.
std::unique_ptr<model::Engine> make_engine(const model::Configuration& configuration,
                                           const model::VocabularySizes& sizes,
                                           std::optional<text::TokenId> end,
                                           const model::Weights& weights,
                                           const EngineOptions& options = {});

/// Whether this processor has instructions for products of such weights: int8 wants VNNI. Without
/// them results are the same, but no faster than float32.
bool has_instructions(Precision precision);

}  // namespace attend::runtime
