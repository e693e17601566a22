// Reading the bytes of a file, which are decompressed where necessary. Internal to the folder.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

namespace attend::text {

/// The reason why bytes could not be read. The reader adds file and line to it.
class ReadFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One pass over a sequence of bytes, in constant memory. Not thread-safe.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// Stores at most `size` (> 0) bytes and returns their number; 0 means the end. Returns the bytes
  /// that are already there instead of waiting for more, so that the lines of an uncompressed pipe
  /// arrive one by one. Throws ReadFailure.
  virtual std::size_t read(char* bytes, std::size_t size) = 0;
};

/// Opens a file, or standard input for "-". The first bytes tell whether it is compressed with
/// gzip, xz or zstd; a file may hold several compressed streams, one after the other. Throws
/// ReadFailure.
std::unique_ptr<ByteStream> open_byte_stream(const std::filesystem::path& path);

}  // namespace attend::text
