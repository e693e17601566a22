// Lines and pairs streamed from files.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

namespace attend::text {

/// No line may be longer: 1 MiB.
inline constexpr std::size_t kMaximumLineBytes = std::size_t{1} << 20;

/// Lines of a file ("-": standard input), plain, gzip, xz or zstd (known by their first bytes, also
/// several behind one another), without the line's end (LF or CR LF) and without a UTF-8 byte order
/// mark at the start. One pass, constant memory; the lines of a plain pipe come as they arrive. Not
/// thread-safe. DataError with file and, once reading, line for a missing file, a directory, broken
/// UTF-8, a NUL byte, a line that is too long, damaged or truncated compression.
class LineReader {
 public:
  explicit LineReader(const std::filesystem::path& path);
  ~LineReader();
  LineReader(LineReader&&) noexcept;
  LineReader& operator=(LineReader&&) noexcept;
  /// False at the end of the file.
  bool next(std::string& line);
  std::size_t line_number() const;  ///< of the line read last, from 1
  const std::string& name() const;  ///< for messages: the path, or "standard input"

 private:
  struct Data;
  std::unique_ptr<Data> data_;
};

struct Pair {
  std::string source;
  std::string target;
};

/// Where pairs come from: a TSV of two fields, or two parallel files (set either `tsv` or both
/// others).
struct CorpusFiles {
  std::filesystem::path tsv;
  std::filesystem::path source;
  std::filesystem::path target;
};

/// Pairs streamed as they stand (no trimming). Not thread-safe. DataError (file:line, found,
/// expected) for a line without exactly two fields, an empty (blank) source or target, files of
/// unequal length, a file without any pair; UsageError when `files` names both forms or neither.
class PairReader {
 public:
  explicit PairReader(const CorpusFiles& files);
  ~PairReader();
  PairReader(PairReader&&) noexcept;
  PairReader& operator=(PairReader&&) noexcept;
  bool next(Pair& pair);
  std::size_t line_number() const;  ///< of the pair read last, from 1
  const std::string& name() const;  ///< of the TSV or of the source file, for messages

 private:
  struct Data;
  std::unique_ptr<Data> data_;
};

}  // namespace attend::text
