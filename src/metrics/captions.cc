#include "metrics/captions.h"

#include "metrics/unicode.h"

namespace attend::metrics {

std::vector<std::string> caption_words(std::string_view text, const CaptionOptions& options) {
  const std::string tokens =
      tokenize(options.tokenizer, options.lowercase ? lower_case(text) : std::string(text));
  const std::vector<std::string_view> words = split_words(tokens);
  return {words.begin(), words.end()};
}

BleuOptions caption_bleu(std::size_t order, const CaptionOptions& options) {
  BleuOptions result;
  result.tokenizer = options.tokenizer;
  result.lowercase = options.lowercase;
  result.smoothing = Smoothing::kNone;
  result.max_order = order;
  result.brevity_penalty = options.brevity_penalty;
  return result;
}

std::string caption_bleu_signature(std::string_view reference_count, std::size_t order,
                                   const CaptionOptions& options) {
  const std::string signature = bleu_signature(reference_count, caption_bleu(order, options));
  return options.brevity_penalty == BrevityPenalty::kNone ? signature : signature + "|bp:closest";
}

}  // namespace attend::metrics
