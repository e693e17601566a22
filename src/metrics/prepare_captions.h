// The metrics of captions, over any selection of the images of a corpus: what prepare() calls.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "metrics/captions.h"
#include "metrics/evaluate.h"

namespace attend::metrics {

/// Captions and their references as texts. Both are cut into words by `options`.
struct CaptionTexts {
  std::span<const std::string> captions;
  std::span<const std::vector<std::string>> references;  // [captions][references of the caption]
};

CorpusMetric prepare_rouge_l(const CaptionTexts& texts, const CaptionOptions& options);
CorpusMetric prepare_cider_d(const CaptionTexts& texts, const CaptionOptions& options);
/// Prepares the percentage of different captions among the selected ones.
CorpusMetric prepare_distinct(std::span<const std::string> captions, const CaptionOptions& options);
/// Prepares the mean number of words.
CorpusMetric prepare_mean_length(std::span<const std::string> captions,
                                 const CaptionOptions& options);

}  // namespace attend::metrics
