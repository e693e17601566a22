// A file of which parts are read when they are needed. Internal to the folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace attend::vision {

/// An open regular file. Immutable and thread-safe. The file may be larger than the memory.
class RandomAccessFile {
 public:
  /// Throws DataError where the file is missing or not a regular one. `expected` says what it
  /// should be, for this message: "packed images".
  RandomAccessFile(const std::filesystem::path& path, const std::string& expected);
  ~RandomAccessFile();
  RandomAccessFile(const RandomAccessFile&) = delete;
  RandomAccessFile& operator=(const RandomAccessFile&) = delete;

  const std::string& name() const { return name_; }
  std::uint64_t size() const { return size_; }  ///< in bytes, when the file was opened
  /// Returns a part of the file. Throws DataError where it cannot be read, as when the file has
  /// become shorter.
  std::vector<std::uint8_t> read(std::uint64_t offset, std::uint64_t length) const;

 private:
  std::string name_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace attend::vision
