// Reads the lines of a text file that names pictures. Internal to the folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vision/packed.h"

namespace attend::vision {

/// Reads the lines of a file and their fields, and says where something is wrong.
class FieldReader {
 public:
  explicit FieldReader(const LineSource& source) : source_(source) {}
  bool next();
  std::size_t line() const { return line_; }
  /// The fields of the line that was read last, which TABs separate: at least one.
  const std::vector<std::string_view>& fields() const { return fields_; }
  /// Throws DataError for this line, or for another one.
  [[noreturn]] void fail(const std::string& problem) const { fail_at(line_, problem); }
  [[noreturn]] void fail_at(std::size_t line, const std::string& problem) const;
  /// Throws DataError unless the line has this many fields. `form` says what they are.
  void require_fields(std::size_t count, const char* form) const;
  /// Returns a field as a whole number. Throws DataError for anything else. `meaning` says what it
  /// is: "the byte offset".
  std::uint64_t number(std::size_t field, const char* meaning) const;

 private:
  const LineSource& source_;
  std::size_t line_ = 0;
  std::string text_;
  std::vector<std::string_view> fields_;
};

}  // namespace attend::vision
