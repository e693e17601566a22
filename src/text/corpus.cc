#include "text/corpus.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "base/base.h"
#include "text/byte_stream.h"
#include "text/unicode.h"

namespace attend::text {

struct LineReader::Data {
  std::string name;
  std::unique_ptr<ByteStream> stream;
  std::size_t line_number = 0;
  std::array<char, std::size_t{1} << 16> buffer;
  std::size_t begin = 0;  // buffer[begin, end) has not been returned yet
  std::size_t end = 0;

  [[noreturn]] void fail(std::size_t line, const std::string& problem) const {
    throw DataError(name, line, problem);
  }
  [[noreturn]] void refuse_line(const std::string& problem) const {
    throw BadLine(name, line_number, problem);
  }
  bool fill();
  bool read_to_line_feed(std::string& line);
  void check(const std::string& line) const;
};

bool LineReader::Data::fill() {
  if (begin < end) return true;
  try {
    begin = 0;
    end = 0;
    end = stream->read(buffer.data(), buffer.size());
  } catch (const ReadFailure& failure) {
    fail(line_number + 1, failure.what());
  }
  return end > 0;
}

/// Returns false when nothing is left. Of a line that is too long, only the beginning is kept.
bool LineReader::Data::read_to_line_feed(std::string& line) {
  line.clear();
  std::size_t length = 0;
  bool found_any = false;
  while (fill()) {
    found_any = true;
    const char* start = buffer.data() + begin;
    const auto* feed = static_cast<const char*>(std::memchr(start, '\n', end - begin));
    const std::size_t count =
        feed != nullptr ? static_cast<std::size_t>(feed - start) : end - begin;
    constexpr std::size_t kKept = kMaximumLineBytes + 2;  // more than the longest line and its CR
    line.append(start, std::min(count, kKept - line.size()));
    begin += count + (feed != nullptr ? 1 : 0);
    if (feed != nullptr) break;
    length += count;
    if (length > kMaximumSkippedBytes) {
      fail(line_number + 1, fmt::format("a line of more than {} bytes", kMaximumSkippedBytes));
    }
  }
  return found_any;
}

void LineReader::Data::check(const std::string& line) const {
  if (line_number == 1 && (line.starts_with("\xff\xfe") || line.starts_with("\xfe\xff"))) {
    fail(line_number, "the file is UTF-16, expected UTF-8");
  }
  if (line.size() > kMaximumLineBytes) {
    refuse_line(fmt::format("a line of more than {} bytes", kMaximumLineBytes));
  }
  if (const std::size_t place = line.find('\0'); place != std::string::npos) {
    refuse_line(fmt::format("byte {} of the line is NUL: not a text file", place + 1));
  }
  if (const std::size_t place = find_broken_utf8(line); place != std::string::npos) {
    refuse_line(fmt::format("byte {} of the line (0x{:02x}) is not UTF-8", place + 1,
                            static_cast<unsigned char>(line[place])));
  }
}

LineReader::LineReader(const std::filesystem::path& path) : data_(std::make_unique<Data>()) {
  data_->name = path == "-" ? "standard input" : path.string();
  try {
    data_->stream = open_byte_stream(path);
  } catch (const ReadFailure& failure) {
    data_->fail(0, failure.what());
  }
}

LineReader::LineReader(std::unique_ptr<ByteStream> stream, std::string name)
    : data_(std::make_unique<Data>()) {
  data_->name = std::move(name);
  data_->stream = std::move(stream);
}

LineReader::~LineReader() = default;
LineReader::LineReader(LineReader&&) noexcept = default;
LineReader& LineReader::operator=(LineReader&&) noexcept = default;

bool LineReader::next(std::string& line) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (!data_->read_to_line_feed(line)) return false;
  ++data_->line_number;
  if (line.ends_with('\r')) line.pop_back();
  if (data_->line_number == 1 && line.starts_with(kByteOrderMark)) {
    line.erase(0, kByteOrderMark.size());
  }
  data_->check(line);
  return true;
}

std::size_t LineReader::line_number() const { return data_->line_number; }
const std::string& LineReader::name() const { return data_->name; }

namespace {

constexpr std::string_view kExpected = "expected source TAB target";

void check_marks(const SourceMarks& marks) {
  if (marks.allowed_column > 0 && marks.span_markup) {
    throw UsageError("a column of allowed words and <span> markers exclude each other");
  }
}

// Runs `action`, which takes marks of the reader's last line, and makes a BadLine of its DataError.
template <class Action>
void take_marks(const LineReader& reader, Action&& action) {
  try {
    action();
  } catch (const DataError& error) {
    throw BadLine(reader.name(), reader.line_number(), error.what());
  }
}

/// Stores the two fields of a TSV line in `pair`, or returns why there are none.
std::string split_fields(const std::string& line, BlankSides blank, Pair& pair) {
  pair.source.clear();
  pair.target.clear();
  if (blank == BlankSides::kBoth && is_blank(line)) return {};
  if (line.empty()) return fmt::format("an empty line, {}", kExpected);
  const std::size_t tab = line.find('\t');
  if (tab == std::string::npos) return fmt::format("one field, {}", kExpected);
  std::size_t fields = 2;
  for (std::size_t i = tab + 1; i < line.size(); ++i) fields += line[i] == '\t' ? 1 : 0;
  if (fields > 2) return fmt::format("{} fields, expected 2 (source TAB target)", fields);
  pair.source.assign(line, 0, tab);
  pair.target.assign(line, tab + 1);
  return {};
}

void check_files(const CorpusFiles& files) {
  check_marks(files.marks);
  const bool tsv = !files.tsv.empty();
  const bool parallel = !files.source.empty() || !files.target.empty();
  if (tsv && parallel) throw UsageError("give pairs either as one TSV or as two parallel files");
  if (!tsv && !parallel) throw UsageError("no file of pairs given");
  if (tsv) return;
  if (files.source.empty()) throw UsageError("a target file without a source file");
  if (files.target.empty()) throw UsageError("a source file without a target file");
  if (files.source == "-" && files.target == "-") {
    throw UsageError("source and target cannot both be standard input");
  }
}

void set_source(Pair& pair, MarkedSource source) {
  pair.source = std::move(source.text);
  pair.allowed = std::move(source.allowed);
}

}  // namespace

SourceReader::SourceReader(const std::filesystem::path& path, const SourceMarks& marks)
    : lines_(path), marks_(marks) {
  check_marks(marks);
}

bool SourceReader::next(MarkedSource& source) {
  std::string line;
  if (!lines_.next(line)) return false;
  take_marks(lines_, [&] { source = read_marked_line(std::move(line), marks_); });
  return true;
}

struct PairReader::Data {
  LineReader first;                    // reads the TSV or the source file
  std::unique_ptr<LineReader> second;  // reads the target file
  BlankSides blank;
  SourceMarks marks;
  std::string line = {};

  bool next_fields(Pair& pair);
  bool next_parallel(Pair& pair);
  void check_sides(const Pair& pair) const;
};

bool PairReader::Data::next_fields(Pair& pair) {
  if (!first.next(line)) return false;
  std::string ranges;
  const bool has_column = marks.allowed_column > 0 && !is_blank(line);
  if (has_column) take_marks(first, [&] { ranges = take_field(line, marks.allowed_column); });
  const std::string problem = split_fields(line, blank, pair);
  if (!problem.empty()) throw BadLine(first.name(), first.line_number(), problem);
  take_marks(first, [&] { set_source(pair, read_marks(std::move(pair.source), ranges, marks)); });
  check_sides(pair);
  return true;
}

// Both files are read before a bad line of one of them is reported, so that they stay in step.
bool PairReader::Data::next_parallel(Pair& pair) {
  std::optional<BadLine> bad;
  const auto read = [&bad](LineReader& reader, std::string& text) {
    try {
      return reader.next(text);
    } catch (const BadLine& found) {
      if (!bad) bad = found;
      return true;
    }
  };
  const bool has_source = read(first, pair.source);
  const bool has_target = read(*second, pair.target);
  if (has_source != has_target) {
    const LineReader& shorter = has_source ? *second : first;
    const LineReader& longer = has_source ? first : *second;
    throw DataError(shorter.name(), 0,
                    fmt::format("ends after {} lines, but {} has more: expected as many lines",
                                shorter.line_number(), longer.name()));
  }
  if (!has_source) return false;
  if (bad) throw *bad;
  take_marks(first, [&] { set_source(pair, read_marked_line(std::move(pair.source), marks)); });
  check_sides(pair);
  return true;
}

void PairReader::Data::check_sides(const Pair& pair) const {
  const auto refuse = [](const LineReader& reader, const char* problem, bool is_tsv) {
    throw BadLine(reader.name(), reader.line_number(),
                  is_tsv ? fmt::format("{}, {}", problem, kExpected) : problem);
  };
  if (blank == BlankSides::kBoth) return;
  if (is_blank(pair.source)) refuse(first, "an empty source", second == nullptr);
  if (blank == BlankSides::kTarget) return;
  if (is_blank(pair.target)) refuse(second ? *second : first, "an empty target", !second);
}

PairReader::PairReader(const CorpusFiles& files, BlankSides blank) {
  check_files(files);
  const bool tsv = !files.tsv.empty();
  data_ = std::make_unique<Data>(Data{LineReader(tsv ? files.tsv : files.source),
                                      tsv ? nullptr : std::make_unique<LineReader>(files.target),
                                      blank, files.marks});
}

PairReader::~PairReader() = default;
PairReader::PairReader(PairReader&&) noexcept = default;
PairReader& PairReader::operator=(PairReader&&) noexcept = default;

bool PairReader::next(Pair& pair) {
  const bool found = data_->second ? data_->next_parallel(pair) : data_->next_fields(pair);
  if (!found && data_->first.line_number() == 0) {
    throw DataError(data_->first.name(), 0, "an empty file, expected at least one pair");
  }
  return found;
}

std::size_t PairReader::line_number() const { return data_->first.line_number(); }
const std::string& PairReader::name() const { return data_->first.name(); }

}  // namespace attend::text
