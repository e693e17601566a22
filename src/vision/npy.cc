#include "vision/npy.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/base.h"

namespace attend::vision {
namespace {

constexpr std::uint64_t kMaximumHeader = std::uint64_t{64} << 10;

// Reads the dictionary of a header, from its beginning to its end.
class Dictionary {
 public:
  Dictionary(std::string_view text, const std::string& file) : rest_(text), file_(file) {}

  NpyHeader read() {
    std::set<std::string> keys;
    NpyHeader header;
    expect('{');
    while (!take('}')) {
      const std::string key = quoted();
      expect(':');
      if (!keys.insert(key).second) fail(fmt::format("found '{}' again, expected it once", key));
      read_value(key, header);
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    skip_blanks();
    if (!rest_.empty()) fail_form();
    for (const char* key : {"descr", "fortran_order", "shape"}) {
      if (!keys.contains(key)) fail(fmt::format("found no '{}' in the header, expected one", key));
    }
    return header;
  }

 private:
  [[noreturn]] void fail(const std::string& problem) const { throw DataError(file_, 0, problem); }
  [[noreturn]] void fail_form() const {
    fail("found a damaged header, expected a Python dictionary as numpy.save writes it");
  }

  void skip_blanks() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
  }

  bool take(char wanted) {
    skip_blanks();
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void expect(char wanted) {
    if (!take(wanted)) fail_form();
  }

  bool take_word(std::string_view word) {
    skip_blanks();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  std::string quoted() {
    const char quote = take('\'') ? '\'' : '"';
    if (quote == '"') expect('"');
    const std::size_t end = rest_.find(quote);
    if (end == std::string_view::npos) fail_form();
    const std::string text(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return text;
  }

  std::uint64_t number() {
    skip_blanks();
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc()) fail_form();
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    take_word("L");  // Python 2 wrote some numbers so
    return value;
  }

  std::vector<std::uint64_t> tuple() {
    std::vector<std::uint64_t> numbers;
    expect('(');
    while (!take(')')) {
      numbers.push_back(number());
      if (!take(',')) {
        expect(')');
        break;
      }
    }
    return numbers;
  }

  NumberType type() {
    skip_blanks();
    const bool is_text = rest_.starts_with('\'') || rest_.starts_with('"');
    const std::string text = is_text ? quoted() : "a structure of several numbers";
    if (text == "<f2") return NumberType::kFloat16;
    if (text == "<f4") return NumberType::kFloat32;
    if (text == "<f8") return NumberType::kFloat64;
    fail(
        fmt::format("found numbers of the type '{}', expected '<f2', '<f4' or '<f8': "
                    "little-endian float16, float32 or float64",
                    shown_name(text)));
  }

  void read_value(const std::string& key, NpyHeader& header) {
    if (key == "descr") {
      header.type = type();
    } else if (key == "shape") {
      header.shape = tuple();
    } else if (key != "fortran_order") {
      fail(fmt::format("found '{}' in the header, expected 'descr', 'fortran_order' and 'shape'",
                       shown_name(key)));
    } else if (!take_word("False")) {
      if (!take_word("True")) fail_form();
      fail("found an array in Fortran order, expected C order (numpy.ascontiguousarray)");
    }
  }

  std::string_view rest_;
  const std::string& file_;
};

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

}  // namespace

NpyHeader read_npy_header(const RandomAccessFile& file) {
  constexpr std::size_t kVersion = 6, kLength = 8;  // where they stand
  const auto part = [&](std::uint64_t begin, std::uint64_t size) {
    if (begin > file.size() || size > file.size() - begin) {
      throw DataError(file.name(), 0,
                      fmt::format("found a file of {} bytes, expected a whole .npy header of {}",
                                  file.size(), begin + size));
    }
    const std::vector<std::uint8_t> bytes = file.read(begin, size);
    return std::string(bytes.begin(), bytes.end());
  };
  const std::string version = part(kVersion, 2);
  if (version[0] < 1 || version[0] > 3 || version[1] != 0) {
    throw DataError(file.name(), 0,
                    fmt::format("found version {}.{} of .npy, expected 1.0, 2.0 or 3.0",
                                static_cast<unsigned char>(version[0]),
                                static_cast<unsigned char>(version[1])));
  }
  const std::uint64_t length_size = version[0] == 1 ? 2 : 4;
  const std::uint64_t length = little_endian(part(kLength, length_size));
  if (length > kMaximumHeader) {
    throw DataError(file.name(), 0,
                    fmt::format("found a .npy header of {} bytes, expected at most {}", length,
                                kMaximumHeader));
  }
  const std::uint64_t begin = kLength + length_size;
  const std::string text = part(begin, length);
  NpyHeader header = Dictionary(text, file.name()).read();
  header.size = begin + length;
  return header;
}

std::string format_npy_header(const std::vector<std::uint64_t>& shape) {
  constexpr std::size_t kBeginning = 10;  // the signature, the version, and the length in 2 bytes
  constexpr std::size_t kLength = kNpyHeaderSize - kBeginning;
  std::string header(kNpySignature);
  header += std::string("\x01\x00", 2);
  header += static_cast<char>(kLength);
  header += '\0';
  header += fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}), }}",
                        fmt::join(shape, ", "));
  ATTEND_CHECK(header.size() < kNpyHeaderSize);
  header.resize(kNpyHeaderSize - 1, ' ');
  return header + '\n';
}

}  // namespace attend::vision
