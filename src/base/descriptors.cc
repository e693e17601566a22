#include "base/descriptors.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>

namespace attend {
namespace {

// Whether a call that failed should be tried again. After a signal that is so at once; for a
// non-blocking descriptor it is so after `event` has come.
bool try_again(int descriptor, short event) {
  if (errno == EINTR) return true;
  if (errno != EAGAIN && errno != EWOULDBLOCK) return false;
  constexpr int kForever = -1;
  pollfd polled{descriptor, event, 0};
  return poll(&polled, 1, kForever) >= 0 || errno == EINTR;
}

}  // namespace

ssize_t read_descriptor(int descriptor, char* bytes, std::size_t size) {
  ssize_t count = -1;
  do {
    count = ::read(descriptor, bytes, size);
  } while (count < 0 && try_again(descriptor, POLLIN));
  return count;
}

ssize_t write_descriptor(int descriptor, const char* bytes, std::size_t size) {
  ssize_t count = -1;
  do {
    count = ::write(descriptor, bytes, size);
  } while (count < 0 && try_again(descriptor, POLLOUT));
  return count;
}

void reserve_standard_descriptors() {
  for (const int wanted : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(wanted, F_GETFD) >= 0 || errno != EBADF) continue;
    // O_PATH makes a descriptor that only names a file, and a folder cannot be written by that name
    // either. open() takes the lowest free number, which is the wanted one. The descriptor stays
    // open over exec (attend train).
    open("/", O_PATH | O_DIRECTORY);
  }
}

}  // namespace attend
