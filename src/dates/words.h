// Words and numbers of a language that are not dates. ICU's locale data gives names of countries,
// languages, currencies and cities; amounts, measures, numbers in words and relative times.
// Invented words consist of the letters of these names.
#pragma once

#include <unicode/locid.h>

#include <memory>
#include <string>

#include "base/base.h"

namespace attend::dates {

/// Draws words of one language. Texts are NFC, without marks of direction, and every blank is
/// U+0020. Not thread-safe.
class Words {
 public:
  /// Reads ICU's data, which takes 10 to 20 milliseconds.
  explicit Words(const icu::Locale& locale);
  ~Words();
  Words(Words&&) noexcept;

  /// Returns a name that ICU knows.
  const std::string& known(Random& random) const;
  /// Returns a word that probably does not exist.
  std::string invented(Random& random) const;
  /// Returns a number in words: "three hundred and seven", "third".
  std::string spelled(Random& random) const;
  /// Returns an amount: "12.5 km", "1,300.00 €", "7 %".
  std::string amount(Random& random) const;
  /// Returns a relative time: "tomorrow", "3 weeks ago", "next Sunday".
  std::string relative(Random& random) const;

 private:
  struct Data;
  std::unique_ptr<Data> data_;
};

}  // namespace attend::dates
