#include "end_to_end/program.h"

#include <fcntl.h>
#include <linux/securebits.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "testing.h"

namespace attend::end_to_end {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

/// A pipe whose ends are closed with this object and at exec.
struct Pipe {
  Pipe() {
    if (pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe");
  }
  ~Pipe() { close_reader(), close_writer(); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_reader() { close_end(0); }
  void close_writer() { close_end(1); }
  void close_end(std::size_t i) {
    if (ends[i] >= 0) close(std::exchange(ends[i], -1));
  }
  int reader() const { return ends[0]; }
  int writer() const { return ends[1]; }
  std::array<int, 2> ends{-1, -1};
};

struct AllPipes {
  Pipe in, out, error, start;
};

// Returns a descriptor of the file or pipe that the program writes to; -1 with errno on failure.
int output_of(const std::filesystem::path& file, const Pipe& pipe) {
  return file.empty() ? pipe.writer()
                      : open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

// Runs in the child. Returns false and sets errno when a step fails.
bool prepare(const RunOptions& options, const AllPipes& pipes) {
  const int out = output_of(options.standard_output, pipes.out);
  const int error = output_of(options.standard_error, pipes.error);
  if (dup2(pipes.in.reader(), STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
      dup2(error, STDERR_FILENO) < 0) {
    return false;
  }
  if (options.non_blocking) {
    for (const int end : {pipes.in.reader(), pipes.out.writer(), pipes.error.writer()}) {
      if (fcntl(end, F_SETFL, O_NONBLOCK) != 0) return false;
    }
  }
  for (const int descriptor : options.closed) close(descriptor);
  constexpr rlimit kNoCore{0, 0};
  if (setrlimit(RLIMIT_CORE, &kNoCore) != 0) return false;
  signal(SIGPIPE, SIG_DFL);
  for (const int ignored : options.ignored_signals) signal(ignored, SIG_IGN);
  for (const auto& [name, value] : options.environment) setenv(name.c_str(), value.c_str(), 1);
  if (!options.working_folder.empty() && chdir(options.working_folder.c_str()) != 0) return false;
  if (options.file_size_limit) {
    signal(SIGXFSZ, SIG_IGN);  // so that write() fails, as on a full disk
    const rlimit limit{*options.file_size_limit, *options.file_size_limit};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return false;
  }
  // The user stays the same, so that folders above stay accessible, but exec gives no capabilities.
  if (options.unprivileged && geteuid() == 0) {
    return prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED) == 0;
  }
  return true;
}

[[noreturn]] void become(const std::filesystem::path& program,
                         const std::vector<std::string>& arguments, const RunOptions& options,
                         const AllPipes& pipes) {
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  if (prepare(options, pipes)) execv(program.c_str(), argv.data());
  const int reason = errno;
  [[maybe_unused]] const ssize_t written = write(pipes.start.writer(), &reason, sizeof(reason));
  _exit(127);
}

/// Feeds and drains the pipes of a child until it has closed them and ended.
class Conversation {
 public:
  Conversation(AllPipes& pipes, const RunOptions& options, pid_t child, RunResult& result)
      : pipes_(pipes), options_(options), child_(child), result_(result) {
    fcntl(pipes_.in.writer(), F_SETFL, O_NONBLOCK);
    if (options.standard_input.empty() && !options.keep_input_open) pipes_.in.close_writer();
    if (options.signal) next_signal_ = begin_ + options.signal->after;
  }

  void run() {
    if (options_.non_blocking) std::this_thread::sleep_for(kLate);
    while (is_read() || !has_ended()) {
      std::array<pollfd, 3> polled{{{all_fed() ? -1 : pipes_.in.writer(), POLLOUT, 0},
                                    {pipes_.out.reader(), POLLIN, 0},
                                    {pipes_.error.reader(), POLLIN, 0}}};
      const timespec pause = until_next_event();
      if (ppoll(polled.data(), polled.size(), &pause, nullptr) < 0 && errno != EINTR) fail("poll");
      send_signals();
      if (polled[0].revents != 0) feed();
      if (polled[1].revents != 0) drain(pipes_.out, result_.out);
      if (polled[2].revents != 0) drain(pipes_.error, result_.error);
    }
  }

 private:
  static constexpr std::chrono::milliseconds kLate{100}, kSlow{1}, kLook{2};

  bool is_read() const { return pipes_.out.reader() >= 0 || pipes_.error.reader() >= 0; }
  bool all_fed() const { return fed_ == options_.standard_input.size(); }
  bool has_ended() const {
    siginfo_t found{};
    waitid(P_PID, static_cast<id_t>(child_), &found, WEXITED | WNOHANG | WNOWAIT);
    return found.si_pid == child_;
  }

  timespec until_next_event() const {
    Clock::time_point next = begin_ + options_.timeout;
    const auto now = Clock::now();
    if (!is_read() || (options_.signal && options_.signal->when)) next = now + kLook;
    if (options_.signal && next_signal_)
      next = std::min(next, std::max(*next_signal_, now + kLook));
    const auto pause = std::max(Clock::duration::zero(), next - now);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(pause);
    return {seconds.count(), std::chrono::nanoseconds(pause - seconds).count()};
  }

  void send_signals() {
    const auto passed = Clock::now() - begin_;
    if (next_signal_ && Clock::now() >= *next_signal_ &&
        (signalled_ || !options_.signal->when || options_.signal->when())) {
      kill(child_, options_.signal->signal);
      next_signal_.reset();
      if (!std::exchange(signalled_, true) && options_.signal->again_after) {
        next_signal_ = Clock::now() + *options_.signal->again_after;
      }
    }
    if (passed >= options_.timeout && !result_.timed_out) {
      kill(child_, SIGKILL);
      result_.timed_out = true;
    }
  }

  void feed() {
    const std::string& bytes = options_.standard_input;
    const ssize_t count = write(pipes_.in.writer(), bytes.data() + fed_, bytes.size() - fed_);
    if (count > 0) fed_ += static_cast<std::size_t>(count);
    // The child stopped reading.
    const bool refused = count < 0 && errno != EAGAIN && errno != EINTR;
    if (refused || (all_fed() && !options_.keep_input_open)) pipes_.in.close_writer();
  }

  void drain(Pipe& pipe, std::string& bytes) const {
    constexpr std::size_t kSlowBytes = 1 << 14;
    std::array<char, 1 << 16> buffer;
    if (options_.non_blocking) std::this_thread::sleep_for(kSlow);
    const ssize_t count =
        read(pipe.reader(), buffer.data(), options_.non_blocking ? kSlowBytes : buffer.size());
    if (count > 0) bytes.append(buffer.data(), static_cast<std::size_t>(count));
    if (count == 0 || (count < 0 && errno != EINTR)) pipe.close_reader();
  }

  AllPipes& pipes_;
  const RunOptions& options_;
  pid_t child_;
  RunResult& result_;
  std::size_t fed_ = 0;
  bool signalled_ = false;
  const Clock::time_point begin_ = Clock::now();
  std::optional<Clock::time_point> next_signal_;
};

void check_started(AllPipes& pipes, pid_t child, const std::filesystem::path& program) {
  int reason = 0;
  if (read(pipes.start.reader(), &reason, sizeof(reason)) <= 0) return;
  waitpid(child, nullptr, 0);
  errno = reason;
  fail("cannot run " + program.string());
}

}  // namespace

RunResult run(const std::filesystem::path& program, const std::vector<std::string>& arguments,
              const RunOptions& options) {
  signal(SIGPIPE, SIG_IGN);  // a child may stop reading
  RunResult result;
  AllPipes pipes;
  for (const int descriptor : options.without_reader) {
    (descriptor == STDOUT_FILENO ? pipes.out : pipes.error).close_reader();
  }
  const auto begin = Clock::now();
  const pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) become(program, arguments, options, pipes);
  pipes.in.close_reader(), pipes.out.close_writer(), pipes.error.close_writer();
  pipes.start.close_writer();
  check_started(pipes, child, program);
  Conversation(pipes, options, child, result).run();
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) fail("waitpid");
  }
  result.duration = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
  if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  return result;
}

RunResult attend(const std::vector<std::string>& arguments, const RunOptions& options) {
  return run(testing::binary_folder() / "attend", arguments, options);
}

bool can_drop_privileges() {
  static const bool works = [] {
    const testing::TemporaryFolder folder;
    testing::write_file(folder / "secret", "secret");
    chmod((folder / "secret").c_str(), 0);
    RunOptions options;
    options.unprivileged = true;
    try {
      return run("/bin/cat", {(folder / "secret").string()}, options).exit_code == 1;
    } catch (const std::runtime_error&) {
      return false;
    }
  }();
  return works;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace attend::end_to_end
