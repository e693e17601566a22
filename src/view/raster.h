// Pixels: resampling, PNG, and text that carries them. Internal to the folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace attend::view {

/// A size in pixels, at least 1 × 1.
struct Extent {
  std::size_t width = 0, height = 0;
  bool operator==(const Extent&) const = default;
};

/// Pixels of 1 (grey), 2 (grey, alpha), 3 (red, green, blue) or 4 channels (with alpha, which the
/// colours are not multiplied by).
struct Raster {
  Extent size;
  std::size_t channels = 0;
  std::vector<std::uint8_t> values;  // [size.height, size.width, channels]
  bool operator==(const Raster&) const = default;
};

/// Returns the size with its longer side at most `longest`, in its proportions. No side is below 1.
Extent shrunk(Extent size, std::size_t longest);

/// Returns the pixels at another size. Each value is the mean over the area that its pixel covers.
Raster resample(const Raster& raster, Extent size);

/// Returns the bytes of a PNG file. Throws Error when libpng refuses the size.
std::string encode_png(const Raster& raster);

/// Returns a PNG as a URI that holds its bytes.
std::string png_uri(const Raster& raster);

}  // namespace attend::view
