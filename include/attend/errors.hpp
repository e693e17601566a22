// The errors that the functions of Attend throw: three kinds that a caller can do something about,
// and Error for all others, such as a full disk. std::bad_alloc is thrown as everywhere. A
// std::logic_error is a bug of Attend.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

#include "attend/export.hpp"

namespace attend {

/// Exit codes of every command of the program `attend`.
enum class ExitCode : int { kSuccess = 0, kOther = 1, kUsage = 2, kData = 3, kModel = 4 };

/// A failure that the user can understand. The message is one line without a full stop.
class ATTEND_API Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, ExitCode code = ExitCode::kOther)
      : std::runtime_error(message), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

/// Options that are wrong or in conflict, with each other or with the model.
class ATTEND_API UsageError : public Error {
 public:
  explicit UsageError(const std::string& message) : Error(message, ExitCode::kUsage) {}
};

/// Data that is wrong. The message names the file, and the line when there is one.
class ATTEND_API DataError : public Error {
 public:
  explicit DataError(const std::string& message) : Error(message, ExitCode::kData) {}
  /// The message is "file:line: message". `line` counts from 1; 0 means the whole file. With an
  /// empty `file` the message is used alone, for callers that add the file themselves.
  DataError(const std::string& file, std::size_t line, const std::string& message);
};

/// A model folder that is missing, damaged or of another version.
class ATTEND_API ModelError : public Error {
 public:
  explicit ModelError(const std::string& message) : Error(message, ExitCode::kModel) {}
};

}  // namespace attend
