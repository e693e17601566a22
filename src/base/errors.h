// The errors of the program. A library throws one of them; only main() prints it and exits.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

#include "attend/errors.hpp"  // IWYU pragma: export

namespace attend {

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
