// The tokenisation that makes BLEU scores comparable (docs/models.md §14.2).
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace attend::metrics {

/// The tokenisers of sacreBLEU that need neither a dictionary nor a model.
enum class Tokenizer {
  k13a,   ///< the rules of mteval-v13a as sacreBLEU applies them
  kNone,  ///< the text is already tokenised; it is cut at white space
  kChar,  ///< every character other than white space is a token
  kIntl,  ///< the rules of mteval-v14: punctuation and symbols of all scripts are split off
  kZh     ///< every Chinese character is a token, and the rest follows 13a
};

/// Returns all tokenisers in the order of their declaration.
std::span<const Tokenizer> all_tokenizers();
/// Returns "13a", "none", "char", "intl" or "zh".
std::string_view tokenizer_name(Tokenizer tokenizer);

/// Returns the tokens separated by single spaces, with no space at the ends.
std::string tokenize(Tokenizer tokenizer, std::string_view text);

/// A tokeniser that fits the script of texts, and why.
struct TokenizerChoice {
  Tokenizer tokenizer = Tokenizer::k13a;
  std::string_view script;  ///< "Chinese", "Japanese", …; empty for scripts with spaces and 13a
};

/// Chooses a tokeniser by the script of most letters. Scripts without spaces between words would be
/// one token a sentence for 13a: Chinese gets zh; Japanese, Thai, Lao, Khmer and Burmese get char.
/// Every other script gets 13a. Texts are Chinese where a quarter of their letters are, because
/// a Latin word among them has many letters; of Chinese characters and kana together, texts with at
/// least a tenth of kana are Japanese.
TokenizerChoice choose_tokenizer(std::span<const std::string> texts);

}  // namespace attend::metrics
