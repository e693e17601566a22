// Prepares texts for the engine. Internal to this folder.
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

/// Texts that are to be prepared, and where attention may look in each of them.
struct SourceTexts {
  std::span<const std::string> texts;
  std::span<const Allowed> allowed;  // [texts]; or empty: everywhere in all of them
  /// That of the model that reaches least far; null: that of the one model.
  const model::AttentionConfig* attention = nullptr;
  /// Where the model reads pictures; null for a model whose annotations nobody has named, whose
  /// sources are then a UsageError.
  const Pictures* pictures = nullptr;
};

/// The sources of several texts, cut into parts. A text without parts gets no prediction.
struct PreparedSources {
  std::vector<Part> parts;               ///< the parts of each text follow those of the text before
  std::vector<model::Source> sources;    // [parts]
  std::vector<std::size_t> first_parts;  // [texts + 1]
};

/// Throws UsageError where answers to the parts of a source could not be put together:
/// LongSources::kSplit with a model of labels or of pictures.
void check_long_sources(const model::ModelText& model, LongSources choice);

/// Returns the prepared sources. Sets the source of each of `answers` [texts], and the problem of
/// those that have one. UsageError for LongSources::kSplit with a model of labels.
PreparedSources prepare_sources(const model::ModelText& model, const SourceTexts& given,
                                const PredictOptions& options, std::vector<Answer>& answers);

/// Cuts and numbers targets that are to be scored; `tokens` are without </s>. Sets the problem of
/// each of `answers` [targets] whose target the model cannot produce. A blank target has no units.
std::vector<model::Encoded> prepare_targets(const model::ModelText& model,
                                            std::span<const std::string> targets,
                                            const PredictOptions& options,
                                            std::vector<Answer>& answers);

}  // namespace attend::predictor
