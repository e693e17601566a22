// Finds out about the labels of pairs before a training: in which order validation pairs have them,
// and whether pairs of a training without labels look as if they had some. Needs no libtorch.
#pragma once

#include <optional>
#include <string>

#include "train/corpus.h"
#include "train/train_options.h"

namespace attend::train {

/// Reads the validation pairs of a training with labels, `options.validation`, which must be there.
/// `corpus` holds the training pairs. Where the format of the validation pairs is open (a TSV
/// without columns and format), they are read as the training pairs, unless their labels, which are
/// those of the training pairs, stand elsewhere; `found` of the result then tells it. DataError
/// where no target is a label of the training pairs but half of the sources are: the two sides are
/// exchanged.
Corpus read_labelled_validation(const Corpus& corpus, const TrainOptions& options,
                                LeftOut& left_out);

/// Returns one sentence that names presets for labels, where one side of the pairs looks like
/// labels: it has at most 200 different texts, each occurs 10 times on average, none has more than
/// 40 bytes, and the other side has at least four times as many different texts.
std::optional<std::string> hint_of_labels(const Corpus& corpus);

}  // namespace attend::train
