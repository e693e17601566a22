// The units of both sides counted and numbered. Needs no libtorch.
#pragma once

#include <string>
#include <vector>

#include "model/model.h"
#include "train/corpus.h"

namespace attend::train {

/// Segmenters and vocabularies from the pairs of training. A vocabulary without <unk> counts the
/// pairs of validation too, as nothing could stand for their units. A subword_size that is more
/// than the text gives becomes the largest that fits, with a message; the configuration of the
/// result holds it. UsageError naming the option where a size is too small, or where no text is
/// left to make subwords of; DataError(file, line, …) for a text that cannot be cut.
model::ModelText build_text(const model::Configuration& configuration, const Split& split,
                            std::vector<std::string>& messages);

}  // namespace attend::train
