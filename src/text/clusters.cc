#include "text/clusters.h"

#include <unicode/brkiter.h>
#include <unicode/utext.h>

#include <mutex>
#include <string>

#include "base/base.h"
#include "text/unicode.h"

namespace attend::text {
namespace {

/// Whether there is a cluster border between any two such characters. True for no marks, joiners,
/// jamo, regional indicators or prepended signs. CR LF is the one exception.
bool stands_alone(char32_t c) {
  return (c < 0x300 && c != '\r') || (c >= 0x370 && c < 0x483) || (c >= 0x48A && c < 0x530) ||
         (c >= 0x2010 && c < 0x2028) || (c >= 0x3041 && c < 0x3097) ||
         (c >= 0x30A0 && c < 0x3100) || (c >= 0x4E00 && c < 0xA000) || (c >= 0xAC00 && c <= 0xD7A3);
}

void check_icu(UErrorCode code, const char* action) {
  if (U_FAILURE(code)) throw Error(std::string(action) + ": " + u_errorName(code));
}

struct CloseText {
  void operator()(UText* text) const { utext_close(text); }
};

}  // namespace

struct ClusterFinder::Rules {
  std::once_flag once;
  std::unique_ptr<icu::BreakIterator> prototype;
};

ClusterFinder::ClusterFinder() : rules_(std::make_unique<Rules>()) {}
ClusterFinder::~ClusterFinder() = default;

std::vector<std::size_t> ClusterFinder::ends(std::string_view text) const {
  std::vector<std::size_t> found;
  found.reserve(text.size());
  std::size_t position = 0;
  while (position < text.size() && stands_alone(next_code_point(text, position))) {
    found.push_back(position);
  }
  if (found.empty() ? text.empty() : found.back() == text.size()) return found;

  UErrorCode code = U_ZERO_ERROR;
  std::call_once(rules_->once, [&] {
    rules_->prototype.reset(
        icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), code));
    check_icu(code, "ICU's rules for grapheme clusters cannot be loaded");
  });
  const std::unique_ptr<icu::BreakIterator> iterator(rules_->prototype->clone());
  const std::unique_ptr<UText, CloseText> opened(
      utext_openUTF8(nullptr, text.data(), static_cast<std::int64_t>(text.size()), &code));
  check_icu(code, "ICU cannot open a text");
  iterator->setText(opened.get(), code);
  check_icu(code, "ICU cannot open a text");
  found.clear();
  iterator->first();
  for (std::int32_t end = iterator->next(); end != icu::BreakIterator::DONE;
       end = iterator->next()) {
    found.push_back(static_cast<std::size_t>(end));
  }
  return found;
}

}  // namespace attend::text
