// The bytes of a file, decompressed on the way. Internal to the folder.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

namespace attend::text {

/// Why bytes could not be read; the reader adds file and line.
class ReadFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One pass over some bytes in constant memory. Not thread-safe.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// Fills at most `size` (> 0) bytes and returns how many; 0 at the end. Returns what is there
  /// instead of waiting for more, so that the lines of a plain pipe arrive one by one. Throws
  /// ReadFailure.
  virtual std::size_t read(char* bytes, std::size_t size) = 0;
};

/// A file, or standard input for "-". The first bytes tell gzip, xz and zstd, of which several may
/// follow one another. Throws ReadFailure.
std::unique_ptr<ByteStream> open_byte_stream(const std::filesystem::path& path);

}  // namespace attend::text
