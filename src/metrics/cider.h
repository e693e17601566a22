// CIDEr-D of captions (Vedantam et al. 2015) as coco-caption computes it (docs/models.md §14.9).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/captions.h"

namespace attend::metrics {

/// Returns the score of each caption, 0 to 10: ten times the mean of the clipped cosines of tf-idf
/// vectors of 1 to 4 words, with a Gaussian penalty for another length than that of the reference,
/// over at least one reference each. An n-gram is worth the logarithm of the number of images
/// divided by the number of images whose references have it, so that a score depends on the whole
/// corpus, and a corpus of one image has 0. Words are not stemmed. `captions` and `references` are
/// of equal length, which may be 0.
///
/// Time and memory are linear in the number of words, but for a sort of the words of each text.
std::vector<double> cider_d(std::span<const std::vector<std::string>> captions,
                            std::span<const std::vector<std::vector<std::string>>> references);

/// Returns the signature of a score, for example "nrefs:5|case:lc|tok:none|n:4|sigma:6|df:corpus":
/// the document frequencies are those of the evaluated references. `reference_count` is that of
/// every image, or "var".
std::string cider_d_signature(std::string_view reference_count, const CaptionOptions& options = {});

}  // namespace attend::metrics
