// The provenance of weights: the options and the vocabularies that they were trained with, kept
// next to their values. It reveals a configuration or a vocabulary that was truncated, edited or
// exchanged later, before this leads to wrong predictions.
#pragma once

#include <filesystem>

#include "model/configuration.h"
#include "model/folder.h"
#include "model/weights.h"

namespace attend::model {

/// Returns the provenance as metadata of weights. "attend.model" holds, as YAML, the options for
/// which describes_model() is true. "attend.source.vocab", … hold the XXH3-64 hash of each
/// vocabulary and subword model.
Metadata provenance(const ModelText& text);

/// Compares a text with the provenance in the metadata of weights. Throws ModelError when they
/// differ. The message names `weights_file` and the file of `folder` that differs: config.yml, a
/// vocabulary or a subword model. Weights from before provenance existed have nothing to compare.
/// Options that a provenance does not name had their default.
void check_provenance(const ModelText& text, const Metadata& metadata,
                      const std::filesystem::path& folder,
                      const std::filesystem::path& weights_file);

}  // namespace attend::model
