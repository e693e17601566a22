// The numbers in files of features. Internal to the folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace attend::vision {

/// How a file stores numbers, all of them little-endian. kBfloat16 is the upper half of a float32.
enum class NumberType { kFloat16, kBfloat16, kFloat32, kFloat64 };

/// Returns how many bytes a number has.
std::size_t byte_width(NumberType type);

/// Returns the numbers that `bytes` hold, a whole number of them. Numbers of kFloat64 are rounded
/// to the nearest float, and those beyond its range become infinite.
std::vector<float> to_floats(NumberType type, std::span<const std::uint8_t> bytes);

/// Throws ImageError, with the names of the file and of the image, for a number that is not finite.
/// `values` is [regions, units].
void require_finite(std::span<const float> values, std::size_t units, const std::string& file,
                    const std::string& image);

}  // namespace attend::vision
