// What a refused command looks like: one clear line, the documented exit code, nothing written.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "end_to_end/program.h"

namespace attend::end_to_end {

// docs/commands.md
inline constexpr int kOther = 1;
inline constexpr int kUsage = 2;
inline constexpr int kData = 3;
inline constexpr int kModel = 4;

/// The program ended with `exit_code` and wrote nothing but one line "attend…: …" on standard
/// error, which holds every one of `parts`.
::testing::AssertionResult refused(const RunResult& result, int exit_code,
                                   const std::vector<std::string>& parts);

/// The same for a command that may have said other things before: only the last line is looked at,
/// and standard output is free.
::testing::AssertionResult failed(const RunResult& result, int exit_code,
                                  const std::vector<std::string>& parts);

/// Names of all files below a folder, sorted: what a command left behind.
std::vector<std::string> files_below(const std::filesystem::path& folder);

}  // namespace attend::end_to_end
