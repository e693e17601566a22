// Reads the pixels of PNG files with cairo.
#pragma once

#include <cairo.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace attend::view {

struct Pixels {
  int width = 0, height = 0;
  std::vector<std::uint32_t> values;  // [height, width], 0xRRGGBB
  bool operator==(const Pixels&) const = default;

  /// Returns the number of dark pixels in the first `columns` of all lines.
  std::size_t dark(int columns) const {
    std::size_t found = 0;
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < std::min(width, columns); ++x) {
        if ((values[static_cast<std::size_t>(y * width + x)] & 0xFF) < 0x80) ++found;
      }
    }
    return found;
  }
};

/// Reads a PNG.
inline Pixels decode(const std::string& png) {
  std::string_view rest = png;
  const auto read = [](void* closure, unsigned char* data, unsigned int size) {
    auto& bytes = *static_cast<std::string_view*>(closure);
    if (bytes.size() < size) return CAIRO_STATUS_READ_ERROR;
    std::memcpy(data, bytes.data(), size);
    bytes.remove_prefix(size);
    return CAIRO_STATUS_SUCCESS;
  };
  cairo_surface_t* surface = cairo_image_surface_create_from_png_stream(read, &rest);
  EXPECT_EQ(cairo_surface_status(surface), CAIRO_STATUS_SUCCESS);
  Pixels pixels{
      cairo_image_surface_get_width(surface), cairo_image_surface_get_height(surface), {}};
  for (int y = 0; y < pixels.height; ++y) {
    const unsigned char* line =
        cairo_image_surface_get_data(surface) + y * cairo_image_surface_get_stride(surface);
    for (int x = 0; x < pixels.width; ++x) {
      std::uint32_t value = 0;
      std::memcpy(&value, line + 4 * x, 4);
      pixels.values.push_back(value & 0xFFFFFF);
    }
  }
  cairo_surface_destroy(surface);
  return pixels;
}

}  // namespace attend::view
