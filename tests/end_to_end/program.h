// Runs the binaries as a person does: with arguments and bytes on standard input. Returns their
// output.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace attend::end_to_end {

/// A signal that is sent some time after the start and, if there is a function `when`, after it is
/// true.
struct TimedSignal {
  int signal = 0;
  std::chrono::microseconds after{0};
  std::function<bool()> when = {};
  std::optional<std::chrono::milliseconds> again_after = {};  ///< sends the signal a second time
};

struct RunOptions {
  std::string standard_input = {};
  /// Keeps the input open after the last byte, until the program ends or a signal ends it.
  bool keep_input_open = false;
  std::filesystem::path standard_output = {};  ///< for example /dev/full; empty: captured
  std::filesystem::path standard_error = {};   ///< for example /dev/full; empty: captured
  std::vector<int> closed = {};                ///< descriptors that are closed: 0, 1, 2
  std::vector<int> without_reader = {};        ///< pipes that nobody reads: 1, 2
  /// Makes its pipes non-blocking, fills them late and empties them slowly.
  bool non_blocking = false;
  std::vector<int> ignored_signals = {};
  std::map<std::string, std::string> environment = {};  ///< in addition to the inherited variables
  std::filesystem::path working_folder = {};
  /// After this time the program is killed, and the result says so.
  std::chrono::milliseconds timeout{120000};
  /// Limits the size of every file in bytes, which looks like a full disk to a program.
  std::optional<std::size_t> file_size_limit = {};
  /// Takes away the capabilities that let root read and write everything (see
  /// can_drop_privileges()).
  bool unprivileged = false;
  std::optional<TimedSignal> signal = {};
};

struct RunResult {
  int exit_code = -1;  ///< -1: a signal ended it
  int signal = 0;
  bool timed_out = false;
  std::string out;    ///< standard output
  std::string error;  ///< standard error
  std::chrono::microseconds duration{0};
};

/// Runs a program to its end, without a shell. Throws std::runtime_error when it cannot be started.
RunResult run(const std::filesystem::path& program, const std::vector<std::string>& arguments,
              const RunOptions& options = {});

/// Runs `attend` with these arguments.
RunResult attend(const std::vector<std::string>& arguments, const RunOptions& options = {});

/// Whether RunOptions::unprivileged really makes unreadable files unreadable on this machine.
bool can_drop_privileges();

/// Returns the lines of a text without their ends. The last line need not be ended.
std::vector<std::string> lines_of(const std::string& text);

}  // namespace attend::end_to_end
