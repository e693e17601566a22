// Where a name leads to, and what a file is besides its contents. Internal to the folder.
#pragma once

#include <sys/stat.h>

#include <filesystem>

namespace attend {

/// The end of a chain of symbolic links.
struct Place {
  std::filesystem::path path;  ///< need not exist
  /// It is the name of an open file (/dev/stdout, /dev/fd/3), which must be written and not
  /// replaced.
  bool is_open_file = false;
};

/// Follows the symbolic links that the last part of `path` consists of; the system follows those
/// of the folders. Whoever calls it has asked the system (stat) before whether they may be followed
/// and end.
Place follow_links(const std::filesystem::path& path);

/// A file (not a folder) that something is mounted on: it can be written but not replaced. False
/// where the system does not tell.
bool is_mount(const std::filesystem::path& path);

/// Whether the folder (like /tmp) lets only a file's owner replace it, and this user is neither
/// that of the file nor of the folder.
bool forbids_replacing(const std::filesystem::path& folder, const struct stat& file);

/// Gives the open file `to` the permissions of the file `from`, whose status is `old`, and its
/// owner, group and extended attributes (access lists are such). False when some of these three
/// could not be given; the rest is then.
bool copy_identity(const std::filesystem::path& from, const struct stat& old, int to);

}  // namespace attend
