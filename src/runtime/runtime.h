// Models run forward on the CPU by src/kernels, without libtorch.
#pragma once

#include <memory>
#include <optional>

#include "model/model.h"

namespace attend::runtime {

/// An engine of float32 weights. Keeps `weights` alive; packs what it needs once. `end`, the id of
/// the targets' end token, is needed when configuration.target.end_token and ignored otherwise.
/// ModelError when the weights do not fit the configuration. The engine computes in the calling
/// thread only.
std::unique_ptr<model::Engine> make_engine(const model::Configuration& configuration,
                                           const model::VocabularySizes& sizes,
                                           std::optional<text::TokenId> end,
                                           const model::Weights& weights);

}  // namespace attend::runtime
