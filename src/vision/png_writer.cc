#include "vision/png_writer.h"

#include <png.h>

#include <cstddef>

#include "base/base.h"

namespace attend::vision {

std::string encode_png(const Image& image) {
  ATTEND_CHECK(image.size.height > 0 && image.size.width > 0);
  ATTEND_CHECK_EQ(image.pixels.size(), value_count(image.size));
  constexpr png_int_32 kRowBytes = 0;  // rows follow each other without a gap
  constexpr int kNoConversion = 0;
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(image.size.width);
  png.height = static_cast<png_uint_32>(image.size.height);
  png.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
  std::string bytes(size, '\0');
  if (png_image_write_to_memory(&png, bytes.data(), &size, kNoConversion, image.pixels.data(),
                                kRowBytes, nullptr) == 0) {
    throw Error(std::string("cannot write a PNG: ") + png.message);
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace attend::vision
