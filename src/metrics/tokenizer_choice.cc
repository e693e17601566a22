// Chooses a tokeniser by the script of texts.
#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include <array>
#include <utility>

#include "metrics/tokenizer.h"
#include "metrics/unicode.h"

namespace attend::metrics {
namespace {

/// How many letters texts have of each script that has no spaces between words.
struct LetterCounts {
  std::size_t all = 0, chinese = 0, kana = 0, thai = 0, lao = 0, khmer = 0, burmese = 0;
};

void count(UChar32 letter, LetterCounts& counts) {
  ++counts.all;
  UErrorCode status = U_ZERO_ERROR;
  switch (uscript_getScript(letter, &status)) {
    case USCRIPT_HAN:
      ++counts.chinese;
      break;
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
      ++counts.kana;
      break;
    case USCRIPT_THAI:
      ++counts.thai;
      break;
    case USCRIPT_LAO:
      ++counts.lao;
      break;
    case USCRIPT_KHMER:
      ++counts.khmer;
      break;
    case USCRIPT_MYANMAR:
      ++counts.burmese;
      break;
    default:
      break;
  }
}

}  // namespace

TokenizerChoice choose_tokenizer(std::span<const std::string> texts) {
  LetterCounts counts;
  for (const std::string& text : texts) {
    for (const std::uint32_t c : code_points(text)) {
      const auto letter = static_cast<UChar32>(c);
      if (u_isalpha(letter)) count(letter, counts);
    }
  }
  const std::size_t east_asian = counts.chinese + counts.kana;
  if (east_asian > 0 && 4 * east_asian >= counts.all) {
    if (10 * counts.kana >= east_asian) return {Tokenizer::kChar, "Japanese"};
    return {Tokenizer::kZh, "Chinese"};
  }
  const std::array<std::pair<std::size_t, std::string_view>, 4> others = {
      {{counts.thai, "Thai"},
       {counts.lao, "Lao"},
       {counts.khmer, "Khmer"},
       {counts.burmese, "Burmese"}}};
  for (const auto& [letters, script] : others)
    if (letters > 0 && 2 * letters >= counts.all) return {Tokenizer::kChar, script};
  return {};
}

}  // namespace attend::metrics
