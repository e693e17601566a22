// Reads lines and pairs of lines from files, as streams.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/base.h"
#include "text/columns.h"
#include "text/marks.h"

namespace attend::text {

/// The longest line that is accepted: 1 MiB. LineReader skips a longer line if it ends within
/// kMaximumSkippedBytes, 1 GiB. Otherwise the file is not a file of lines, and may never end
/// (/dev/zero).
inline constexpr std::size_t kMaximumLineBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMaximumSkippedBytes = std::size_t{1} << 30;

/// One line, or one pair of lines, that cannot be used. The reader has skipped it: the next call
/// reads what follows. A caller that cannot go on without the line may treat the exception as the
/// DataError that it is.
class BadLine : public DataError {
 public:
  /// The kind of problem.
  enum class Cause {
    kText,   ///< its bytes, marks or sides
    kFields  ///< it lacks expected fields, as all lines do where an option is missing or wrong
  };
  /// `problem` is the message without file and line.
  BadLine(const std::string& file, std::size_t line, const std::string& problem,
          Cause cause = Cause::kText)
      : DataError(file, line, problem), problem_(problem), cause_(cause) {}
  const std::string& problem() const { return problem_; }
  Cause cause() const { return cause_; }

 private:
  std::string problem_;
  Cause cause_;
};

class ByteStream;  // byte_stream.h

/// Reads the lines of a file, or of standard input for "-". The file may be plain or compressed
/// with gzip, xz or zstd, as its first bytes tell; several compressed streams may follow each
/// other. Lines come without their end (LF or CR LF), and the first one without a UTF-8 byte order
/// mark. One pass, constant memory; the lines of an uncompressed pipe are returned as they arrive.
/// Not thread-safe.
///
/// Throws BadLine for a line with broken UTF-8 or a NUL byte and for one that is too long. Throws
/// DataError, with the file and, once reading has begun, the line, when the whole file is unusable:
/// it is missing, a directory, UTF-16 or without line feeds, or its compressed data is damaged or
/// truncated.
class LineReader {
 public:
  explicit LineReader(const std::filesystem::path& path);
  /// For this folder: reads the lines of a stream. `name` is that of its file, for messages.
  LineReader(std::unique_ptr<ByteStream> stream, std::string name);
  ~LineReader();
  LineReader(LineReader&&) noexcept;
  LineReader& operator=(LineReader&&) noexcept;
  /// Reads the next line. Returns false at the end of the file.
  bool next(std::string& line);
  std::size_t line_number() const;  ///< number of the line that was read last, from 1
  const std::string& name() const;  ///< for messages: the path, or "standard input"

 private:
  struct Data;
  std::unique_ptr<Data> data_;
};

/// The columns of a line that say what is asked of the target of its source. A line may end before
/// them; it then asks less.
struct RequestColumns {
  Columns prefix = {};    ///< one column: what the target begins with
  Columns required = {};  ///< each column is a phrase that the target must contain

  bool any() const { return !prefix.empty() || !required.empty(); }
};

/// The request of a line for the target of its source.
struct SourceRequest {
  std::string prefix;
  std::vector<std::string> required;
};

/// Reads sources, one a line. Not thread-safe. Throws as LineReader does, and BadLine for marks
/// that cannot be used.
class SourceReader {
 public:
  /// A source consists of the `columns` of its line, joined by TABs, or of the whole line. Columns
  /// count in the line as it stands in the file, the column of allowed words among them. UsageError
  /// when `marks` sets both of its fields, or a column that is one of `columns`. A line that lacks
  /// one of the columns is a BadLine; a blank line is an empty source. With columns of requests the
  /// source is column 1 where `columns` names none. UsageError for a column with two tasks.
  explicit SourceReader(const std::filesystem::path& path, const SourceMarks& marks = {},
                        const Columns& columns = {}, const RequestColumns& requests = {});
  /// Reads the next source. Returns false at the end of the file.
  bool next(MarkedSource& source);
  /// Also returns what its line asks.
  bool next(MarkedSource& source, SourceRequest& request);
  std::size_t line_number() const { return lines_.line_number(); }
  const std::string& name() const { return lines_.name(); }

 private:
  LineReader lines_;
  SourceMarks marks_;
  Columns columns_;
  RequestColumns requests_;
};

struct Pair {
  std::string source;  ///< without its marks
  std::string target;
  /// Bytes of `source` where attention may look, as MarkedSource has them; empty: everywhere.
  std::vector<ByteSpan> allowed = {};
  std::vector<std::string> references = {};  ///< further targets; they may be blank
};

/// How a line of CorpusFiles::tsv holds a pair.
enum class PairFormat {
  kOpen,         ///< kTsv, until find_labels() (labels.h) finds another format
  kTsv,          ///< source TAB target, or the columns that are named
  kTargetFirst,  ///< target TAB source
  /// Lines of fastText: "__label__", the target, white space, the source. The target is the first
  /// word of its line. A second word that begins with __label__ makes the line bad.
  kFastText
};

/// What a label begins with in PairFormat::kFastText.
inline constexpr std::string_view kLabelPrefix = "__label__";

/// The files that hold pairs: either one TSV with two fields, or two parallel files. Set either
/// `tsv` or both of the others. Marks are those of the TSV, or of the file of sources: without the
/// column of allowed words, a line of the TSV has two fields and a line of the other file is a
/// source.
///
/// Where `columns` names any, a line of the TSV may have any number of fields, as long as those
/// that are named exist; only an open range of references, "3-", may be empty. Several columns of a
/// side are joined by TABs, but each column of references is a text of its own. Columns then count
/// in the line as it stands in the file, and so does the column of allowed words. They need kTsv or
/// kOpen.
struct CorpusFiles {
  std::filesystem::path tsv;
  std::filesystem::path source;
  std::filesystem::path target;
  SourceMarks marks = {};
  PairColumns columns = {};
  PairFormat format = PairFormat::kOpen;
};

/// Says which sides of a pair may be blank: empty or only white space.
enum class BlankSides {
  kNone,    ///< a pair needs text on both sides
  kTarget,  ///< a target may be blank: the source has no answer
  kBoth     ///< a source may be blank too, and so may a line of a TSV, which then needs no TAB
};

/// Reads pairs as they are written, without trimming. Not thread-safe. Throws BadLine (file:line,
/// what was found, what was expected) for a line of either file that LineReader rejects, a line
/// without exactly two fields or without the columns that are named, a line that its format does
/// not allow, marks that cannot be used, and a side that is blank although `blank` does not allow
/// it. Throws DataError for files of unequal length and for a file without any line; UsageError
/// when `files` names both forms or neither, has marks of both kinds, or has columns, a format or
/// marks that do not fit together.
class PairReader {
 public:
  explicit PairReader(const CorpusFiles& files, BlankSides blank = BlankSides::kNone);
  ~PairReader();
  PairReader(PairReader&&) noexcept;
  PairReader& operator=(PairReader&&) noexcept;
  bool next(Pair& pair);
  std::size_t line_number() const;  ///< number of the pair that was read last, from 1
  const std::string& name() const;  ///< for messages: the name of the TSV or of the source file

  /// Whether the format of the lines may still be found: a TSV of PairFormat::kOpen without columns
  /// and without a column of allowed words.
  bool is_open() const;
  PairFormat format() const;
  /// Reads lines ahead, at most kLinesAhead lines and about kBytesAhead bytes, which next() will
  /// return as pairs, and returns them. Lines that cannot be read are left out; next() throws their
  /// errors in their place. The views are valid until next() is called. Only where is_open() is
  /// true, and before the first pair is read.
  std::vector<std::string_view> look_ahead();
  /// Says how to read the lines where is_open() is true. `format` must not be kOpen.
  void read_as(PairFormat format);
  /// Returns one sentence that says which column the other side has, where only one side has named
  /// columns and the first line has more than two fields. Otherwise returns an empty text. Reads
  /// one line ahead: call it before the first pair is read.
  std::string assumed_column();

  static constexpr std::size_t kLinesAhead = 5000;
  static constexpr std::size_t kBytesAhead = std::size_t{1} << 24;

 private:
  struct Data;
  std::unique_ptr<Data> data_;
};

}  // namespace attend::text
