// Chooses columns of the lines of a TSV: those that hold the source and those that hold the target.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace attend::text {

/// Returns the fields of a line, which TABs separate. An empty line has one empty field. The views
/// point into `line`.
std::vector<std::string_view> fields_of(std::string_view line);

/// Columns of a line in the order in which they are named, counted from 1.
class Columns {
 public:
  /// No columns.
  Columns() = default;
  /// Reads a column "3", a range "4-6", the rest of the line "4-", or a list of these, "1,4-".
  /// Throws UsageError for anything else, for column 0 and for a column that is named twice.
  static Columns parse(std::string_view text);
  /// One column.
  static Columns one(std::size_t column);

  bool empty() const { return ranges_.empty(); }
  /// Returns how many fields a line must have. "4-" needs 4.
  std::size_t needed() const;
  bool contains(std::size_t column) const;
  bool overlaps(const Columns& other) const;
  /// Returns the fields of these columns, joined by TABs. There must be at least needed() fields.
  std::string join(std::span<const std::string_view> fields) const;
  /// Returns how many fields a line must have where those of an open range may be missing: "2,4-"
  /// needs 2.
  std::size_t named() const;
  /// Returns the fields of these columns one by one. There must be at least named() fields.
  std::vector<std::string> select(std::span<const std::string_view> fields) const;
  /// Returns the text that parse() reads: "1,4-".
  const std::string& name() const { return name_; }

 private:
  struct Range {  // the last column included; kRest: up to the end of the line
    std::size_t first = 1;
    std::size_t last = 1;
  };
  static constexpr std::size_t kRest = static_cast<std::size_t>(-1);
  bool overlaps(const Range& range) const;

  std::vector<Range> ranges_;
  std::string name_;
};

/// The columns of source and target. A side without columns is the first or the second column, as
/// complete() says.
struct PairColumns {
  Columns source = {};
  Columns target = {};
  Columns references = {};  ///< each is a further target of the source, which a metric compares

  bool any() const { return !source.empty() || !target.empty() || !references.empty(); }
  /// Returns the columns of both sides. A source that is not named is column 1, a target that is
  /// not named is column 2; where the other side takes that column, it is the other one of these
  /// two. Throws UsageError where the other side takes both, and where two of source, target and
  /// references share a column.
  PairColumns complete() const;
};

}  // namespace attend::text
