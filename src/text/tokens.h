// Cuts prepared text into words and marks. Internal to the folder.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "text/segmenter.h"

namespace attend::text {

class BreakRules;  // break_iterator.h

/// Finds the words of a text and its punctuation marks, each by itself, as ICU's word break
/// iterator cuts them for no language in particular (UAX #29): "don't" and "3.14" are one token,
/// "end." and "well-known" are two and three, an emoji with its modifiers is one, and a dictionary
/// cuts Chinese, Japanese and Thai. White space separates tokens and is in none. ASCII text
/// needs no data; ICU's rules are opened for the first other text. Safe to use from several
/// threads.
class TokenFinder {
 public:
  TokenFinder();
  ~TokenFinder();
  /// Returns the bytes of every token of `text`, which must be well-formed UTF-8 in which white
  /// space is single blanks.
  std::vector<ByteSpan> tokens(std::string_view text) const;

 private:
  std::unique_ptr<const BreakRules> rules_;
};

}  // namespace attend::text
