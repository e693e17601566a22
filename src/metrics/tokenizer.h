// The tokenisation that makes BLEU scores comparable (docs/models.md §14.2).
#pragma once

#include <string>
#include <string_view>

namespace attend::metrics {

enum class Tokenizer {
  k13a,  ///< the rules of mteval-v13a as sacreBLEU applies them
  kNone  ///< the text is already tokenised; it is cut at white space
};

/// "13a" or "none". Throws UsageError, which names both, for anything else.
Tokenizer parse_tokenizer(std::string_view name);
std::string_view tokenizer_name(Tokenizer tokenizer);

/// Returns the tokens separated by single spaces, with no space at the ends.
std::string tokenize(Tokenizer tokenizer, std::string_view text);

}  // namespace attend::metrics
