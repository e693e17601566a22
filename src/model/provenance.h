// The provenance of weights: the options and the vocabularies they were trained with, kept next to
// their values. A configuration or a vocabulary that was truncated, edited or exchanged later is
// found before it leads to wrong predictions.
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

/// Compares a text with the provenance in the metadata of weights. Throws ModelError, which names
/// the file of `folder` and `weights_file`, when they differ. Weights from before provenance
/// existed have nothing to compare. Options that a provenance does not name had their default.
void check_provenance(const ModelText& text, const Metadata& metadata,
                      const std::filesystem::path& folder,
                      const std::filesystem::path& weights_file);

}  // namespace attend::model
