// Files of features that tests make byte for byte.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <string>

#include "vision/vision.h"

namespace attend::vision {

/// Numbers as a file stores them, little-endian: float32, float64, and the bits of 16-bit numbers.
std::string float32_bytes(std::initializer_list<float> values);
std::string float64_bytes(std::initializer_list<double> values);
std::string bytes_of_16_bits(std::initializer_list<std::uint16_t> values);

/// A .npy file of this version with `dictionary` as it stands, without blanks behind it.
std::string npy_file(const std::string& dictionary, const std::string& values, int version = 1);
/// A dictionary as numpy.save writes it: shape "(2, 3, 4)", type "<f4".
std::string npy_dictionary(const std::string& shape, const std::string& type = "<f4");

/// A safetensors file with `header` as it stands.
std::string safetensors_file(const std::string& header, const std::string& values);

/// Opens a text file with text::LineReader.
LineSource lines_of_file(const std::filesystem::path& path);

/// Returns the message of the Error that `action` throws, or "no error".
std::string message_of(const std::function<void()>& action);

}  // namespace attend::vision
