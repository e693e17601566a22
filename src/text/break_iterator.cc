#include "text/break_iterator.h"

#include <fmt/format.h>
#include <unicode/utext.h>

#include <cstdint>
#include <new>

#include "base/base.h"

namespace attend::text {
namespace {

void check_icu(UErrorCode code, const std::string& action) {
  if (U_FAILURE(code)) throw Error(fmt::format("ICU cannot {}: {}", action, u_errorName(code)));
}

struct CloseText {
  void operator()(UText* text) const { utext_close(text); }
};

}  // namespace

std::unique_ptr<icu::BreakIterator> BreakRules::iterator() const {
  std::call_once(once_, [&] {
    UErrorCode code = U_ZERO_ERROR;
    std::unique_ptr<const icu::BreakIterator> loaded(load_(icu::Locale::getRoot(), code));
    check_icu(code, "load its rules for " + pieces_);
    prototype_ = std::move(loaded);
  });
  std::unique_ptr<icu::BreakIterator> own(prototype_->clone());
  if (!own) throw std::bad_alloc();
  return own;
}

std::vector<std::size_t> piece_ends(icu::BreakIterator& iterator, std::string_view text) {
  std::vector<std::size_t> ends;
  if (text.empty()) return ends;
  UErrorCode code = U_ZERO_ERROR;
  const std::unique_ptr<UText, CloseText> opened(
      utext_openUTF8(nullptr, text.data(), static_cast<std::int64_t>(text.size()), &code));
  check_icu(code, "open a text");
  iterator.setText(opened.get(), code);
  check_icu(code, "open a text");
  iterator.first();
  for (std::int32_t end = iterator.next(); end != icu::BreakIterator::DONE; end = iterator.next()) {
    ends.push_back(static_cast<std::size_t>(end));
  }
  return ends;
}

}  // namespace attend::text
