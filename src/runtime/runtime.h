// Runs models forward on the CPU, with src/kernels and without libtorch.
#pragma once

#include <memory>
#include <optional>

#include "model/model.h"

namespace attend::runtime {

/// How a decoder is computed.
enum class DecoderPath {
  kFastest,  ///< by its plan, if it has one
  kPlan,     ///< by its plan; CheckFailure for a decoder without one
  kProgram   ///< by its step program
};

struct EngineOptions {
  /// The precision of the products; by default that of the weights.
  std::optional<Precision> precision = std::nullopt;
  /// If set, after Decoding::keep_best() probabilities are computed over the candidates of all
  /// annotated sources only, so a row depends on the other sources of its batch.
  std::shared_ptr<const model::Shortlist> shortlist = nullptr;
  DecoderPath path = DecoderPath::kFastest;
};

/// Makes an engine, which keeps `weights` alive and packs them once. `end`, the id of the targets'
/// end token, is needed if configuration.target.end_token and ignored otherwise. ModelError when
/// the weights do not fit the configuration, UsageError for a shortlist with hard attention or a
/// decoder that copies. The engine computes in the calling thread only.
std::unique_ptr<model::Engine> make_engine(const model::Configuration& configuration,
                                           const model::VocabularySizes& sizes,
                                           std::optional<text::TokenId> end,
                                           const model::Weights& weights,
                                           const EngineOptions& options = {});

/// Whether this processor has the special instructions that products in this precision need.
/// Returns false only for kInt8 on a processor without VNNI. The results of int8 are then the same,
/// but no faster than those of float32. The other precisions need no special instructions.
bool has_instructions(Precision precision);

}  // namespace attend::runtime
