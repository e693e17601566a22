#include "text/corpus.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <exception>
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

/// Names columns in a message: "column 3", "columns 1,4-".
std::string column_text(const Columns& columns) {
  const bool several = columns.name().find_first_of(",-") != std::string::npos;
  return fmt::format("column{} {}", several ? "s" : "", columns.name());
}

/// Says what a line of these files should hold.
std::string expectation(PairFormat format, const PairColumns& columns) {
  if (columns.any()) {
    const std::string more =
        columns.references.empty()
            ? ""
            : fmt::format(" and further references in {}", column_text(columns.references));
    return fmt::format("expected the source in {} and the target in {}{}",
                       column_text(columns.source), column_text(columns.target), more);
  }
  switch (format) {
    case PairFormat::kTargetFirst:
      return "expected label TAB text";
    case PairFormat::kFastText:
      return fmt::format("expected {}LABEL and a text", kLabelPrefix);
    case PairFormat::kOpen:
    case PairFormat::kTsv:
      break;
  }
  return "expected source TAB target";
}

/// Stores the two fields of a line in `first` and `second`, or returns why there are none.
std::string split_fields(const std::string& line, const std::string& expected, std::string& first,
                         std::string& second) {
  const std::vector<std::string_view> fields = fields_of(line);
  if (fields.size() == 1) return fmt::format("one field, {}", expected);
  if (fields.size() > 2) {
    return fmt::format(
        "{} fields, expected 2 ({}); --source-column and --target-column (--text-column and "
        "--label-column) name others",
        fields.size(), expected.substr(expected.find(' ') + 1));
  }
  first = fields[0];
  second = fields[1];
  return {};
}

/// Stores the columns of a line in `pair`, or returns why it cannot.
std::string take_columns(const std::string& line, const std::string& expected,
                         const PairColumns& columns, Pair& pair) {
  const std::vector<std::string_view> fields = fields_of(line);
  if (fields.size() <
      std::max({columns.source.needed(), columns.target.needed(), columns.references.named()})) {
    return fmt::format("{} field{}, {}", fields.size(), fields.size() == 1 ? "" : "s", expected);
  }
  pair.source = columns.source.join(fields);
  pair.target = columns.target.join(fields);
  pair.references = columns.references.select(fields);
  return {};
}

/// Stores label and text of a line of fastText in `pair`, or returns why it cannot.
std::string split_fasttext(const std::string& line, const std::string& expected, Pair& pair) {
  const std::vector<ByteSpan> words = find_words(line);
  const auto is_label = [&](const ByteSpan& word) {
    return std::string_view(line)
        .substr(word.begin, word.end - word.begin)
        .starts_with(kLabelPrefix);
  };
  const auto labels = std::count_if(words.begin(), words.end(), is_label);
  if (labels > 1) return fmt::format("{} labels, expected one: a text has one label here", labels);
  if (words.empty() || !is_label(words.front())) {
    return fmt::format("no {} at the beginning, {}", kLabelPrefix, expected);
  }
  const ByteSpan label = words.front();
  const std::size_t name = label.begin + kLabelPrefix.size();
  pair.target = line.substr(name, label.end - name);
  if (words.size() > 1) pair.source = line.substr(words[1].begin);
  return {};
}

/// Checks the column of allowed words beside those of the texts.
void check_allowed_column(const SourceMarks& marks, const Columns& columns, const char* side) {
  if (marks.allowed_column == 0 || !columns.contains(marks.allowed_column)) return;
  throw UsageError(fmt::format("column {} of allowed words is one of the columns {} of the {}",
                               marks.allowed_column, columns.name(), side));
}

void check_format(const CorpusFiles& files) {
  const bool tsv = !files.tsv.empty();
  if (files.columns.any()) {
    if (!tsv) throw UsageError("columns are those of a TSV: two parallel files have none");
    if (files.format != PairFormat::kOpen && files.format != PairFormat::kTsv) {
      throw UsageError("columns are those of a TSV: lines of fastText have none");
    }
    const PairColumns both = files.columns.complete();
    check_allowed_column(files.marks, both.source, "source");
    check_allowed_column(files.marks, both.target, "target");
    check_allowed_column(files.marks, both.references, "references");
  }
  if (files.format != PairFormat::kFastText) return;
  if (!tsv) throw UsageError("lines of fastText hold label and text: give one file");
  if (files.marks.allowed_column > 0) {
    throw UsageError("lines of fastText have no column of allowed words");
  }
}

void check_files(const CorpusFiles& files) {
  check_marks(files.marks);
  const bool tsv = !files.tsv.empty();
  const bool parallel = !files.source.empty() || !files.target.empty();
  if (tsv && parallel) throw UsageError("give pairs either as one TSV or as two parallel files");
  if (!tsv && !parallel) throw UsageError("no file of pairs given");
  check_format(files);
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

SourceReader::SourceReader(const std::filesystem::path& path, const SourceMarks& marks,
                           const Columns& columns, const RequestColumns& requests)
    : lines_(path), marks_(marks), columns_(columns), requests_(requests) {
  if (requests.any() && columns.empty()) columns_ = Columns::one(1);
  check_marks(marks);
  check_allowed_column(marks, columns_, "source");
  check_allowed_column(marks, requests.prefix, "prefix");
  check_allowed_column(marks, requests.required, "required phrases");
  if (columns_.overlaps(requests.prefix) || columns_.overlaps(requests.required) ||
      requests.prefix.overlaps(requests.required)) {
    throw UsageError("source, prefix and required phrases share a column");
  }
}

bool SourceReader::next(MarkedSource& source) {
  SourceRequest unused;
  return next(source, unused);
}

bool SourceReader::next(MarkedSource& source, SourceRequest& request) {
  std::string line;
  request = {};
  if (!lines_.next(line)) return false;
  if (columns_.empty()) {
    take_marks(lines_, [&] { source = read_marked_line(std::move(line), marks_); });
    return true;
  }
  source = {};
  if (is_blank(line)) return true;
  const std::vector<std::string_view> fields = fields_of(line);
  const bool no_source = fields.size() < columns_.needed();
  const bool no_words = fields.size() < marks_.allowed_column;
  if (no_source || no_words) {
    const std::string missing =
        (no_source ? "the source in " + column_text(columns_) : "") +
        (no_source && no_words ? " and " : "") +
        (no_words ? fmt::format("the allowed words in field {}", marks_.allowed_column) : "");
    throw BadLine(lines_.name(), lines_.line_number(),
                  fmt::format("{} field{}, expected {}", fields.size(),
                              fields.size() == 1 ? "" : "s", missing),
                  BadLine::Cause::kFields);
  }
  for (std::size_t f = 0; f < fields.size(); ++f) {
    if (requests_.prefix.contains(f + 1)) request.prefix = fields[f];
    if (requests_.required.contains(f + 1)) request.required.emplace_back(fields[f]);
  }
  std::string ranges;
  if (marks_.allowed_column > 0) ranges = fields[marks_.allowed_column - 1];
  take_marks(lines_, [&] { source = read_marks(columns_.join(fields), ranges, marks_); });
  return true;
}

struct PairReader::Data {
  // A line that look_ahead() has read, or the error in its place.
  struct Ahead {
    std::string line;
    std::size_t number = 0;
    std::exception_ptr error = nullptr;
  };

  LineReader first;                    // reads the TSV or the source file
  std::unique_ptr<LineReader> second;  // reads the target file
  BlankSides blank;
  SourceMarks marks;
  PairColumns named;    // of the sides that were named
  PairColumns columns;  // of both sides, or of none
  PairFormat format;
  std::string line = {};
  std::deque<Ahead> ahead = {};
  std::optional<std::size_t> number = {};  // of the last line, while lines of `ahead` are returned

  std::size_t line_number() const { return number ? *number : first.line_number(); }
  void read_ahead(std::size_t lines);
  bool read_line();
  bool next_fields(Pair& pair);
  bool next_parallel(Pair& pair);
  std::string split(Pair& pair, std::string& ranges);
  void check_sides(const Pair& pair) const;
};

// Reads so many lines of the TSV ahead, or fewer at the end of the file and where they are long.
void PairReader::Data::read_ahead(std::size_t lines) {
  number = 0;
  std::size_t bytes = 0;
  for (bool more = true; more && ahead.size() < lines && bytes < kBytesAhead;) {
    Ahead one;
    try {
      more = first.next(one.line);
      if (!more) break;
    } catch (const BadLine&) {
      one.error = std::current_exception();
    } catch (const DataError&) {  // the file has ended
      one.error = std::current_exception();
      more = false;
    }
    one.number = first.line_number();
    bytes += one.line.size();
    ahead.push_back(std::move(one));
  }
}

// Reads the next line of the TSV, or takes it from those that were read ahead.
bool PairReader::Data::read_line() {
  if (ahead.empty()) {
    number.reset();
    return first.next(line);
  }
  Ahead next = std::move(ahead.front());
  ahead.pop_front();
  number = next.number;
  if (next.error) std::rethrow_exception(next.error);
  line = std::move(next.line);
  return true;
}

// Stores the two sides of `line` in `pair` and its field of allowed words in `ranges`, or returns
// why it cannot.
std::string PairReader::Data::split(Pair& pair, std::string& ranges) {
  pair.source.clear();
  pair.target.clear();
  pair.references.clear();
  if (blank == BlankSides::kBoth && is_blank(line)) return {};
  const std::string expected = expectation(format, columns);
  if (line.empty()) return fmt::format("an empty line, {}", expected);
  if (format == PairFormat::kFastText) return split_fasttext(line, expected, pair);
  if (columns.any()) {
    if (marks.allowed_column > 0) {
      std::string whole = line;
      ranges = take_field(whole, marks.allowed_column);
    }
    return take_columns(line, expected, columns, pair);
  }
  if (marks.allowed_column > 0 && !is_blank(line)) ranges = take_field(line, marks.allowed_column);
  if (blank == BlankSides::kBoth && is_blank(line)) return {};
  if (line.empty()) return fmt::format("an empty line, {}", expected);
  const bool target_first = format == PairFormat::kTargetFirst;
  return split_fields(line, expected, target_first ? pair.target : pair.source,
                      target_first ? pair.source : pair.target);
}

bool PairReader::Data::next_fields(Pair& pair) {
  if (!read_line()) return false;
  const auto take = [&](auto&& action) {
    try {
      action();
    } catch (const DataError& error) {
      throw BadLine(first.name(), line_number(), error.what());
    }
  };
  std::string ranges, problem;
  take([&] { problem = split(pair, ranges); });
  if (!problem.empty()) {
    throw BadLine(first.name(), line_number(), problem, BadLine::Cause::kFields);
  }
  take([&] { set_source(pair, read_marks(std::move(pair.source), ranges, marks)); });
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
  const auto refuse = [&](const LineReader& reader, const char* problem, bool is_tsv) {
    throw BadLine(reader.name(), is_tsv ? line_number() : reader.line_number(),
                  is_tsv ? fmt::format("{}, {}", problem, expectation(format, columns)) : problem);
  };
  if (blank == BlankSides::kBoth) return;
  if (is_blank(pair.source)) refuse(first, "an empty source", second == nullptr);
  if (blank == BlankSides::kTarget) return;
  if (is_blank(pair.target)) refuse(second ? *second : first, "an empty target", !second);
}

PairReader::PairReader(const CorpusFiles& files, BlankSides blank) {
  check_files(files);
  const bool tsv = !files.tsv.empty();
  data_ = std::make_unique<Data>(Data{
      LineReader(tsv ? files.tsv : files.source),
      tsv ? nullptr : std::make_unique<LineReader>(files.target), blank, files.marks, files.columns,
      files.columns.any() ? files.columns.complete() : PairColumns{}, files.format});
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

bool PairReader::is_open() const {
  return !data_->second && data_->format == PairFormat::kOpen && !data_->columns.any() &&
         data_->marks.allowed_column == 0;
}

PairFormat PairReader::format() const { return data_->format; }

std::vector<std::string_view> PairReader::look_ahead() {
  ATTEND_CHECK(is_open() && data_->line_number() == 0);
  data_->read_ahead(kLinesAhead);
  std::vector<std::string_view> lines;
  for (const Data::Ahead& found : data_->ahead) {
    if (!found.error) lines.emplace_back(found.line);
  }
  return lines;
}

void PairReader::read_as(PairFormat format) {
  ATTEND_CHECK(is_open() && format != PairFormat::kOpen);
  data_->format = format;
}

std::string PairReader::assumed_column() {
  const PairColumns &named = data_->named, &columns = data_->columns;
  if (named.source.empty() == named.target.empty()) return {};
  ATTEND_CHECK(data_->line_number() == 0);
  data_->read_ahead(1);
  if (data_->ahead.empty() || data_->ahead.front().error) return {};
  const std::size_t fields = fields_of(data_->ahead.front().line).size();
  if (fields <= 2) return {};
  const bool source = named.source.empty();
  return fmt::format(
      "the {} is column {} of {}, because only {} is named; {} says otherwise",
      source ? "source" : "target", (source ? columns.source : columns.target).name(), fields,
      source ? "the column of the target or label" : "the column of the source",
      source ? "--source-column or --text-column" : "--target-column or --label-column");
}

std::size_t PairReader::line_number() const { return data_->line_number(); }
const std::string& PairReader::name() const { return data_->first.name(); }

}  // namespace attend::text
