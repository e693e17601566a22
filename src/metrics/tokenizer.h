// The tokenisation that BLEU scores are comparable under (reference §14.2).
#pragma once

#include <string>
#include <string_view>

namespace attend::metrics {

enum class Tokenizer {
  k13a,  ///< mteval-v13a's rules as sacreBLEU applies them
  kNone  ///< the text is tokenised already: cut at white space
};

/// "13a" or "none"; UsageError for anything else, naming both.
Tokenizer parse_tokenizer(std::string_view name);
std::string_view tokenizer_name(Tokenizer tokenizer);

/// The tokens joined by single spaces, nothing around them.
std::string tokenize(Tokenizer tokenizer, std::string_view text);

}  // namespace attend::metrics
