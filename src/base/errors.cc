#include "base/errors.h"

#include <fmt/format.h>

namespace attend {

DataError::DataError(const std::string& file, std::size_t line, const std::string& message)
    : Error(file.empty() ? message
            : line == 0  ? fmt::format("{}: {}", file, message)
                         : fmt::format("{}:{}: {}", file, line, message),
            ExitCode::kData) {}

void internal::fail_check(const char* expression, const char* file, int line,
                          const std::string& values) {
  throw CheckFailure(fmt::format("{}:{}: check failed: {}{}{}", file, line, expression,
                                 values.empty() ? "" : ": ", values));
}

}  // namespace attend
