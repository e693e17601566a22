// Checks how a command was refused: one clear line, the documented exit code, nothing written.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "end_to_end/program.h"

namespace attend::end_to_end {

// docs/commands.md documents these exit codes.
inline constexpr int kOther = 1;
inline constexpr int kUsage = 2;
inline constexpr int kData = 3;
inline constexpr int kModel = 4;

/// Checks that the program ended with `exit_code` and wrote nothing but one line "attend…: …" on
/// standard error, which contains every one of `parts`.
::testing::AssertionResult refused(const RunResult& result, int exit_code,
                                   const std::vector<std::string>& parts);

/// Checks that the program ended with `exit_code` and that the last line on standard error is
/// "attend…: …" and contains every one of `parts`. Other lines may come before it, and standard
/// output may hold anything.
::testing::AssertionResult failed(const RunResult& result, int exit_code,
                                  const std::vector<std::string>& parts);

/// Returns the names of all files below a folder, sorted, to compare what a command left there.
std::vector<std::string> files_below(const std::filesystem::path& folder);

}  // namespace attend::end_to_end
