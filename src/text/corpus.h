// Lines and pairs streamed from files.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include "base/base.h"

namespace attend::text {

/// No line may be longer: 1 MiB. A longer one is gone past, up to 1 GiB: what has no line feed
/// until there is no file of lines, and may never end (/dev/zero).
inline constexpr std::size_t kMaximumLineBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMaximumSkippedBytes = std::size_t{1} << 30;

/// One line, or one pair of lines, that cannot be taken. The reader has gone past it: the next call
/// reads what follows. Whoever cannot go on lets it pass as the DataError that it is.
class BadLine : public DataError {
 public:
  /// `problem` is the message without file and line.
  BadLine(const std::string& file, std::size_t line, const std::string& problem)
      : DataError(file, line, problem), problem_(problem) {}
  const std::string& problem() const { return problem_; }

 private:
  std::string problem_;
};

/// Lines of a file ("-": standard input), plain, gzip, xz or zstd (known by their first bytes, also
/// several behind one another), without the line's end (LF or CR LF) and without a UTF-8 byte order
/// mark at the start. One pass, constant memory; the lines of a plain pipe come as they arrive. Not
/// thread-safe. BadLine for broken UTF-8, a NUL byte and a line that is too long; DataError with
/// file and, once reading, line for what ends the whole file: it is missing, a directory, UTF-16,
/// without line feeds, or its compression is damaged or truncated.
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

/// Which sides of a pair may be blank (empty, or white space alone).
enum class BlankSides {
  kNone,    ///< a pair needs text on both sides
  kTarget,  ///< a target may be blank: the source has no answer
  kBoth     ///< and so may a source, and a whole line of a TSV, which then needs no TAB
};

/// Pairs streamed as they stand (no trimming). Not thread-safe. BadLine (file:line, found,
/// expected) for what LineReader calls a bad line (in either file), a line without exactly two
/// fields, and a blank side where none may be; DataError for files of unequal length and for a file
/// without any line; UsageError when `files` names both forms or neither.
class PairReader {
 public:
  explicit PairReader(const CorpusFiles& files, BlankSides blank = BlankSides::kNone);
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
