// Whole files read with a limit and written atomically.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>

namespace attend {

/// The bytes of a regular file. Throws DataError when it is missing, a directory, unreadable or
/// larger than `limit` bytes.
std::string read_file(const std::filesystem::path& path, std::size_t limit = std::size_t{1} << 30);

/// Whether what is written to `path` goes there directly because nothing can be replaced: "-", a
/// device or a pipe, the name of an open file (/dev/stdout).
bool is_written_directly(const std::filesystem::path& path);

/// A file that appears whole or not at all: bytes go to a temporary file in the same folder, which
/// commit() syncs and renames over `path`. Without commit() nothing remains.
/// "-" is standard output; a device (/dev/…) and the name of an open file (/dev/stdout) are written
/// directly: they have nothing to replace.
/// Every failure, a full disk too, throws Error with the path and the system's reason.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view bytes);
  /// Hands what was written so far to the system (a pipe's reader sees it).
  void flush();
  void commit();

 private:
  [[noreturn]] void fail(const char* action) const;

  std::filesystem::path path_;
  std::filesystem::path temporary_;  // empty when written directly
  std::string buffer_;
  int descriptor_ = -1;
  bool owns_descriptor_ = true;
};

/// Removes what AtomicFile leaves in a folder when the program is killed. Not while another program
/// writes there. Does nothing when there is no such folder.
void remove_leftovers(const std::filesystem::path& folder);

/// AtomicFile in one call.
void write_file(const std::filesystem::path& path, std::string_view bytes);

}  // namespace attend
