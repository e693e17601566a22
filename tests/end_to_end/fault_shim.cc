// A library to preload into a program (LD_PRELOAD). It makes calls fail or hang that do so only at
// rare moments.
//   ATTEND_FAIL_MALLOC=N    the N-th request for memory is refused
//   ATTEND_FAIL_MALLOCS=N   and all later ones
//   ATTEND_FAIL_BYTES=N     requests for N bytes and more are refused
//   ATTEND_HANG_IN_FSYNC=1  fsync() does not return
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>

extern "C" {

// These are glibc's own functions, which no preloaded library hides.
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

}  // extern "C"

namespace {

long wanted(const char* name) {
  const char* text = getenv(name);
  return text == nullptr ? 0 : atol(text);
}

bool refused(std::size_t size) {
  static std::atomic<long> calls{0};
  static const long one = wanted("ATTEND_FAIL_MALLOC"), all = wanted("ATTEND_FAIL_MALLOCS");
  static const long bytes = wanted("ATTEND_FAIL_BYTES");
  const long call = ++calls;
  const bool too_large = bytes > 0 && size >= static_cast<std::size_t>(bytes);
  if (call != one && (all == 0 || call < all) && !too_large) return false;
  errno = ENOMEM;
  return true;
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) { return refused(size) ? nullptr : __libc_malloc(size); }
void* calloc(std::size_t count, std::size_t size) {
  return refused(count * size) ? nullptr : __libc_calloc(count, size);
}
void* realloc(void* old, std::size_t size) {
  return refused(size) ? nullptr : __libc_realloc(old, size);
}
void* memalign(std::size_t alignment, std::size_t size) {
  return refused(size) ? nullptr : __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) { return memalign(alignment, size); }
int posix_memalign(void** result, std::size_t alignment, std::size_t size) {
  void* const found = memalign(alignment, size);
  if (found == nullptr) return ENOMEM;
  *result = found;
  return 0;
}

int fsync(int descriptor) {
  if (wanted("ATTEND_HANG_IN_FSYNC") != 0) {
    for (;;) pause();
  }
  return static_cast<int>(syscall(SYS_fsync, descriptor));
}

}  // extern "C"
