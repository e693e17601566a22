#include "end_to_end/failure.h"

#include <algorithm>
#include <filesystem>

namespace attend::end_to_end {
namespace {

using ::testing::AssertionFailure;
using ::testing::AssertionResult;
using ::testing::AssertionSuccess;

AssertionResult ended_with(const RunResult& result, int exit_code) {
  if (result.timed_out) return AssertionFailure() << "it did not end\nstderr: " << result.error;
  if (result.exit_code == exit_code) return AssertionSuccess();
  return AssertionFailure() << "exit code " << result.exit_code << ", signal " << result.signal
                            << ", expected exit code " << exit_code << "\nstderr: " << result.error;
}

// Whether the line tells a person who says it and what is wrong.
AssertionResult clear(const std::string& line, const std::vector<std::string>& parts) {
  if (!line.starts_with("attend")) {
    return AssertionFailure() << "does not start with the program's name: " << line;
  }
  for (const std::string& part : parts) {
    if (line.find(part) == std::string::npos) {
      return AssertionFailure() << "'" << part << "' is not in: " << line;
    }
  }
  for (const char* ugly : {": :", "internal error", "std::", "exception", "check failed", "::"}) {
    if (line.find(ugly) != std::string::npos) {
      return AssertionFailure() << "'" << ugly << "' is in: " << line;
    }
  }
  if (line.size() > 1000) return AssertionFailure() << "a line of " << line.size() << " bytes";
  return AssertionSuccess();
}

}  // namespace

AssertionResult refused(const RunResult& result, int exit_code,
                        const std::vector<std::string>& parts) {
  if (const AssertionResult ended = ended_with(result, exit_code); !ended) return ended;
  if (!result.out.empty()) {
    return AssertionFailure() << "standard output holds " << result.out.substr(0, 200);
  }
  const std::vector<std::string> lines = lines_of(result.error);
  if (lines.size() != 1 || !result.error.ends_with("\n")) {
    return AssertionFailure() << "expected one line on stderr, found: " << result.error;
  }
  return clear(lines.front(), parts);
}

AssertionResult failed(const RunResult& result, int exit_code,
                       const std::vector<std::string>& parts) {
  if (const AssertionResult ended = ended_with(result, exit_code); !ended) return ended;
  const std::vector<std::string> lines = lines_of(result.error);
  if (lines.empty()) return AssertionFailure() << "nothing on stderr";
  return clear(lines.back(), parts);
}

std::vector<std::string> files_below(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_directory()) {
      names.push_back(std::filesystem::relative(entry.path(), folder).string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace attend::end_to_end
