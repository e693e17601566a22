// Writes times of day, which are part of a source next to its date but not of its target.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/base.h"
#include "dates/facts.h"

namespace attend::dates {

class Clock {
 public:
  explicit Clock(const LanguageFacts& facts);

  /// Returns a time as people write it in the language: "10:36", "3:30:42pm PST", "14h40", "16.45
  /// Uhr".
  std::string written(Random& random) const;
  /// Returns `date` with a time before it or after it.
  std::string beside(std::string date, Random& random) const;

  /// Returns an ISO 8601 time without a date: "08:15:30-05:00", "10:49:41.502", "10".
  static std::string iso(Random& random);
  /// Returns "10:36:28".
  static std::string plain(Random& random);
  /// Returns hhmmss, hhmm or hh, for 6, 4 or 2 digits.
  static std::string compact(std::size_t digits, Random& random);

 private:
  std::string half_day(Random& random) const;
  std::string own_form(Random& random) const;

  std::vector<std::pair<std::string, std::string>> halves_;
  std::vector<std::string> links_, before_, ends_, forms_, words_;
};

}  // namespace attend::dates
