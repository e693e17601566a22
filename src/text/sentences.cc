#include "text/sentences.h"

#include "text/break_iterator.h"

namespace attend::text {

std::vector<std::size_t> sentence_ends(std::string_view text) {
  if (text.empty()) return {};
  static const BreakRules rules(icu::BreakIterator::createSentenceInstance, "sentences");
  return piece_ends(*rules.iterator(), text);
}

}  // namespace attend::text
