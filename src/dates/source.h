// The parts that every style of a DatePairGenerator shares: its interface and the split.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/base.h"
#include "dates/calendar.h"
#include "dates/dates.h"

namespace attend::dates {

class DatePairGenerator::Source {
 public:
  virtual ~Source() = default;
  virtual DatePair next() = 0;
  /// Returns a text of this style that looks like a date and is none, on the wanted side of the
  /// split. This function and dateless() throw UsageError where the wanted side has no such text,
  /// or hardly any, and draw from `random` alone, so that the stream of next() stays what it is.
  virtual std::string impossible(Random& random) = 0;
  /// Returns a text without a whole date, on the wanted side of the split.
  virtual std::string dateless(Random& random) = 0;
};

/// Returns the side of a date. An impossible date has a side too.
DateSplit side_of(const Date& date, double test_share);

/// Decides whether a date or a text is on the wanted side of the split.
class SplitFilter {
 public:
  SplitFilter(DateSplit split, double test_share) : split_(split), test_share_(test_share) {}
  bool accepts(const Date& date) const {
    return split_ == DateSplit::kAll || side_of(date, test_share_) == split_;
  }
  bool accepts(std::string_view text) const;
  /// Throws UsageError when no date of the years is on the wanted side.
  void check(int first_year, int last_year) const;

 private:
  DateSplit split_;
  double test_share_;
};

/// Bounds the draws of a text that is no date, because the wanted side of the split may have none.
class Attempts {
 public:
  /// UsageError after a million.
  void add() {
    constexpr int kMost = 1'000'000;
    if (++count_ < kMost) return;
    throw UsageError(
        "no refusal for these years was found on the wanted side of the split: take more years or "
        "another test share");
  }

 private:
  int count_ = 0;
};

/// A range of years from which days are drawn.
struct Years {
  int first, last;
  Years within(const Years& other) const {
    return {first > other.first ? first : other.first, last < other.last ? last : other.last};
  }
  bool empty() const { return first > last; }
};

std::unique_ptr<DatePairGenerator::Source> exercise_source(const DatePairOptions& options);
std::unique_ptr<DatePairGenerator::Source> everyday_source(const DatePairOptions& options);
std::unique_ptr<DatePairGenerator::Source> written_source(const DatePairOptions& options);
/// Adds to `source` a share of texts that are not dates and have an empty target.
std::unique_ptr<DatePairGenerator::Source> refusing_source(
    std::unique_ptr<DatePairGenerator::Source> source, const DatePairOptions& options);

}  // namespace attend::dates
