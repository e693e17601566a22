// Texts made ready for the engine. Internal to this folder.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "predictor/parts.h"
#include "predictor/predictor.h"

namespace attend::predictor {

/// The problem of a text for which there is not enough memory.
inline constexpr const char* kTooLarge = "not enough memory for this line";

/// The sources of some texts. A text without parts has no answer.
struct PreparedSources {
  std::vector<Part> parts;                          ///< those of one text one behind the other
  std::vector<std::vector<model::TokenId>> tokens;  // [parts]
  std::vector<std::size_t> first_parts;             // [texts + 1]
};

/// Fills the source of each answer, [texts], and its problem where it has one.
PreparedSources prepare_sources(const model::ModelText& model, std::span<const std::string> texts,
                                const PredictOptions& options, std::vector<Answer>& answers);

/// Targets that are to be scored, cut and numbered; `tokens` without </s>. An answer, [targets],
/// gets a problem where its target is none that the model could have. A blank one has no units.
std::vector<model::Encoded> prepare_targets(const model::ModelText& model,
                                            std::span<const std::string> targets,
                                            const PredictOptions& options,
                                            std::vector<Answer>& answers);

}  // namespace attend::predictor
