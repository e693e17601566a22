#include "base/messages.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <thread>

#include "testing.h"

namespace attend {
namespace {

using ::attend::testing::TemporaryFolder;

/// Replaces standard error by another descriptor while this object lives; -1 closes it.
class StandardError {
 public:
  explicit StandardError(int descriptor) : before_(dup(STDERR_FILENO)) {
    if (descriptor < 0) {
      close(STDERR_FILENO);
    } else {
      dup2(descriptor, STDERR_FILENO);
    }
  }
  ~StandardError() {
    dup2(before_, STDERR_FILENO);
    close(before_);
  }
  StandardError(const StandardError&) = delete;
  StandardError& operator=(const StandardError&) = delete;

 private:
  int before_;
};

std::string read_to_end(int descriptor) {
  std::string bytes;
  std::array<char, 4096> buffer;
  for (ssize_t count = 1; count > 0;) {
    count = read(descriptor, buffer.data(), buffer.size());
    if (count > 0) bytes.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return bytes;
}

TEST(PrintMessage, WritesAllBytesToASlowNonBlockingPipe) {
  std::array<int, 2> ends;
  ASSERT_EQ(pipe(ends.data()), 0);
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  const std::string text(1 << 20, 'x');
  std::string found;
  std::thread reader([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    found = read_to_end(ends[0]);
  });
  {
    const StandardError standard_error(ends[1]);
    close(ends[1]);
    print_message(text);
  }
  reader.join();
  close(ends[0]);
  EXPECT_TRUE(found == text) << found.size() << " bytes";
}

TEST(PrintMessage, WaitsForAStoppedReaderOnlySoLong) {
  std::array<int, 2> ends;
  ASSERT_EQ(pipe(ends.data()), 0);
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  const auto start = std::chrono::steady_clock::now();
  {
    const StandardError standard_error(ends[1]);
    print_message(std::string(1 << 20, 'x'));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
  close(ends[0]), close(ends[1]);
}

TEST(PrintMessage, DropsWhatAFullDiskDoesNotTake) {
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  const StandardError standard_error(full);
  close(full);
  print_message("text\n");
}

TEST(PrintMessage, DropsWhatAClosedDescriptorDoesNotTake) {
  const StandardError standard_error(-1);
  print_message("text\n");
}

TEST(PrintMessage, GoesOnWithoutASignalWhenTheReaderIsGone) {
  std::array<int, 2> ends;
  ASSERT_EQ(pipe(ends.data()), 0);
  close(ends[0]);
  const auto before = signal(SIGPIPE, SIG_DFL);  // this default would end the program
  {
    const StandardError standard_error(ends[1]);
    close(ends[1]);
    for (int i = 0; i < 3; ++i) print_message("text\n");
  }
  signal(SIGPIPE, before);
}

TEST(PrintMessage, GoesOnWithoutASignalAtTheLimitOfAFilesSize) {
  const auto write_past_the_limit = [] {
    const TemporaryFolder folder;
    const int file = open((folder / "log").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const rlimit limit{10, 10};
    if (file < 0 || setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(1);
    signal(SIGXFSZ, SIG_DFL);  // the default action of SIGXFSZ would end this program
    dup2(file, STDERR_FILENO);
    for (int i = 0; i < 3; ++i) print_message("twelve bytes");
    const bool as_wanted = ::attend::testing::read_file(folder / "log") == "twelve byt";
    std::filesystem::remove_all(folder.path());
    _exit(as_wanted ? 0 : 2);
  };
  EXPECT_EXIT(write_past_the_limit(), ::testing::ExitedWithCode(0), "");
}

TEST(PrintMessage, KeepsASignalThatWasThereBefore) {
  sigset_t signals, before, pending;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  const auto action = signal(SIGPIPE, SIG_DFL);
  pthread_sigmask(SIG_BLOCK, &signals, &before);
  raise(SIGPIPE);
  print_message("");
  sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGPIPE), 1);
  signal(SIGPIPE, SIG_IGN);  // ignoring the signal discards it
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  signal(SIGPIPE, action);
}

}  // namespace
}  // namespace attend
