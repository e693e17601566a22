#include "text/sentences.h"

#include <unicode/brkiter.h>
#include <unicode/utext.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/base.h"

namespace attend::text {
namespace {

void check_icu(UErrorCode code) {
  if (U_FAILURE(code)) {
    throw Error(std::string("ICU cannot find the sentences of a text: ") + u_errorName(code));
  }
}

struct CloseText {
  void operator()(UText* text) const { utext_close(text); }
};

// Returns an iterator for one call. The prototype, whose rules take long to load, is made once.
std::unique_ptr<icu::BreakIterator> make_iterator() {
  static const std::unique_ptr<const icu::BreakIterator> prototype = [] {
    UErrorCode code = U_ZERO_ERROR;
    std::unique_ptr<const icu::BreakIterator> made(
        icu::BreakIterator::createSentenceInstance(icu::Locale::getRoot(), code));
    check_icu(code);
    return made;
  }();
  return std::unique_ptr<icu::BreakIterator>(prototype->clone());
}

}  // namespace

std::vector<std::size_t> sentence_ends(std::string_view text) {
  std::vector<std::size_t> ends;
  if (text.empty()) return ends;
  UErrorCode code = U_ZERO_ERROR;
  const std::unique_ptr<icu::BreakIterator> iterator = make_iterator();
  const std::unique_ptr<UText, CloseText> opened(
      utext_openUTF8(nullptr, text.data(), static_cast<std::int64_t>(text.size()), &code));
  check_icu(code);
  iterator->setText(opened.get(), code);
  check_icu(code);
  iterator->first();
  for (std::int32_t end = iterator->next(); end != icu::BreakIterator::DONE;
       end = iterator->next()) {
    ends.push_back(static_cast<std::size_t>(end));
  }
  return ends;
}

}  // namespace attend::text
