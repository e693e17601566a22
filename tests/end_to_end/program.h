// The binaries run as a person runs them: arguments, bytes on standard input, and what came back.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace attend::end_to_end {

/// A signal to send some time after the start, and once `when` is true if there is such a function.
struct TimedSignal {
  int signal = 0;
  std::chrono::microseconds after{0};
  std::function<bool()> when = {};
  std::optional<std::chrono::milliseconds> again_after = {};  ///< sends it a second time
};

struct RunOptions {
  std::string standard_input = {};
  bool keep_input_open = false;  ///< after the last byte, until it ends or a signal ends it
  std::filesystem::path standard_output = {};  ///< for example /dev/full; empty: captured
  std::filesystem::path standard_error = {};   ///< likewise
  std::vector<int> closed = {};                ///< descriptors that are closed: 0, 1, 2
  std::vector<int> without_reader = {};        ///< pipes that nobody reads: 1, 2
  /// Its pipes are non-blocking, filled late and emptied slowly.
  bool non_blocking = false;
  std::vector<int> ignored_signals = {};
  std::map<std::string, std::string> environment = {};  ///< beside the inherited one
  std::filesystem::path working_folder = {};
  std::chrono::milliseconds timeout{120000};  ///< then it is killed, and the result says so
  /// No file may grow beyond so many bytes: what a full disk looks like to a program.
  std::optional<std::size_t> file_size_limit = {};
  /// Without the capabilities that let root read and write everything (see can_drop_privileges()).
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

/// `attend` with these arguments.
RunResult attend(const std::vector<std::string>& arguments, const RunOptions& options = {});

/// Whether RunOptions::unprivileged really makes unreadable files unreadable here.
bool can_drop_privileges();

/// Lines without their ends; the last one need not be ended.
std::vector<std::string> lines_of(const std::string& text);

}  // namespace attend::end_to_end
