// Picture files that tests make: of every kind that is read, and with every feature that matters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vision/image.h"

namespace attend::vision {

/// Values of a picture, one row after another, as a file stores them.
struct Samples {
  Size size;
  int channels = 3;
  std::vector<std::uint8_t> values;  // [height, width, channels]
};

/// Returns an image of red, green and blue that change slowly and differently in both directions.
Samples gradient(Size size, int channels = 3);
/// Returns an image in which every pixel has these values.
Samples uniform(Size size, const std::vector<std::uint8_t>& pixel);
Image as_image(const Samples& samples);

struct JpegForm {
  int quality = 100;
  bool progressive = false;
  bool one_scan_each = false;    ///< progressive, with a scan for each coefficient: 190 scans
  bool quarter_colours = false;  ///< 4:2:0
  bool adobe = true;             ///< of CMYK: with an Adobe marker
  std::string exif = {};         ///< contents of a marker APP1
  int restart_rows = 0;
};
/// 1 channel: grey; 3: red, green, blue; 4: cyan, magenta, yellow, black, stored as they are.
std::string jpeg_file(const Samples& samples, const JpegForm& form = {});

struct PngForm {
  int depth = 8;  ///< with 16, values are big-endian pairs and `channels` counts values
  bool palette = false;
  std::vector<std::uint8_t> colours = {};    ///< of the palette, three values each
  std::vector<std::uint8_t> opacities = {};  ///< of the palette
  bool interlaced = false;
  std::string exif = {};
};
/// 1 channel: grey or the palette; 2: grey and alpha; 3: colours; 4: colours and alpha.
std::string png_file(const Samples& samples, const PngForm& form = {});

/// 3 channels: colours; 4: colours and alpha.
std::string webp_file(const Samples& samples, bool lossless = true);
/// The extended form of a WebP file, with EXIF data and perhaps as if it were animated.
std::string extended_webp(const std::string& simple, Size size, const std::string& exif,
                          bool animated = false);

/// EXIF data whose first directory has an orientation behind another entry.
std::string exif_data(int orientation, bool little_endian = true);

/// A chunk of a PNG with its length and checksum, and a PNG with a chunk added before the pixels.
std::string png_chunk(const std::string& name, const std::string& data);
std::string with_png_chunk(const std::string& png, const std::string& chunk);
std::string zlib_zeros(std::size_t count);  ///< so many zeros, compressed

/// The number in `count` bytes, the most significant one first.
std::string big_endian(std::uint64_t value, int count);
std::string little_endian(std::uint64_t value, int count);

std::span<const std::uint8_t> bytes_of(std::string_view file);
/// Returns the message of the ImageError that decoding the file as "picture" throws, or "no error".
/// Anything but an ImageError goes to the caller.
std::string error_of(std::string_view file);

struct NamedFile {
  std::string name;
  std::string bytes;
};
/// Returns small pictures of all kinds: two of JPEG, PNG and WebP each at least.
std::vector<NamedFile> one_of_each_kind();

}  // namespace attend::vision
