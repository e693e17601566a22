// What weights were trained with, kept beside their values: a configuration or a vocabulary that
// was cut, edited or exchanged later is found before it predicts something else.
#pragma once

#include <filesystem>

#include "model/configuration.h"
#include "model/folder.h"
#include "model/weights.h"

namespace attend::model {

/// Metadata for weights: the options for which describes_model() holds, as YAML, under
/// "attend.model", and the XXH3-64 hash of each vocabulary and subword model under
/// "attend.source.vocab", ….
Metadata provenance(const ModelText& text);

/// ModelError naming the file of `folder`, and `weights_file`, when the text is not the one of the
/// provenance in the metadata of these weights. Weights from before there were provenance have
/// nothing to compare; options that a provenance does not name had their default.
void check_provenance(const ModelText& text, const Metadata& metadata,
                      const std::filesystem::path& folder,
                      const std::filesystem::path& weights_file);

}  // namespace attend::model
