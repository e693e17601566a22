// Builds the segmenters and vocabularies of a new training. Needs no libtorch.
#pragma once

#include <string>
#include <vector>

#include "model/model.h"
#include "train/corpus.h"

namespace attend::train {

/// Builds segmenters and vocabularies from the pairs of training. A vocabulary without <unk> also
/// counts the pairs of validation, because it has no unit to replace theirs. When the text gives
/// fewer subwords than subword_size, the size is lowered to the largest possible one; a line is
/// added to `messages`, and the configuration of the result holds the new size. UsageError names
/// the option when a size is too small or no text is left to make subwords of. DataError names file
/// and line of a text that cannot be cut.
model::ModelText build_text(const model::Configuration& configuration, const Split& split,
                            std::vector<std::string>& messages);

}  // namespace attend::train
