#include "base/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "base/errors.h"

namespace attend {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors files are little-endian");

using Json = nlohmann::json;

constexpr const char* kMetadataName = "__metadata__";
constexpr std::size_t kMaximumDimensions = 16;
// An entry of the metadata may have few bytes in the header, but takes more than 100 in memory.
constexpr std::size_t kMaximumMetadata = 65'536;

// Returns the bytes of a value, or 0 for a type that the format does not have.
std::uint64_t byte_width(std::string_view type) {
  for (const char* one : {"F64", "I64", "U64"}) {
    if (type == one) return 8;
  }
  for (const char* one : {"F32", "I32", "U32"}) {
    if (type == one) return 4;
  }
  for (const char* one : {"F16", "BF16", "I16", "U16"}) {
    if (type == one) return 2;
  }
  for (const char* one : {"I8", "U8", "BOOL", "F8_E4M3", "F8_E5M2"}) {
    if (type == one) return 1;
  }
  return 0;
}

// Follows the JSON of a header and collects its tensors. Nothing else is kept, however deep or long
// the JSON is. Each function returns true, or throws for what does not belong in a header:
//
//   {"__metadata__": {KEY: TEXT, …},
//    NAME: {"dtype": TEXT, "shape": [N, …], "data_offsets": [N, N]}, …}
class HeaderReader final : public nlohmann::json_sax<Json> {
 public:
  HeaderReader(std::uint64_t value_bytes, const std::string& file)
      : value_bytes_(value_bytes), file_(file) {}
  SafetensorsHeader take() { return std::move(header_); }

  bool null() override { return refuse("null"); }
  bool boolean(bool) override { return refuse("a truth value"); }
  bool number_integer(number_integer_t) override { return refuse("a negative number"); }
  bool number_float(number_float_t, const string_t&) override {
    return refuse("a fraction or a number beyond 64 bits");
  }
  bool binary(binary_t&) override { return refuse("bytes"); }

  bool number_unsigned(number_unsigned_t number) override {
    if (in_ != In::kNumbers) return refuse("a number");
    if (numbers_.size() == kMaximumDimensions) return refuse("more than 16 numbers");
    numbers_.push_back(number);
    return true;
  }

  bool string(string_t& text) override {
    if (in_ == In::kMetadata) {
      header_.metadata.emplace_back(key_, text);
    } else if (in_ == In::kTensor && key_ == "dtype") {
      tensor_.type = text;
    } else {
      refuse("text");
    }
    return true;
  }

  bool start_array(std::size_t) override {
    if (in_ != In::kTensor || key_ == "dtype") return refuse("a list");
    in_ = In::kNumbers;
    numbers_.clear();
    return true;
  }

  bool end_array() override {
    in_ = In::kTensor;
    if (key_ == "shape") {
      tensor_.shape = numbers_;
      return true;
    }
    if (numbers_.size() != 2)
      fail(fmt::format("found {} data_offsets, expected 2", numbers_.size()));
    tensor_.begin = numbers_[0];
    tensor_.end = numbers_[1];
    return true;
  }

  bool start_object(std::size_t) override {
    if (in_ == In::kFile) {
      in_ = In::kHeader;
      return true;
    }
    if (in_ != In::kHeader) return refuse("an object");
    in_ = name_ == kMetadataName ? In::kMetadata : In::kTensor;
    tensor_ = {};
    tensor_.name = name_;
    keys_.clear();
    return true;
  }

  bool key(string_t& text) override {
    if (in_ == In::kHeader) {
      name_ = text;
      if (!names_.insert(text).second) fail("found this name again, expected each once");
      return true;
    }
    key_ = text;
    if (in_ == In::kTensor && text != "dtype" && text != "shape" && text != "data_offsets") {
      fail(fmt::format("found '{}', expected dtype, shape and data_offsets", shown_name(text)));
    }
    if (keys_.size() == kMaximumMetadata) {
      fail(fmt::format("found more entries, expected at most {}", kMaximumMetadata));
    }
    if (!keys_.insert(text).second) {
      fail(fmt::format("found '{}' again, expected it once", shown_name(text)));
    }
    return true;
  }

  bool end_object() override {
    if (in_ == In::kTensor) add_tensor();
    in_ = in_ == In::kHeader ? In::kFile : In::kHeader;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    throw DataError(file_, 0,
                    fmt::format("found a header that is no JSON from its byte {} on, "
                                "expected a JSON object",
                                position));
  }

  // Checks that the values end with the last tensor.
  void check_end() const {
    if (values_end_ == value_bytes_) return;
    throw DataError(file_, 0,
                    fmt::format("found {} bytes of values, expected {} as the header says",
                                value_bytes_, values_end_));
  }

 private:
  // The innermost object or list that the JSON is in.
  enum class In { kFile, kHeader, kMetadata, kTensor, kNumbers };

  [[noreturn]] void fail(const std::string& problem) const {
    throw DataError(file_, 0, fmt::format("tensor '{}': {}", shown_name(name_), problem));
  }

  // Throws for a value that is none of those that may stand here.
  bool refuse(const char* found) const {
    if (in_ == In::kFile) {
      throw DataError(file_, 0,
                      fmt::format("found a header that is {}, expected a JSON object", found));
    }
    if (in_ == In::kHeader) fail(fmt::format("found {}, expected an object", found));
    if (in_ == In::kMetadata)
      fail(fmt::format("found {} as '{}', expected text", found, shown_name(key_)));
    fail(fmt::format("found {} as {}, expected {}", found, key_,
                     key_ == "dtype" ? "text" : "a list of whole numbers"));
  }

  void add_tensor() {
    for (const char* field : {"dtype", "shape", "data_offsets"}) {
      if (!keys_.contains(field)) fail(fmt::format("found no {}, expected one", field));
    }
    const std::uint64_t width = byte_width(tensor_.type);
    if (width == 0) {
      fail(fmt::format("found the type '{}', expected one of safetensors",
                       shown_name(tensor_.type)));
    }
    if (tensor_.begin > tensor_.end || tensor_.end > value_bytes_) {
      fail(fmt::format("found the data_offsets {} to {}, expected a part of the {} bytes of values",
                       tensor_.begin, tensor_.end, value_bytes_));
    }
    const std::uint64_t bytes = tensor_.end - tensor_.begin;
    if (!fits(bytes / width) || bytes % width != 0) {
      fail(fmt::format("found {} bytes of values, expected those of {} with the shape [{}]", bytes,
                       tensor_.type, fmt::join(tensor_.shape, ", ")));
    }
    values_end_ = std::max(values_end_, tensor_.end);
    header_.tensors.push_back(std::move(tensor_));
  }

  // Whether the shape of the tensor has so many values.
  bool fits(std::uint64_t values) const {
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    std::uint64_t count = 1;
    for (const std::uint64_t size : tensor_.shape) {
      if (size > kMost || (size != 0 && count > kMost / size)) return false;
      count *= size;
    }
    return count == values;
  }

  std::uint64_t value_bytes_;
  const std::string& file_;
  SafetensorsHeader header_;
  std::unordered_set<std::string> names_;
  std::uint64_t values_end_ = 0;
  In in_ = In::kFile;
  std::string name_;                      // of the tensor, or of the metadata
  std::string key_;                       // within these
  std::unordered_set<std::string> keys_;  // of the object so far
  SafetensorsEntry tensor_;
  std::vector<std::uint64_t> numbers_;
};

std::string quoted(const std::string& text) {
  try {
    return Json(text).dump();
  } catch (const nlohmann::json::exception&) {
    throw DataError(fmt::format("found '{}', expected UTF-8", shown_name(text)));
  }
}

}  // namespace

std::string shown_name(std::string_view name) {
  constexpr std::size_t kLongest = 100;
  const bool is_long = name.size() > kLongest;
  if (is_long) {
    std::size_t end = kLongest;
    // A byte 10xxxxxx continues a character of UTF-8, which is not cut in two.
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;
    name = name.substr(0, end);
  }
  std::string shown(name);
  std::replace_if(
      shown.begin(), shown.end(), [](unsigned char byte) { return byte < ' ' || byte == 0x7F; },
      '?');
  return is_long ? shown + "…" : shown;
}

std::uint64_t safetensors_header_length(std::string_view beginning, std::uint64_t file_size,
                                        const std::string& file) {
  if (beginning.size() < kSafetensorsPrefix || file_size < kSafetensorsPrefix) {
    throw DataError(file, 0,
                    fmt::format("found a file of {} bytes, expected safetensors, which "
                                "begins with the length of its header in 8 bytes",
                                file_size));
  }
  std::uint64_t length = 0;
  std::memcpy(&length, beginning.data(), kSafetensorsPrefix);
  const std::uint64_t most = std::min(file_size - kSafetensorsPrefix, kMaximumSafetensorsHeader);
  if (length > most) {
    throw DataError(
        file, 0,
        fmt::format("found a header of {} bytes, expected at most {}{}", length, most,
                    most == kMaximumSafetensorsHeader ? "" : ", which is the rest of the file"));
  }
  return length;
}

SafetensorsHeader parse_safetensors_header(std::string_view header, std::uint64_t value_bytes,
                                           const std::string& file) {
  HeaderReader reader(value_bytes, file);
  Json::sax_parse(header, &reader);
  reader.check_end();
  return reader.take();
}

std::string format_safetensors_header(const SafetensorsHeader& header, std::size_t least) {
  std::string json = "{";
  const auto separate = [&] {
    if (json.back() != '{') json += ',';
  };
  if (!header.metadata.empty()) {
    json += fmt::format("\"{}\":{{", kMetadataName);
    for (const auto& [key, value] : header.metadata) {
      separate();
      json += quoted(key) + ':' + quoted(value);
    }
    json += '}';
  }
  for (const SafetensorsEntry& tensor : header.tensors) {
    separate();
    json +=
        fmt::format(R"({}:{{"dtype":{},"shape":[{}],"data_offsets":[{},{}]}})", quoted(tensor.name),
                    quoted(tensor.type), fmt::join(tensor.shape, ","), tensor.begin, tensor.end);
  }
  json += '}';
  constexpr std::size_t kAlignment = 8;
  const std::size_t size = std::max(json.size() + kSafetensorsPrefix, least);
  json.resize((size + kAlignment - 1) / kAlignment * kAlignment - kSafetensorsPrefix, ' ');
  const std::uint64_t length = json.size();
  if (length > kMaximumSafetensorsHeader) {
    throw DataError(
        fmt::format("found {} tensors, whose names make a header of {} bytes, expected at "
                    "most {} bytes",
                    header.tensors.size(), length, kMaximumSafetensorsHeader));
  }
  std::string prefix(kSafetensorsPrefix, '\0');
  std::memcpy(prefix.data(), &length, kSafetensorsPrefix);
  return prefix + json;
}

}  // namespace attend
