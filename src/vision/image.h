// A decoded picture.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace attend::vision {

/// Height and width in pixels.
struct Size {
  int height = 0;
  int width = 0;
  friend bool operator==(const Size&, const Size&) = default;
};

/// The number of values of a pixel: red, green and blue.
inline constexpr std::size_t kChannels = 3;

/// A picture in colours, opaque. A value type.
struct Image {
  Size size;
  /// [size.height, size.width, kChannels], rows from top to bottom: red, green and blue in 0 … 255,
  /// in the colour space of the file, which is sRGB in practice.
  std::vector<std::uint8_t> pixels;
  friend bool operator==(const Image&, const Image&) = default;
};

/// Returns how many values an image of this size has. Both sides must be at least 0.
inline std::size_t value_count(Size size) {
  return static_cast<std::size_t>(size.height) * static_cast<std::size_t>(size.width) * kChannels;
}

}  // namespace attend::vision
