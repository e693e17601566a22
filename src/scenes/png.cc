#include "scenes/png.h"

#include <png.h>

#include "base/base.h"

namespace attend::scenes {

std::string encode_png(const Picture& picture) {
  constexpr png_int_32 kWithoutGap = 0;  // rows follow each other
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = image.height = static_cast<png_uint_32>(picture.side);
  image.format = PNG_FORMAT_RGB;
  ATTEND_CHECK_EQ(picture.pixels.size(), PNG_IMAGE_SIZE(image));
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string bytes(size, '\0');
  if (png_image_write_to_memory(&image, bytes.data(), &size, /*convert_to_8bit=*/0,
                                picture.pixels.data(), kWithoutGap, nullptr) == 0) {
    throw Error(std::string("a picture cannot be written as PNG: ") + image.message);
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace attend::scenes
