// Finds the file that a name leads to, and copies properties other than contents. Internal to the
// folder.
#pragma once

#include <sys/stat.h>

#include <filesystem>

namespace attend {

/// The file at the end of a chain of symbolic links.
struct Place {
  std::filesystem::path path;  ///< need not exist
  /// True for the name of an open file (/dev/stdout, /dev/fd/3), which must be written and not
  /// replaced.
  bool is_open_file = false;
};

/// Follows `path` while it is a symbolic link; the system follows links of the folders above it.
/// The caller must have asked the system (stat) before whether the links may be followed and
/// whether they end.
Place follow_links(const std::filesystem::path& path);

/// Whether something is mounted on this file (not a folder): such a file can be written but not
/// replaced. Returns false where the system does not tell.
bool is_mount(const std::filesystem::path& path);

/// Whether this user may not replace the file: the folder has the sticky bit (like /tmp), and the
/// user is neither root nor the owner of the file or of the folder. Returns false where the system
/// does not tell.
bool forbids_replacing(const std::filesystem::path& folder, const struct stat& file);

/// Gives the open file `to` the permissions, owner, group and extended attributes (such as access
/// lists) of the file `from`, whose status is `old`. Returns false when the owner, the group or an
/// attribute could not be given; the others are given nevertheless.
bool copy_identity(const std::filesystem::path& from, const struct stat& old, int to);

}  // namespace attend
