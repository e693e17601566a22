#include "base/descriptors.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <thread>

namespace attend {
namespace {

using std::chrono::milliseconds;

struct Pipe {
  Pipe() { EXPECT_EQ(pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC), 0); }
  ~Pipe() { close(ends[0]), close(ends[1]); }
  std::array<int, 2> ends{};
};

TEST(Descriptors, ReadingWaitsForANonBlockingPipe) {
  Pipe pipe;
  std::thread writer([&] {
    std::this_thread::sleep_for(milliseconds(50));
    EXPECT_EQ(write(pipe.ends[1], "text", 4), 4);
  });
  std::array<char, 10> bytes{};
  EXPECT_EQ(read_descriptor(pipe.ends[0], bytes.data(), bytes.size()), 4);
  writer.join();
  EXPECT_STREQ(bytes.data(), "text");
}

TEST(Descriptors, WritingWaitsForANonBlockingPipe) {
  Pipe pipe;
  const std::string bytes(1 << 20, 'x');  // more than a pipe can hold
  std::size_t read_bytes = 0;
  std::thread reader([&] {
    std::this_thread::sleep_for(milliseconds(50));
    std::array<char, 4096> buffer;
    while (read_bytes < bytes.size()) {
      const ssize_t count = read_descriptor(pipe.ends[0], buffer.data(), buffer.size());
      ASSERT_GT(count, 0);
      read_bytes += static_cast<std::size_t>(count);
    }
  });
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t count = write_descriptor(pipe.ends[1], bytes.data(), bytes.size() - done);
    ASSERT_GT(count, 0);
    done += static_cast<std::size_t>(count);
  }
  reader.join();
  EXPECT_EQ(read_bytes, bytes.size());
}

TEST(Descriptors, TellOfTheEndAndOfErrors) {
  Pipe pipe;
  char byte = 0;
  close(std::exchange(pipe.ends[1], -1));
  EXPECT_EQ(read_descriptor(pipe.ends[0], &byte, 1), 0);
  EXPECT_EQ(read_descriptor(-1, &byte, 1), -1);
  EXPECT_EQ(errno, EBADF);
  EXPECT_EQ(write_descriptor(-1, &byte, 1), -1);
  EXPECT_EQ(errno, EBADF);
}

TEST(Descriptors, ReadingGoesOnAfterASignal) {
  Pipe pipe;
  ASSERT_EQ(fcntl(pipe.ends[0], F_SETFL, 0), 0);  // blocking, so that the signal interrupts read()
  struct sigaction action {
  }, before{};
  action.sa_handler = [](int) {};  // without SA_RESTART
  sigaction(SIGALRM, &action, &before);
  const pthread_t self = pthread_self();
  std::thread writer([&] {
    std::this_thread::sleep_for(milliseconds(50));
    pthread_kill(self, SIGALRM);
    std::this_thread::sleep_for(milliseconds(50));
    EXPECT_EQ(write(pipe.ends[1], "text", 4), 4);
  });
  std::array<char, 10> bytes{};
  EXPECT_EQ(read_descriptor(pipe.ends[0], bytes.data(), bytes.size()), 4);
  writer.join();
  sigaction(SIGALRM, &before, nullptr);
}

// Runs in a child, which may close its streams. The exit code is the number of the check that
// failed.
void check_reserved() {
  close(STDIN_FILENO), close(STDOUT_FILENO), close(STDERR_FILENO);
  reserve_standard_descriptors();
  char byte = 0;
  if (open("/dev/null", O_RDWR) <= STDERR_FILENO) _exit(1);
  if (read(STDIN_FILENO, &byte, 1) != -1 || errno != EBADF) _exit(2);
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
    if (write(stream, &byte, 1) != -1 || errno != EBADF) _exit(3);
  }
  for (const char* name : {"/dev/stdout", "/dev/stderr"}) {
    if (open(name, O_WRONLY) != -1) _exit(4);
  }
  if ((fcntl(STDOUT_FILENO, F_GETFD) & FD_CLOEXEC) != 0) _exit(5);
  _exit(0);
}

TEST(StandardDescriptors, AreReservedWhereTheyAreClosed) {
  EXPECT_EXIT(check_reserved(), ::testing::ExitedWithCode(0), "");
}

TEST(StandardDescriptors, StayAsTheyAreWhereTheyAreOpen) {
  const auto check = [] {
    Pipe pipe;
    dup2(pipe.ends[1], STDOUT_FILENO);
    reserve_standard_descriptors();
    char byte = 0;
    _exit(write(STDOUT_FILENO, "x", 1) == 1 && read(pipe.ends[0], &byte, 1) == 1 ? 0 : 1);
  };
  EXPECT_EXIT(check(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace attend
