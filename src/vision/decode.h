// Decodes pictures that may be damaged or hostile.
//
// The bytes alone tell whether a file is JPEG, PNG or WebP; its name does not matter. A file that
// is truncated or damaged is an error and never a part of a picture. PNG has checksums that find
// every damage; in JPEG and WebP changed bytes may also give another whole picture.
//
// Every kind of picture becomes red, green and blue of 8 bits:
// - Grey values and palettes become colours; 16 bits are rounded to 8.
// - Transparent pixels are composed on white.
// - CMYK (JPEG) becomes red = (255 − cyan) · (255 − black) / 255, and green and blue likewise.
//   Adobe's programs store the complements, and an Adobe marker in the file tells.
// - Colour profiles and gamma are ignored: values are taken for sRGB.
// - The picture is turned and mirrored as its EXIF orientation says.
// Animated WebP is refused. Of an animated PNG, the still picture is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "base/base.h"
#include "vision/image.h"

namespace attend::vision {

/// A picture that cannot be used. The message names the file, and the line of a list where there is
/// one.
class ImageError : public DataError {
 public:
  using DataError::DataError;
};

/// The limits of a picture. The header tells the size before memory for pixels is taken.
/// Decoding needs up to about 12 bytes a pixel, and about 4 for most pictures.
struct ImageLimits {
  std::size_t bytes = std::size_t{64} << 20;  ///< of the file
  int side = 32'768;                          ///< pixels of height and of width
  std::size_t pixels = 40'000'000;            ///< height · width
};

enum class ImageKind { kJpeg, kPng, kWebp };

/// Returns "JPEG", "PNG" or "WebP".
const char* kind_name(ImageKind kind);

/// The kind and size of a picture, which a file says before the pixels.
struct ImageHeader {
  ImageKind kind = ImageKind::kJpeg;
  Size size;  ///< as stored, before the EXIF orientation is applied
};

struct DecodeOptions {
  ImageLimits limits = {};
  /// A JPEG may be decoded at 1/2, 1/4 or 1/8 of its size, which is faster and needs less memory,
  /// as long as height and width are at least these. The sides are rounded up. 0 by 0: never.
  /// Depends on the file and this size alone.
  Size least = {};
};

/// Reads the header of a picture and checks the limits. `name` is that of the file, for messages.
/// Throws as decode_image() does, but finds only damage of the header. Thread-safe.
ImageHeader read_image_header(std::span<const std::uint8_t> bytes, const std::string& name,
                              const ImageLimits& limits = {});

/// Returns the picture that `bytes` hold, at least 1 × 1 pixels. Throws ImageError, one line with
/// `name`, what was found and what was expected, for bytes that are no JPEG, PNG or WebP, are
/// truncated or damaged, hold a form of these that is not supported, or go beyond the limits. Bytes
/// behind the end of a picture are ignored. Results are equal on all processors. Thread-safe.
Image decode_image(std::span<const std::uint8_t> bytes, const std::string& name,
                   const DecodeOptions& options = {});

}  // namespace attend::vision
