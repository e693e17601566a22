#include "text/word_vectors.h"

#include <fmt/format.h>
#include <unicode/bytestream.h>
#include <unicode/casemap.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <span>
#include <system_error>
#include <utility>

#include "base/base.h"
#include "text/byte_stream.h"
#include "text/unicode.h"

namespace attend::text {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::size_t kHeadBytes = kMaximumLineBytes + (std::size_t{1} << 12);
constexpr std::size_t kLongestBinaryWord = std::size_t{1} << 12;

/// Returns bytes that were read ahead, then those of the stream that they came from.
class ReplayStream : public ByteStream {
 public:
  ReplayStream(std::string head, std::unique_ptr<ByteStream> rest)
      : head_(std::move(head)), rest_(std::move(rest)) {}

  std::size_t read(char* bytes, std::size_t size) override {
    if (begin_ == head_.size()) return rest_->read(bytes, size);
    const std::size_t count = std::min(size, head_.size() - begin_);
    std::memcpy(bytes, head_.data() + begin_, count);
    begin_ += count;
    return count;
  }

 private:
  std::string head_;
  std::size_t begin_ = 0;
  std::unique_ptr<ByteStream> rest_;
};

std::string_view without_blanks_behind(std::string_view text) {
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

std::vector<std::string_view> split_at_blanks(std::string_view line) {
  std::vector<std::string_view> fields;
  for (std::size_t begin = 0; (begin = line.find_first_not_of(kBlanks, begin)) < line.size();) {
    const std::size_t end = std::min(line.find_first_of(kBlanks, begin), line.size());
    fields.push_back(line.substr(begin, end - begin));
    begin = end;
  }
  return fields;
}

// Parses a number as it is written in text, nan and inf among them. Returns nothing for anything
// else. A number that is too large for double is infinite, and one that is too small is 0.
std::optional<double> parse_number(std::string_view field) {
  double value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error == std::errc::invalid_argument || end != field.data() + field.size()) {
    return std::nullopt;
  }
  if (error == std::errc()) return value;
  return std::abs(std::strtod(std::string(field).c_str(), nullptr)) < 1
             ? 0
             : std::numeric_limits<double>::infinity();
}

bool is_digits(std::string_view field) {
  return std::all_of(field.begin(), field.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Returns a field for a message, which must stay short.
std::string shown(std::string_view field) {
  constexpr std::size_t kLongest = 40;
  if (field.size() > kLongest) return fmt::format("a field of {} bytes", field.size());
  return fmt::format("'{}'", field);
}

// Whether a line is a word and `dimension` numbers.
bool is_vector(std::string_view line, std::size_t dimension) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  const std::vector<std::string_view> fields = split_at_blanks(line);
  return fields.size() > dimension &&
         std::all_of(fields.end() - static_cast<std::ptrdiff_t>(dimension), fields.end(),
                     [](std::string_view field) { return parse_number(field).has_value(); });
}

// Whether the bytes behind a header are those of the binary form. The values of its first vector
// hold bytes that no text holds, because the bytes of a float are nearly random.
bool is_binary(std::string_view behind_header, std::size_t dimension) {
  constexpr std::size_t kFewest = 256, kLongestCharacter = 4;
  if (is_vector(behind_header.substr(0, behind_header.find('\n')), dimension)) return false;
  const std::size_t blank = behind_header.find_first_of(kBlanks);
  if (blank == std::string_view::npos) return false;
  const std::string_view values =
      behind_header.substr(blank + 1, std::max(kFewest, sizeof(float) * dimension));
  const bool controls = std::any_of(values.begin(), values.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
  });
  // A character may be cut off where the bytes that were read end.
  const std::size_t broken = find_broken_utf8(values);
  return controls ||
         (broken != std::string_view::npos && broken + kLongestCharacter <= values.size());
}

}  // namespace

struct VectorReader::Data {
  std::string name;
  std::size_t dimension = 0;
  std::optional<std::uint64_t> promised;  // number of vectors that a header says
  std::optional<LineReader> lines;        // of a text
  std::unique_ptr<ByteStream> stream;     // of the binary form
  std::string line;
  std::uint64_t vectors = 0;  // number of vectors begun in the binary form
  bool finished = false;
  std::array<char, std::size_t{1} << 16> buffer;
  std::size_t begin = 0;  // buffer[begin, end) has not been used yet
  std::size_t end = 0;

  [[noreturn]] void fail(std::size_t line_number, const std::string& problem) const {
    throw DataError(name, line_number, problem);
  }
  [[noreturn]] void refuse(const std::string& problem) const {
    if (lines) throw BadLine(name, lines->line_number(), problem);
    throw BadLine(name, 0, fmt::format("vector {}: {}", vectors, problem));
  }
  [[noreturn]] void refuse_fields() const {
    refuse(fmt::format("found {} fields, expected a word and {} numbers",
                       split_at_blanks(line).size(), dimension));
  }

  std::string read_head(ByteStream& from) const;
  void refuse_other_forms(std::string_view head) const;
  void read_header(std::span<const std::string_view> fields);
  void measure_first_line(std::span<const std::string_view> fields);
  void open(const std::filesystem::path& path);

  float number(std::string_view field, std::size_t index) const;
  bool read_text(WordVector& vector);
  bool fill();
  int next_byte();
  bool read_bytes(char* bytes, std::size_t count);
  bool read_binary(WordVector& vector);
};

std::string VectorReader::Data::read_head(ByteStream& from) const {
  std::string head(kHeadBytes, '\0');
  std::size_t size = 0;
  try {
    while (size < head.size()) {
      const std::size_t count = from.read(head.data() + size, head.size() - size);
      if (count == 0) break;
      size += count;
    }
  } catch (const ReadFailure& failure) {
    fail(0, failure.what());
  }
  head.resize(size);
  return head;
}

// Names files that people mistake for word vectors.
void VectorReader::Data::refuse_other_forms(std::string_view head) const {
  if (head.empty()) fail(0, "the file is empty, expected word vectors");
  if (head.starts_with("\xff\xfe") || head.starts_with("\xfe\xff")) {
    fail(1, "the file is UTF-16, expected UTF-8");
  }
  if (head.starts_with("PK\x03\x04")) fail(0, "the file is a zip archive: unpack it first");
  if (head.starts_with("\xba\x16\x4f\x2f")) {
    fail(0, "the file is a model of fastText, expected its vectors, the file in .vec");
  }
}

void VectorReader::Data::read_header(std::span<const std::string_view> fields) {
  std::uint64_t count = 0, units = 0;
  const auto parse = [](std::string_view field, std::uint64_t& value) {
    return std::from_chars(field.data(), field.data() + field.size(), value).ec == std::errc();
  };
  if (!parse(fields[0], count) || !parse(fields[1], units) || units < 1 ||
      units > kMaximumDimension) {
    fail(1, fmt::format("the header says {} and {}, expected the number of vectors and a dimension "
                        "of 1 to {}",
                        shown(fields[0]), shown(fields[1]), kMaximumDimension));
  }
  promised = count;
  dimension = static_cast<std::size_t>(units);
}

// Finds the dimension of a file without header.
void VectorReader::Data::measure_first_line(std::span<const std::string_view> fields) {
  const std::size_t numbers = fields.empty() ? 0 : fields.size() - 1;
  if (numbers < 1 || numbers > kMaximumDimension) {
    fail(1, fmt::format("the first line has {} fields, expected a word and 1 to {} numbers",
                        fields.size(), kMaximumDimension));
  }
  if (!parse_number(fields.back())) {
    fail(1, fmt::format("the first line ends in {}, expected a word and numbers",
                        shown(fields.back())));
  }
  dimension = numbers;
}

void VectorReader::Data::open(const std::filesystem::path& path) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  std::unique_ptr<ByteStream> file;
  try {
    file = open_byte_stream(path);
  } catch (const ReadFailure& failure) {
    fail(0, failure.what());
  }
  std::string head = read_head(*file);
  refuse_other_forms(head);
  const std::size_t feed = head.find('\n');
  if (feed == std::string::npos && head.size() == kHeadBytes) {
    fail(1, fmt::format("the first line has more than {} bytes, expected word vectors",
                        kMaximumLineBytes));
  }
  std::string_view first = std::string_view(head).substr(0, feed);
  if (first.ends_with('\r')) first.remove_suffix(1);
  if (first.starts_with(kByteOrderMark)) first.remove_prefix(kByteOrderMark.size());
  if (first.find('\0') != std::string_view::npos ||
      find_broken_utf8(first) != std::string_view::npos) {
    fail(1, "the first line is not UTF-8 text, expected word vectors");
  }
  const std::vector<std::string_view> fields = split_at_blanks(first);
  const bool has_header = fields.size() == 2 && is_digits(fields[0]) && is_digits(fields[1]);
  if (has_header) {
    read_header(fields);
  } else {
    measure_first_line(fields);
  }
  const std::string_view behind =
      feed == std::string::npos ? std::string_view() : std::string_view(head).substr(feed + 1);
  const bool binary = has_header && is_binary(behind, dimension);
  const std::size_t header_bytes = head.size() - behind.size();
  auto whole = std::make_unique<ReplayStream>(std::move(head), std::move(file));
  if (binary) {
    stream = std::move(whole);
    for (std::size_t i = 0; i < header_bytes; ++i) next_byte();
    return;
  }
  lines.emplace(std::move(whole), name);
  if (has_header) lines->next(line);
}

float VectorReader::Data::number(std::string_view field, std::size_t index) const {
  const std::optional<double> value = parse_number(field);
  if (!value) {
    refuse(fmt::format("value {} is {}, expected a number", index + 1, shown(field)));
  }
  if (!std::isfinite(*value) || std::abs(*value) > std::numeric_limits<float>::max()) {
    refuse(fmt::format("value {} is {}, expected a finite number in the range of float", index + 1,
                       shown(field)));
  }
  return static_cast<float>(*value);
}

// The values are the last fields of a line, because words may hold blanks. A word whose last part
// is a number is taken for a value too many.
bool VectorReader::Data::read_text(WordVector& vector) {
  if (!lines->next(line)) return false;
  std::string_view rest = without_blanks_behind(line);
  vector.values.resize(dimension);
  for (std::size_t i = dimension; i-- > 0;) {
    const std::size_t blank = rest.find_last_of(kBlanks);
    if (blank == std::string_view::npos) refuse_fields();
    vector.values[i] = number(rest.substr(blank + 1), i);
    rest = without_blanks_behind(rest.substr(0, blank));
  }
  if (rest.empty()) refuse_fields();
  rest.remove_prefix(rest.find_first_not_of(kBlanks));
  const std::size_t blank = rest.find_last_of(kBlanks);
  if (blank != std::string_view::npos && parse_number(rest.substr(blank + 1))) refuse_fields();
  vector.word = rest;
  return true;
}

bool VectorReader::Data::fill() {
  if (begin < end) return true;
  begin = end = 0;
  try {
    end = stream->read(buffer.data(), buffer.size());
  } catch (const ReadFailure& failure) {
    fail(0, failure.what());
  }
  return end > 0;
}

// Returns −1 at the end.
int VectorReader::Data::next_byte() {
  return fill() ? static_cast<unsigned char>(buffer[begin++]) : -1;
}

bool VectorReader::Data::read_bytes(char* bytes, std::size_t count) {
  while (count > 0 && fill()) {
    const std::size_t part = std::min(count, end - begin);
    std::memcpy(bytes, buffer.data() + begin, part);
    begin += part;
    bytes += part;
    count -= part;
  }
  return count == 0;
}

bool VectorReader::Data::read_binary(WordVector& vector) {
  int byte = next_byte();
  while (byte == '\n') byte = next_byte();  // word2vec ends each vector so, other programs do not
  if (byte < 0) return false;
  ++vectors;
  vector.word.clear();
  for (; byte >= 0 && byte != ' '; byte = next_byte()) {
    if (vector.word.size() == kLongestBinaryWord) {
      fail(0, fmt::format("vector {}: no blank ends the word within {} bytes", vectors,
                          kLongestBinaryWord));
    }
    vector.word += static_cast<char>(byte);
  }
  vector.values.resize(dimension);
  if (!read_bytes(reinterpret_cast<char*>(vector.values.data()), sizeof(float) * dimension)) {
    finished = true;
    refuse("the file ends within it");
  }
  for (std::size_t i = 0; i < dimension; ++i) {
    if (!std::isfinite(vector.values[i])) {
      refuse(fmt::format("value {} is {}, expected a finite number", i + 1, vector.values[i]));
    }
  }
  return true;
}

VectorReader::VectorReader(const std::filesystem::path& path) : data_(std::make_unique<Data>()) {
  data_->name = path == "-" ? "standard input" : path.string();
  data_->open(path);
}

VectorReader::~VectorReader() = default;
VectorReader::VectorReader(VectorReader&&) noexcept = default;
VectorReader& VectorReader::operator=(VectorReader&&) noexcept = default;

std::size_t VectorReader::dimension() const { return data_->dimension; }
const std::string& VectorReader::name() const { return data_->name; }

bool VectorReader::next(WordVector& vector) {
  if (data_->finished) return false;
  if (data_->lines ? data_->read_text(vector) : data_->read_binary(vector)) return true;
  data_->finished = true;
  if (!data_->promised) return false;
  const std::uint64_t found = data_->lines ? data_->lines->line_number() - 1 : data_->vectors;
  if (found == *data_->promised) return false;
  throw BadLine(
      data_->name, data_->lines ? 1 : 0,
      fmt::format("the header says {} vectors, the file holds {}", *data_->promised, found));
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  if (is_ascii(text)) {
    for (char& c : result) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    return result;
  }
  constexpr const char* kNoLanguage = "";
  UErrorCode code = U_ZERO_ERROR;
  result.clear();
  icu::StringByteSink<std::string> sink(&result);
  icu::CaseMap::utf8ToLower(kNoLanguage, 0, {text.data(), static_cast<std::int32_t>(text.size())},
                            sink, nullptr, code);
  if (U_FAILURE(code)) throw Error(std::string("ICU failed: ") + u_errorName(code));
  return result;
}

}  // namespace attend::text
