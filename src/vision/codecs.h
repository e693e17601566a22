// The decoders of each kind of picture, over libjpeg-turbo, libpng and libwebp. Internal to the
// folder.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "vision/decode.h"

namespace attend::vision {

/// The pixels of a file before its orientation is applied.
struct StoredImage {
  Image image;
  int orientation = 1;  ///< 1 … 8, as EXIF numbers them
};

/// One way to read one kind of picture. Both functions are given bytes that begin as this kind does
/// and throw ImageError as decode_image() does. They are thread-safe.
struct Codec {
  ImageKind kind;
  /// Returns the size that the header says, which is not checked yet.
  Size (*read_size)(std::span<const std::uint8_t> bytes, const std::string& name);
  /// Decodes a picture whose size is within the limits. `least` is DecodeOptions::least, of the
  /// picture when it is turned.
  StoredImage (*decode)(std::span<const std::uint8_t> bytes, const std::string& name, Size least);
};

extern const Codec kJpegCodec, kPngCodec, kWebpCodec;

/// Returns the beginning of a file as a reader of hexadecimal numbers knows it: "48 65 6c 6c".
std::string first_bytes(std::span<const std::uint8_t> bytes);

[[noreturn]] void fail_image(const std::string& name, const std::string& problem);

/// Throws the ImageError of a file that ends too early or holds wrong data. `detail` is a message
/// of the library, or empty.
[[noreturn]] void fail_truncated(const std::string& name, ImageKind kind);
[[noreturn]] void fail_damaged(const std::string& name, ImageKind kind, const std::string& detail);

/// Turns pixels of four values, red, green, blue and alpha, into those of `image`, composed on
/// white, in the same memory. `image.pixels` is [height, width, 4] before and
/// [height, width, kChannels] after.
void compose_on_white(Image& image);

}  // namespace attend::vision
