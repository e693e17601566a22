#include "feature_files.h"

#include <cstring>
#include <memory>

#include "base/base.h"
#include "pictures.h"
#include "text/text.h"

namespace attend::vision {
namespace {

template <typename Number>
std::string raw_bytes(std::initializer_list<Number> values) {
  return {reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(Number)};
}

}  // namespace

std::string float32_bytes(std::initializer_list<float> values) { return raw_bytes(values); }
std::string float64_bytes(std::initializer_list<double> values) { return raw_bytes(values); }
std::string bytes_of_16_bits(std::initializer_list<std::uint16_t> values) {
  return raw_bytes(values);
}

std::string npy_file(const std::string& dictionary, const std::string& values, int version) {
  return "\x93NUMPY" + std::string(1, static_cast<char>(version)) + std::string(1, '\0') +
         little_endian(dictionary.size(), version == 1 ? 2 : 4) + dictionary + values;
}

std::string npy_dictionary(const std::string& shape, const std::string& type) {
  return "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }\n";
}

std::string safetensors_file(const std::string& header, const std::string& values) {
  return little_endian(header.size(), 8) + header + values;
}

LineSource lines_of_file(const std::filesystem::path& path) {
  auto reader = std::make_shared<text::LineReader>(path);
  return {reader->name(), [reader](std::string& line) { return reader->next(line); }};
}

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace attend::vision
