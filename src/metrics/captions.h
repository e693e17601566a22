// What the metrics of captions have in common (docs/models.md §14.9): the words of a caption, BLEU
// of orders 1 to 4 as captioning papers report it, and the signatures of these scores.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/bleu.h"
#include "metrics/tokenizer.h"

namespace attend::metrics {

/// Says what the words of a caption are, and which BLEU is meant.
struct CaptionOptions {
  /// Data sets of captions are tokenised already.
  Tokenizer tokenizer = Tokenizer::kNone;
  bool lowercase = false;
  /// For bleu-1 to bleu-4. Xu et al. 2015 have none, and coco-caption has kClosest.
  BrevityPenalty brevity_penalty = BrevityPenalty::kNone;
};

/// Returns the words of a caption.
std::vector<std::string> caption_words(std::string_view text, const CaptionOptions& options = {});

/// Returns the BLEU of a caption metric: the geometric mean of the precisions of 1 to `order`
/// words, which is 0 where one of them is. `order` is 1 to 16.
BleuOptions caption_bleu(std::size_t order, const CaptionOptions& options = {});

/// Returns the signature of caption_bleu(), which always tells of the brevity penalty, for example
/// "nrefs:5|case:mixed|eff:no|tok:none|smooth:none|order:1|bp:no", or "…|bp:closest".
/// `reference_count` is that of every image, or "var".
std::string caption_bleu_signature(std::string_view reference_count, std::size_t order,
                                   const CaptionOptions& options = {});

}  // namespace attend::metrics
