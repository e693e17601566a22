// What stands behind a DatePairGenerator: dates on one side of the split, and the two styles.
#pragma once

#include <memory>

#include "base/base.h"
#include "dates/calendar.h"
#include "dates/dates.h"

namespace attend::dates {

class DatePairGenerator::Source {
 public:
  virtual ~Source() = default;
  virtual DatePair next() = 0;
};

/// The side of one date.
DateSplit side_of(const Date& date, double test_share);

/// Whether the wanted side has this date.
class SplitFilter {
 public:
  SplitFilter(DateSplit split, double test_share) : split_(split), test_share_(test_share) {}
  bool accepts(const Date& date) const {
    return split_ == DateSplit::kAll || side_of(date, test_share_) == split_;
  }
  /// Throws UsageError when no date of the years is on the wanted side.
  void check(int first_year, int last_year) const;

 private:
  DateSplit split_;
  double test_share_;
};

std::unique_ptr<DatePairGenerator::Source> exercise_source(const DatePairOptions& options);
std::unique_ptr<DatePairGenerator::Source> everyday_source(const DatePairOptions& options);
std::unique_ptr<DatePairGenerator::Source> written_source(const DatePairOptions& options);

}  // namespace attend::dates
