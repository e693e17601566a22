// The header of a safetensors file, which names the tensors and says where their values are. The
// file begins with the length of the header in 8 bytes, little-endian; then follow the header, a
// JSON object, and the values of all tensors (docs/formats.md, model.safetensors).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace attend {

/// The bytes in front of the header, which say how long it is.
inline constexpr std::size_t kSafetensorsPrefix = 8;
/// The longest header that is read or written, as in the reference implementation.
inline constexpr std::uint64_t kMaximumSafetensorsHeader = 100'000'000;

/// A tensor that a header names.
struct SafetensorsEntry {
  std::string name;
  std::string type;  ///< "F32", "BF16", …
  std::vector<std::uint64_t> shape;
  std::uint64_t begin = 0;  ///< of its values, in bytes behind the header
  std::uint64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<std::pair<std::string, std::string>> metadata;  ///< each name once
  std::vector<SafetensorsEntry> tensors;                      ///< each name once
};

/// Returns a name of a file that somebody else made for a message of one line: control characters
/// become '?', and a long name is cut behind 100 bytes.
std::string shown_name(std::string_view name);

/// Returns the length of the header. `beginning` is the first bytes of a file of `file_size` bytes,
/// and `file` its name for messages. Throws DataError where the file is too short for a header, or
/// where the header would be longer than the rest of the file or than kMaximumSafetensorsHeader.
std::uint64_t safetensors_header_length(std::string_view beginning, std::uint64_t file_size,
                                        const std::string& file);

/// Reads a header, in front of `value_bytes` bytes of values. Throws DataError (file, what was
/// found, what was expected) for a header that is no JSON object of the form that the format
/// prescribes, a tensor that it names twice, a type that the format does not have, a shape that
/// does not fit its bytes, and bytes that are not in the file or that belong to no tensor at its
/// end. Tensors keep the order of the header. The memory is a small multiple of the length of the
/// header. Thread-safe.
SafetensorsHeader parse_safetensors_header(std::string_view header, std::uint64_t value_bytes,
                                           const std::string& file);

/// Returns the beginning of a file: the prefix and the header, which blanks fill up to a multiple
/// of 8 bytes. With `least`, they also fill up the result to at least this many bytes, a multiple
/// of 8. Throws DataError for a name or a value that is not UTF-8, and for a header that is longer
/// than kMaximumSafetensorsHeader. Thread-safe.
std::string format_safetensors_header(const SafetensorsHeader& header, std::size_t least = 0);

}  // namespace attend
