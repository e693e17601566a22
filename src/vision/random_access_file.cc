#include "vision/random_access_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/base.h"

namespace attend::vision {

RandomAccessFile::RandomAccessFile(const std::filesystem::path& path, const std::string& expected)
    : name_(path.string()) {
  descriptor_ = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0) {
    throw DataError(name_, 0, fmt::format("cannot open: {}", std::strerror(errno)));
  }
  struct stat status {};
  if (fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
    close(descriptor_);
    throw DataError(name_, 0,
                    fmt::format("found something else than a regular file, expected {}", expected));
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

RandomAccessFile::~RandomAccessFile() { close(descriptor_); }

std::vector<std::uint8_t> RandomAccessFile::read(std::uint64_t offset, std::uint64_t length) const {
  std::vector<std::uint8_t> bytes(length);
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = pread(descriptor_, bytes.data() + done, bytes.size() - done,
                                static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      throw DataError(name_, 0, fmt::format("cannot read: {}", std::strerror(errno)));
    }
    if (count == 0) throw DataError(name_, 0, "the file has become shorter while it was read");
    done += static_cast<std::size_t>(count);
  }
  return bytes;
}

}  // namespace attend::vision
