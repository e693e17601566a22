// Writes a file of lines, compressed where its name asks for it.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

namespace attend::text {

/// An AtomicFile (base/files.h), with the promises of that class, that compresses its contents when
/// the name ends in .gz. Throws UsageError for names that end in .xz or .zst, which Attend only
/// reads. Not thread-safe.
class OutputFile {
 public:
  explicit OutputFile(const std::filesystem::path& path);
  ~OutputFile();
  OutputFile(OutputFile&&) noexcept;
  OutputFile& operator=(OutputFile&&) noexcept;

  void write(std::string_view bytes);
  /// Hands everything written so far to the system, so that a reader of the file sees it.
  void flush();
  void commit();

 private:
  struct Data;
  std::unique_ptr<Data> data_;
};

}  // namespace attend::text
