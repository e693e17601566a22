#include "base/places.h"

#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>

namespace attend {
namespace {

// On a file system without extended attributes there is none that could be lost.
bool copy_attribute(const char* from, const char* name, int to) {
  const ssize_t size = getxattr(from, name, nullptr, 0);
  if (size < 0) return errno == ENOTSUP || errno == ENODATA;
  std::string value(static_cast<std::size_t>(size), '\0');
  if (getxattr(from, name, value.data(), value.size()) != size) return false;
  std::string there(value.size(), '\0');  // a security label may already be right
  if (fgetxattr(to, name, there.data(), there.size()) == size && there == value) return true;
  return fsetxattr(to, name, value.data(), value.size(), 0) == 0;
}

bool copy_attributes(const char* from, int to) {
  const ssize_t size = listxattr(from, nullptr, 0);
  if (size <= 0) return size == 0 || errno == ENOTSUP || errno == ENOSYS;
  std::string names(static_cast<std::size_t>(size), '\0');  // each name ends in a NUL
  const ssize_t found = listxattr(from, names.data(), names.size());
  if (found < 0) return false;
  bool all = true;
  for (ssize_t i = 0; i < found; i += static_cast<ssize_t>(std::strlen(&names[i])) + 1) {
    all = copy_attribute(from, &names[static_cast<std::size_t>(i)], to) && all;
  }
  return all;
}

}  // namespace

Place follow_links(const std::filesystem::path& path) {
  constexpr int kMostLinks = 40;
  std::error_code error;
  Place place{path};
  for (int i = 0; i < kMostLinks && std::filesystem::is_symlink(place.path, error); ++i) {
    const std::filesystem::path folder = place.path.parent_path();
    const auto whole = std::filesystem::canonical(folder.empty() ? "." : folder, error);
    if (whole.native().starts_with("/proc/")) return {place.path, true};
    const std::filesystem::path link = std::filesystem::read_symlink(place.path, error);
    if (error) break;
    place.path = folder / link;
  }
  return place;
}

bool is_mount(const std::filesystem::path& path) {
  struct statx found {};
  return statx(AT_FDCWD, path.c_str(), 0, 0, &found) == 0 &&
         (found.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

bool forbids_replacing(const std::filesystem::path& folder, const struct stat& file) {
  struct stat status {};
  const uid_t user = geteuid();
  return stat(folder.c_str(), &status) == 0 && (status.st_mode & S_ISVTX) != 0 && user != 0 &&
         user != status.st_uid && user != file.st_uid;
}

bool copy_identity(const std::filesystem::path& from, const struct stat& old, int to) {
  constexpr mode_t kPermissions = 0777;
  constexpr auto kUnchanged = static_cast<uid_t>(-1);
  struct stat now {};
  if (fstat(to, &now) != 0) return false;
  bool all = true;
  if (now.st_uid != old.st_uid || now.st_gid != old.st_gid) {
    all = fchown(to, old.st_uid, old.st_gid) == 0;
    if (!all) (void)!fchown(to, kUnchanged, old.st_gid);
  }
  fchmod(to, old.st_mode & kPermissions);  // after the change of owner, which may clear permissions
  return copy_attributes(from.c_str(), to) && all;
}

}  // namespace attend
