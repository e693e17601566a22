#include "base/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/descriptors.h"
#include "base/errors.h"
#include "base/places.h"

namespace attend {
namespace {

constexpr std::size_t kBufferSize = std::size_t{1} << 16;

std::string system_reason() { return std::strerror(errno); }

// Returns the folder that holds a file, as a name that can be opened.
std::filesystem::path folder_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write_descriptor(descriptor, bytes.data(), bytes.size());
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

// Copies all bytes of `from`, from its beginning, to the current position of `to`.
bool copy_all(int from, int to) {
  std::string bytes(kBufferSize, '\0');
  off_t position = 0;
  for (;;) {
    const ssize_t count = pread(from, bytes.data(), bytes.size(), position);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return count == 0;
    if (!write_all(to, {bytes.data(), static_cast<std::size_t>(count)})) return false;
    position += count;
  }
}

// Reserves room for a file to grow from `old_size` to `size` bytes, without a visible change.
// Returns false when the disk has no room. Returns true, although room may be missing, on file
// systems that cannot tell and on those that write new blocks before they free old ones.
bool reserve(int descriptor, off_t old_size, off_t size) {
  if (size <= old_size) return true;
  if (fallocate(descriptor, FALLOC_FL_KEEP_SIZE, old_size, size - old_size) == 0) return true;
  if (errno != ENOSPC && errno != EDQUOT && errno != EFBIG) return true;
  const int reason = errno;
  (void)!ftruncate(descriptor, old_size);  // frees what was reserved
  errno = reason;
  return false;
}

// Blocks the signals that end the program, in this thread, during its lifetime.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    const sigset_t signals = ending_signals();
    pthread_sigmask(SIG_BLOCK, &signals, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace

std::string read_file(const std::filesystem::path& path, std::size_t limit) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw DataError(path.string(), 0, "cannot open: " + system_reason());
  std::string bytes;
  std::string problem;
  while (problem.empty()) {
    const std::size_t old_size = bytes.size();
    bytes.resize(old_size + kBufferSize);
    const ssize_t count = read_descriptor(descriptor, bytes.data() + old_size, kBufferSize);
    bytes.resize(old_size + static_cast<std::size_t>(count > 0 ? count : 0));
    if (count < 0) problem = "cannot read: " + system_reason();
    if (count <= 0) break;
    if (bytes.size() > limit) problem = fmt::format("larger than the limit of {} bytes", limit);
  }
  close(descriptor);
  if (!problem.empty()) throw DataError(path.string(), 0, problem);
  return bytes;
}

bool is_one_file(const std::filesystem::path& a, const std::filesystem::path& b) {
  std::error_code unknown;
  if (std::filesystem::equivalent(a, b, unknown)) return true;
  const auto whole = [&](const std::filesystem::path& path) {
    return std::filesystem::weakly_canonical(
        std::filesystem::absolute(follow_links(path).path, unknown), unknown);
  };
  return whole(a) == whole(b);
}

bool is_written_directly(const std::filesystem::path& path) {
  if (path == "-") return true;
  struct stat status {};
  if (stat(path.c_str(), &status) != 0 || S_ISDIR(status.st_mode)) return false;
  return !S_ISREG(status.st_mode) || follow_links(path).is_open_file;
}

AtomicFile::AtomicFile(std::filesystem::path path, Keep keep) : path_(std::move(path)) {
  if (path_ == "-") {
    descriptor_ = STDOUT_FILENO;
    return;
  }
  struct stat status {};
  const bool exists = stat(path_.c_str(), &status) == 0;
  if (!exists && errno != ENOENT) fail("cannot write");
  if ((exists && S_ISDIR(status.st_mode)) || !path_.has_filename()) {
    errno = EISDIR;
    fail("cannot write");
  }
  if (is_written_directly(path_)) {
    descriptor_ = open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    if (descriptor_ < 0) fail("cannot open");
    return;
  }
  place_ = follow_links(path_).path;
  if (exists && is_mount(place_)) {
    if (!open_in_place()) fail("cannot write");
    return;
  }
  if (exists && status.st_nlink > 1 && keep == Keep::kIdentity && open_in_place()) return;
  open_beside(exists ? &status : nullptr, keep);
}

AtomicFile::~AtomicFile() { close_all(); }

void AtomicFile::close_all() {
  if (descriptor_ >= 0 && path_ != "-") close(descriptor_);
  if (place_descriptor_ >= 0) close(place_descriptor_);
  descriptor_ = place_descriptor_ = -1;
}

void AtomicFile::fail(const char* action) const {
  throw Error(fmt::format("{}: {}: {}", path_ == "-" ? "standard output" : path_.string(), action,
                          system_reason()));
}

// Opens a temporary file that a rename will put in the place of the old one. Where that is not
// allowed, opens the old file to be written in place.
void AtomicFile::open_beside(const struct stat* old, Keep keep) {
  constexpr mode_t kPrivate = 0600, kUsual = 0666;  // before the user's mask is applied
  descriptor_ = temporary_.create(folder_of(place_), old != nullptr ? kPrivate : kUsual);
  if (descriptor_ < 0) {
    const int reason = errno;
    const bool forbidden = reason == EACCES || reason == EPERM || reason == EROFS;
    if (old != nullptr && forbidden && open_in_place()) return;
    errno = reason;
    fail("cannot create a file beside");
  }
  way_ = Way::kByRename;
  if (old == nullptr || copy_identity(place_, *old, descriptor_)) return;
  if (keep == Keep::kContents) return;
  const int beside = std::exchange(descriptor_, -1);
  if (open_in_place()) {
    close(beside);
    return;
  }
  const int reason = errno;
  descriptor_ = beside;  // the folder may let this user replace the file, though not with its owner
  errno = reason;
  if (forbids_replacing(folder_of(place_), *old)) fail("cannot write");
}

// Returns false and changes nothing when the file may not be written, or when there is no place to
// keep the new contents until commit().
bool AtomicFile::open_in_place() {
  const int place = open(place_.c_str(), O_WRONLY | O_CLOEXEC);
  if (place < 0) return false;
  std::error_code unknown;
  const auto other_folder = std::filesystem::temp_directory_path(unknown);
  constexpr mode_t kPrivate = 0600;
  TemporaryFile waiting;
  int descriptor = waiting.create(folder_of(place_), kPrivate);
  if (descriptor < 0 && !unknown) descriptor = waiting.create(other_folder, kPrivate);
  if (descriptor < 0) descriptor = memfd_create("attend", MFD_CLOEXEC);
  if (descriptor < 0) {
    close(place);
    return false;
  }
  waiting.remove();  // removes only the name: the file lives as long as it is open
  temporary_.remove();
  descriptor_ = descriptor;
  place_descriptor_ = place;
  way_ = Way::kInPlace;
  return true;
}

void AtomicFile::write(std::string_view bytes) {
  buffer_.append(bytes);
  if (buffer_.size() >= kBufferSize) flush();
}

void AtomicFile::flush() {
  ATTEND_CHECK(descriptor_ >= 0);
  if (!write_all(descriptor_, buffer_)) fail("cannot write");
  buffer_.clear();
}

void AtomicFile::overwrite(std::size_t offset, std::string_view bytes) {
  ATTEND_CHECK(way_ != Way::kDirectly);
  flush();
  while (!bytes.empty()) {
    const ssize_t count =
        pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("cannot write");
    offset += static_cast<std::size_t>(count);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void AtomicFile::commit() {
  flush();
  if (path_ == "-") return;
  if (way_ == Way::kInPlace) {
    copy_into_place();
  } else if (way_ == Way::kByRename) {
    if (fsync(descriptor_) != 0) fail("cannot write");
    if (!temporary_.rename_to(place_)) {
      // A mount (EBUSY), or another user's file in a folder like /tmp (EPERM), cannot be replaced
      // but can still be written.
      const int reason = errno;
      const bool forbidden = reason == EBUSY || reason == EPERM || reason == EACCES;
      place_descriptor_ = forbidden ? open(place_.c_str(), O_WRONLY | O_CLOEXEC) : -1;
      errno = reason;
      if (place_descriptor_ < 0) fail("cannot replace");
      copy_into_place();
      temporary_.remove();
    }
  }
  const int descriptor = std::exchange(descriptor_, -1);
  if (close(descriptor) != 0) fail("cannot write");
  close_all();
}

void AtomicFile::copy_into_place() {
  struct stat old {
  }, now{};
  if (fstat(place_descriptor_, &old) != 0 || fstat(descriptor_, &now) != 0 ||
      !reserve(place_descriptor_, old.st_size, now.st_size)) {
    fail("cannot write");
  }
  const SignalsBlocked until_it_is_whole;
  if (!copy_all(descriptor_, place_descriptor_) || ftruncate(place_descriptor_, now.st_size) != 0 ||
      fsync(place_descriptor_) != 0) {
    fail("is incomplete now, cannot write");
  }
}

void write_file(const std::filesystem::path& path, std::string_view bytes, Keep keep) {
  AtomicFile file(path, keep);
  file.write(bytes);
  file.commit();
}

}  // namespace attend
