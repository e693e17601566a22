#include "base/messages.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

namespace attend {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kLongestWait = std::chrono::seconds(1);

/// Blocks the signals that a write may raise in this thread, when the reader of a pipe is gone or a
/// file reaches its size limit, and discards them before they are unblocked.
class WriteSignalsBlocked {
 public:
  WriteSignalsBlocked() {
    sigemptyset(&signals_);
    sigset_t pending;
    sigpending(&pending);
    for (const int signal : {SIGPIPE, SIGXFSZ}) {
      if (sigismember(&pending, signal) == 0) sigaddset(&signals_, signal);
    }
    pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  }
  ~WriteSignalsBlocked() {
    constexpr timespec kNoWait{};
    while (sigtimedwait(&signals_, nullptr, &kNoWait) > 0 || errno == EINTR) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  WriteSignalsBlocked(const WriteSignalsBlocked&) = delete;
  WriteSignalsBlocked& operator=(const WriteSignalsBlocked&) = delete;

 private:
  sigset_t signals_, before_;
};

// Returns false when the pipe still has no room at time `end`.
bool wait_for_room(Clock::time_point end) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
  if (left.count() <= 0) return false;
  pollfd polled{STDERR_FILENO, POLLOUT, 0};
  const int ready = poll(&polled, 1, static_cast<int>(left.count()));
  return ready > 0 || (ready < 0 && errno == EINTR);
}

}  // namespace

void print_message(std::string_view text) noexcept {
  const WriteSignalsBlocked blocked;
  const Clock::time_point end = Clock::now() + kLongestWait;
  while (!text.empty()) {
    const ssize_t count = write(STDERR_FILENO, text.data(), text.size());
    if (count > 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (count < 0 && errno == EINTR) {
      continue;
    } else if (count == 0 || errno != EAGAIN || !wait_for_room(end)) {
      return;
    }
  }
}

}  // namespace attend
