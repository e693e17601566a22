// Finds borders in texts by ICU's break iterators (UAX #29). Internal to the folder.
#pragma once

#include <unicode/brkiter.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attend::text {

/// ICU's rules for the borders between pieces of one kind, for no language in particular. They are
/// loaded for the first iterator, which takes a millisecond. Safe to use from several threads.
class BreakRules {
 public:
  /// A function of ICU that loads rules, such as icu::BreakIterator::createWordInstance.
  using Load = icu::BreakIterator* (*)(const icu::Locale&, UErrorCode&);

  /// `pieces` says in messages what the rules find: "words".
  BreakRules(Load load, std::string pieces) : load_(load), pieces_(std::move(pieces)) {}

  /// Returns an iterator that is the caller's own. Throws Error when ICU cannot load the rules, and
  /// std::bad_alloc when it has too little memory for an iterator.
  std::unique_ptr<icu::BreakIterator> iterator() const;

 private:
  const Load load_;
  const std::string pieces_;
  mutable std::once_flag once_;
  mutable std::unique_ptr<const icu::BreakIterator> prototype_;
};

/// Returns the end of every piece of a well-formed text, as byte positions that rise up to the size
/// of the text. An empty text has none. Throws Error when ICU cannot read the text.
std::vector<std::size_t> piece_ends(icu::BreakIterator& iterator, std::string_view text);

}  // namespace attend::text
