#include "train/folder_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/base.h"

namespace attend::train {

FolderLock::FolderLock(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw Error(fmt::format("{}: cannot make: {}", folder.string(), error.message()));
  descriptor_ = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor_ < 0) {
    throw Error(fmt::format("{}: cannot open: {}", folder.string(), std::strerror(errno)));
  }
  if (flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  const int reason = errno;
  close(descriptor_);
  if (reason != EWOULDBLOCK) {
    throw Error(fmt::format("{}: cannot lock: {}", folder.string(), std::strerror(reason)));
  }
  throw UsageError(fmt::format("{}: another training is at work in this folder", folder.string()));
}

FolderLock::~FolderLock() { close(descriptor_); }

}  // namespace attend::train
