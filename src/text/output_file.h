// A file of lines, compressed where its name says so.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

namespace attend::text {

/// AtomicFile (base/files.h) with the same promises; what is written to a name that ends in .gz is
/// compressed on the way. UsageError for .xz and .zst, which are only read. Not thread-safe.
class OutputFile {
 public:
  explicit OutputFile(const std::filesystem::path& path);
  ~OutputFile();
  OutputFile(OutputFile&&) noexcept;
  OutputFile& operator=(OutputFile&&) noexcept;

  void write(std::string_view bytes);
  /// Hands what was written so far to the system: a reader of the file can see it.
  void flush();
  void commit();

 private:
  struct Data;
  std::unique_ptr<Data> data_;
};

}  // namespace attend::text
