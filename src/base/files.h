// Whole files read with a limit and written atomically.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <filesystem>
#include <ostream>
#include <string>
#include <string_view>

#include "base/temporaries.h"

namespace attend {

/// The bytes of a regular file. Throws DataError when it is missing, a directory, unreadable or
/// larger than `limit` bytes.
std::string read_file(const std::filesystem::path& path, std::size_t limit = std::size_t{1} << 30);

/// Whether what is written to `path` goes there directly because nothing can be replaced: "-", a
/// device or a pipe, the name of an open file (/dev/stdout).
bool is_written_directly(const std::filesystem::path& path);

/// Whether two names lead to one file, which both would write: by symbolic links, also to a file
/// that is still to be made, or by hard links. Not for "-", devices and pipes.
bool is_one_file(const std::filesystem::path& a, const std::filesystem::path& b);

/// What a file that is there already keeps, when not both can be had.
enum class Keep {
  /// Its owner, group, access list and hard links: what a person expects of an output.
  kIdentity,
  /// Its old contents, whole, under its other names (hard links) and for who has it open: what a
  /// model's files need. Owner, group and access list stay where the user may set them.
  kContents
};

/// A file that appears whole or not at all: bytes go to a temporary file in the same folder, which
/// commit() syncs and renames over `path`. Without commit() nothing remains, nor when a signal ends
/// the program (temporaries.h). A symbolic link stays: what it leads to is replaced.
///
/// A file that is there is written in place where a rename cannot replace it: it is a mount, or in
/// a folder without write permission; and with Keep::kIdentity, where it has other hard links, or
/// an owner, group or access list that the user may not give to a new file. It keeps its old
/// contents until commit() in this case too: the new ones wait in a file without a name, in the
/// same folder, in that for temporary files or in memory. commit() reserves room on the disk before
/// it writes over the old contents, which stay if there is none. If writing over them fails
/// nevertheless, the error says that the file is incomplete.
///
/// "-" is standard output; a device (/dev/…) and the name of an open file (/dev/stdout) are written
/// directly: they have nothing to replace.
/// Every failure, a full disk too, throws Error with the path and the system's reason.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path, Keep keep = Keep::kIdentity);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view bytes);
  /// Hands what was written so far to the system (a pipe's reader sees it).
  void flush();
  void commit();

 private:
  enum class Way { kDirectly, kByRename, kInPlace };

  void open_beside(const struct stat* old, Keep keep);
  bool open_in_place();
  void copy_into_place();
  void close_all();
  [[noreturn]] void fail(const char* action) const;

  std::filesystem::path path_;   // as given
  std::filesystem::path place_;  // what its symbolic links lead to
  Way way_ = Way::kDirectly;
  TemporaryFile temporary_;
  std::string buffer_;
  int descriptor_ = -1;        // of the temporary file, or of `path` when written directly
  int place_descriptor_ = -1;  // of `place` when written in place
};

/// AtomicFile in one call.
void write_file(const std::filesystem::path& path, std::string_view bytes,
                Keep keep = Keep::kIdentity);

}  // namespace attend
