#include "base/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "base/descriptors.h"
#include "base/errors.h"

namespace attend {
namespace {

constexpr std::size_t kBufferSize = std::size_t{1} << 16;
constexpr std::string_view kTemporary = ".tmp-";
constexpr std::string_view kRandomPart = "XXXXXX";  // what mkostemp replaces

std::string system_reason() { return std::strerror(errno); }

// /dev/stdout or /dev/fd/3: the name of an open file, which must be written and not replaced.
bool names_open_file(const std::filesystem::path& path) {
  constexpr int kMostLinks = 40;
  std::error_code error;
  std::filesystem::path place = std::filesystem::absolute(path, error);
  for (int i = 0; i < kMostLinks && std::filesystem::is_symlink(place, error); ++i) {
    const auto folder = std::filesystem::canonical(place.parent_path(), error);
    if (folder.native().starts_with("/proc/")) return true;
    place = folder / std::filesystem::read_symlink(place, error);
    if (error) return false;
  }
  return false;
}

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

bool is_written_directly(const std::filesystem::path& path) {
  if (path == "-") return true;
  struct stat status {};
  if (stat(path.c_str(), &status) != 0 || S_ISDIR(status.st_mode)) return false;
  return !S_ISREG(status.st_mode) || names_open_file(path);
}

AtomicFile::AtomicFile(std::filesystem::path path) : path_(std::move(path)) {
  if (path_ == "-") {
    descriptor_ = STDOUT_FILENO;
    owns_descriptor_ = false;
    return;
  }
  struct stat status {};
  const bool exists = stat(path_.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) {
    errno = EISDIR;
    fail("cannot write");
  }
  if (is_written_directly(path_)) {
    descriptor_ = open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
    if (descriptor_ < 0) fail("cannot open");
    return;
  }
  std::string pattern = fmt::format("{}{}{}", path_.string(), kTemporary, kRandomPart);
  descriptor_ = mkostemp(pattern.data(), O_CLOEXEC);
  if (descriptor_ < 0) fail("cannot create a file beside");
  temporary_ = pattern;
  const mode_t mask = umask(0);
  umask(mask);
  fchmod(descriptor_, exists ? (status.st_mode & 0777) : (0666 & ~mask));
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0 && owns_descriptor_) close(descriptor_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

void AtomicFile::fail(const char* action) const {
  throw Error(fmt::format("{}: {}: {}", path_ == "-" ? "standard output" : path_.string(), action,
                          system_reason()));
}

void AtomicFile::write(std::string_view bytes) {
  buffer_.append(bytes);
  if (buffer_.size() >= kBufferSize) flush();
}

void AtomicFile::flush() {
  ATTEND_CHECK(descriptor_ >= 0);
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t count = write_descriptor(descriptor_, rest.data(), rest.size());
    if (count < 0) fail("cannot write");
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  buffer_.clear();
}

void AtomicFile::commit() {
  flush();
  if (!owns_descriptor_) return;
  if (!temporary_.empty() && fsync(descriptor_) != 0) fail("cannot write");
  const int descriptor = std::exchange(descriptor_, -1);
  if (close(descriptor) != 0) fail("cannot write");
  if (temporary_.empty()) return;
  if (rename(temporary_.c_str(), path_.c_str()) != 0) fail("cannot replace");
  temporary_.clear();
}

void remove_leftovers(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> leftovers;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    const std::size_t tail = kTemporary.size() + kRandomPart.size();
    if (name.size() > tail &&
        name.compare(name.size() - tail, kTemporary.size(), kTemporary) == 0) {
      leftovers.push_back(entry.path());
    }
  }
  for (const std::filesystem::path& file : leftovers) std::filesystem::remove(file, error);
}

void write_file(const std::filesystem::path& path, std::string_view bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

}  // namespace attend
