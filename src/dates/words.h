// Words and numbers of a language that are no dates, from ICU's locale data: names of countries,
// languages, currencies and cities; amounts, measures, numbers in words, relative times. And
// invented words, which have the letters of the language's own.
#pragma once

#include <unicode/locid.h>

#include <memory>
#include <string>

#include "base/base.h"

namespace attend::dates {

/// Not thread-safe. NFC; no marks of direction, every blank is U+0020.
class Words {
 public:
  /// Reads ICU's data, which takes a hundredth of a second or two.
  explicit Words(const icu::Locale& locale);
  ~Words();
  Words(Words&&) noexcept;

  /// A name that ICU knows.
  const std::string& known(Random& random) const;
  /// A word that probably does not exist.
  std::string invented(Random& random) const;
  /// A number in words: "three hundred and seven", "third".
  std::string spelled(Random& random) const;
  /// "12.5 km", "1,300.00 €", "7 %".
  std::string amount(Random& random) const;
  /// "tomorrow", "3 weeks ago", "next Sunday".
  std::string relative(Random& random) const;

 private:
  struct Data;
  std::unique_ptr<Data> data_;
};

}  // namespace attend::dates
