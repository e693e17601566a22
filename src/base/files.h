// Reading whole files up to a limit, and writing files atomically.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <filesystem>
#include <ostream>
#include <string>
#include <string_view>

#include "base/temporaries.h"

namespace attend {

/// Returns the bytes of a regular file. Throws DataError when the file is missing, a directory,
/// unreadable or larger than `limit` bytes.
std::string read_file(const std::filesystem::path& path, std::size_t limit = std::size_t{1} << 30);

/// Whether AtomicFile writes to `path` directly because there is nothing that it could replace:
/// `path` is "-", a device, a pipe or the name of an open file (/dev/stdout).
bool is_written_directly(const std::filesystem::path& path);

/// Whether two names lead to one file, so that writing both would overwrite one with the other.
/// Follows symbolic links, also to a file that does not exist yet, and knows hard links. Not for
/// "-", devices and pipes.
bool is_one_file(const std::filesystem::path& a, const std::filesystem::path& b);

/// An existing file that is replaced cannot always keep both its identity (owner, group, access
/// list, hard links) and its old contents under other names. Keep says which of the two to keep.
enum class Keep {
  /// Owner, group, access list and hard links stay, as people expect of an output.
  kIdentity,
  /// The old contents stay whole under the file's other names (hard links) and for programs that
  /// have it open. The files of a model need this. Owner, group and access list stay only where the
  /// user may set them.
  kContents
};

/// A file that appears whole or not at all. Bytes go to a temporary file in the same folder;
/// commit() syncs it and renames it to `path`. Without commit() no temporary file remains, even
/// when a signal ends the program (temporaries.h). A symbolic link stays and the file that it leads
/// to is replaced.
///
/// An existing file is written in place where a rename cannot replace it: where it is a mount, lies
/// in a folder without write permission, or belongs to another user in a folder with the sticky bit
/// (like /tmp). With Keep::kIdentity it is also written in place where it has other hard links, or
/// has an owner, group or access list that the user may not give to a new file. In this case too
/// the old contents stay until commit(). Until then the new contents wait in a temporary file whose
/// name is removed at once: in the same folder if possible, else in the folder for temporary files,
/// else in memory. commit() reserves room on the disk before it writes over the old contents, which
/// stay if there is no room. If writing over them fails nevertheless, the error says that the file
/// is incomplete.
///
/// "-" is standard output. A device (/dev/…) and the name of an open file (/dev/stdout) are written
/// directly, because there is nothing to replace.
///
/// Every failure, including a full disk, throws Error with the path and the system's reason. Not
/// thread-safe.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path, Keep keep = Keep::kIdentity);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view bytes);
  /// Writes over bytes that were written before, from byte `offset` of the file on. Not for a file
  /// that is written directly.
  void overwrite(std::size_t offset, std::string_view bytes);
  /// Hands everything written so far to the system, so that the reader of a pipe sees it.
  void flush();
  void commit();

 private:
  enum class Way { kDirectly, kByRename, kInPlace };

  void open_beside(const struct stat* old, Keep keep);
  bool open_in_place();
  void copy_into_place();
  void close_all();
  [[noreturn]] void fail(const char* action) const;

  std::filesystem::path path_;   // the name that the caller gave
  std::filesystem::path place_;  // the file that the symbolic links of `path_` lead to
  Way way_ = Way::kDirectly;
  TemporaryFile temporary_;
  std::string buffer_;
  int descriptor_ = -1;        // the temporary file, or `path_` when it is written directly
  int place_descriptor_ = -1;  // `place_` when it is written in place
};

/// Writes all of `bytes` with an AtomicFile and commits it.
void write_file(const std::filesystem::path& path, std::string_view bytes,
                Keep keep = Keep::kIdentity);

}  // namespace attend
