// The errors of the program. A library throws one of them; only main() prints it and exits.
#pragma once

#include <cstddef>
#include <sstream>
#include <stdexcept>
#include <string>

namespace attend {

/// Exit codes of every command (documented in docs/commands.md).
enum class ExitCode : int { kSuccess = 0, kOther = 1, kUsage = 2, kData = 3, kModel = 4 };

/// A failure that the user can understand. The message is one line without a full stop.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, ExitCode code = ExitCode::kOther)
      : std::runtime_error(message), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

/// Options that are wrong or in conflict. Exit code 2.
class UsageError : public Error {
 public:
  explicit UsageError(const std::string& message) : Error(message, ExitCode::kUsage) {}
};

/// Data that is wrong. The message names the file, and the line when there is one. Exit code 3.
class DataError : public Error {
 public:
  explicit DataError(const std::string& message) : Error(message, ExitCode::kData) {}
  /// The message is "file:line: message". `line` counts from 1; 0 means the whole file. With an
  /// empty `file` the message is used alone, for callers that add the file themselves.
  DataError(const std::string& file, std::size_t line, const std::string& message);
};

/// A model folder that is missing, damaged or of another version. Exit code 4.
class ModelError : public Error {
 public:
  explicit ModelError(const std::string& message) : Error(message, ExitCode::kModel) {}
};

/// A broken promise inside the program: a bug, not the user's fault.
class CheckFailure : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

namespace internal {
[[noreturn]] void fail_check(const char* expression, const char* file, int line,
                             const std::string& values);
template <typename A, typename B>
std::string both_values(const A& a, const B& b) {
  std::ostringstream text;
  text << a << " against " << b;
  return text.str();
}
}  // namespace internal
}  // namespace attend

/// Checks a promise of the code and throws CheckFailure when it is broken. Release builds check
/// too.
#define ATTEND_CHECK(condition) \
  ((condition) ? void() : ::attend::internal::fail_check(#condition, __FILE__, __LINE__, ""))
/// Checks that two values are equal; the CheckFailure prints both.
#define ATTEND_CHECK_EQ(a, b)                                                      \
  (((a) == (b)) ? void()                                                           \
                : ::attend::internal::fail_check(#a " == " #b, __FILE__, __LINE__, \
                                                 ::attend::internal::both_values((a), (b))))
