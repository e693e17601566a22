#include "base/temporaries.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace attend {
namespace {

// Names are short and do not contain the name of the file to be replaced, which may be as long as a
// name can be. The ending identifies leftovers of killed programs, including those of earlier
// versions.
constexpr std::string_view kStem = "attend";
constexpr std::string_view kEnding = ".tmp-";
constexpr std::size_t kRandomCharacters = 6;

// The names of the temporary files that exist, kept where a signal handler can read them. A handler
// may neither allocate nor lock, so the table has a fixed size and every slot has a state of its
// own. Two other ways were rejected: a thread that waits for signals costs every command a thread;
// files without a name (O_TMPFILE) are not known to all file systems and need a name before they
// can replace another file. A program has one to three of these files at a time. A file that finds
// no free slot is not removed by a signal.
enum State : int {
  kFree,
  kBeingNamed,
  kNamed,
  kBeingRemoved  // a handler took it: the program ends and never frees the slot
};
struct Slot {
  std::atomic<int> state{kFree};
  std::array<char, PATH_MAX> name{};
};
constexpr std::size_t kSlots = 32;
std::array<Slot, kSlots> slots;
std::atomic<bool> ending{false};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

// Stores `name` in a free slot and returns its index, or kSlots when there is no free slot.
std::size_t take_slot(const std::string& name) {
  if (name.size() >= PATH_MAX) return kSlots;
  for (std::size_t i = 0; i < kSlots; ++i) {
    int expected = kFree;
    if (!slots[i].state.compare_exchange_strong(expected, kBeingNamed)) continue;
    std::memcpy(slots[i].name.data(), name.c_str(), name.size() + 1);
    slots[i].state = kNamed;
    return i;
  }
  return kSlots;
}

void free_slot(std::size_t slot) {
  if (slot == kSlots) return;
  int expected = kNamed;
  slots[slot].state.compare_exchange_strong(expected, kFree);
}

std::string random_name() {
  constexpr std::string_view kCharacters =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::array<unsigned char, kRandomCharacters> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) < 0) {  // an old kernel: the clock is good enough
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    std::memcpy(bytes.data(), &now.tv_nsec, sizeof(std::uint32_t));
  }
  std::string name = std::string(kStem) + std::string(kEnding);
  for (const unsigned char byte : bytes) name += kCharacters[byte % kCharacters.size()];
  return name;
}

bool is_leftover(std::string_view name) {
  constexpr std::size_t kTail = kEnding.size() + kRandomCharacters;
  return name.size() > kTail && name.substr(name.size() - kTail).starts_with(kEnding);
}

// The signals that come from outside the program and end it by default.
constexpr std::array kEndingSignals{SIGHUP,  SIGINT,  SIGQUIT, SIGPIPE,   SIGALRM, SIGTERM,
                                    SIGUSR1, SIGUSR2, SIGXCPU, SIGVTALRM, SIGPROF, SIGPOLL};

}  // namespace

TemporaryFile::~TemporaryFile() { remove(); }

int TemporaryFile::create(const std::filesystem::path& folder, mode_t permissions) {
  constexpr int kMostTries = 100;
  for (int i = 0; i < kMostTries; ++i) {
    path_ = folder / random_name();
    slot_ = take_slot(path_.native());  // before the file exists: a signal may come in between
    const int descriptor =
        open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, permissions);
    if (descriptor >= 0) {
      if (ending) unlink(path_.c_str());  // a handler in another thread has already looked
      return descriptor;
    }
    forget();
    if (errno != EEXIST) break;
  }
  return -1;
}

bool TemporaryFile::rename_to(const std::filesystem::path& path) {
  if (rename(path_.c_str(), path.c_str()) != 0) return false;
  forget();
  return true;
}

void TemporaryFile::remove() {
  if (path_.empty()) return;
  unlink(path_.c_str());
  forget();
}

void TemporaryFile::forget() {
  free_slot(slot_);
  path_.clear();
}

void remove_leftovers(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> leftovers;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (is_leftover(entry.path().filename().native())) leftovers.push_back(entry.path());
  }
  for (const std::filesystem::path& file : leftovers) std::filesystem::remove(file, error);
}

sigset_t ending_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : kEndingSignals) sigaddset(&signals, signal);
  return signals;
}

void remove_temporary_files() {
  ending = true;
  for (Slot& slot : slots) {
    int expected = kNamed;
    if (slot.state.compare_exchange_strong(expected, kBeingRemoved)) unlink(slot.name.data());
  }
}

void end_by_signal(int signal) {
  remove_temporary_files();
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  sigaction(signal, &action, nullptr);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, signal);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  raise(signal);
  _exit(128 + signal);
}

void handle_signals() {
  struct sigaction action {};
  action.sa_handler = end_by_signal;
  action.sa_mask = ending_signals();
  for (const int signal : kEndingSignals) {
    struct sigaction before {};
    if (sigaction(signal, nullptr, &before) != 0 || before.sa_handler != SIG_DFL) continue;
    sigaction(signal, &action, nullptr);
  }
  signal(SIGXFSZ, SIG_IGN);
}

}  // namespace attend
