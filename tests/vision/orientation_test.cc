#include "vision/orientation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "pictures.h"
#include "vision/vision.h"

namespace attend::vision {
namespace {

// An image with one letter a pixel, in rows that a slash separates.
Image letters(const std::string& text) {
  Image image;
  image.size.height = 1;
  for (const char letter : text) {
    if (letter == '/') {
      ++image.size.height;
    } else {
      for (std::size_t i = 0; i < kChannels; ++i) {
        image.pixels.push_back(static_cast<std::uint8_t>(letter));
      }
    }
  }
  image.size.width = static_cast<int>(image.pixels.size() / kChannels) / image.size.height;
  return image;
}

// The definitions of the EXIF standard, with the first row and the first column of the stored
// image.
const char* const kUpright[] = {"abc/def",  "cba/fed",  "fed/cba",  "def/abc",
                                "ad/be/cf", "da/eb/fc", "fc/eb/da", "cf/be/ad"};

Samples samples_of(const Image& image) { return {image.size, 3, image.pixels}; }

TEST(Orientation, TurnsAndMirrorsAsTheStandardSays) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    EXPECT_EQ(upright(letters("abc/def"), orientation), letters(kUpright[orientation - 1]))
        << orientation;
  }
}

TEST(Orientation, IsReadInBothByteOrders) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    for (const bool little : {true, false}) {
      const std::string data = exif_data(orientation, little);
      EXPECT_EQ(exif_orientation(bytes_of(data)), orientation);
      EXPECT_EQ(exif_orientation(bytes_of(std::string("Exif\0\0", 6) + data)), orientation);
    }
  }
}

TEST(Orientation, IsUprightWhereTheDataIsNotUnderstood) {
  const std::string data = exif_data(6);
  for (std::size_t size = 0; size < data.size() - 8; ++size) {
    const int orientation = exif_orientation(bytes_of(data.substr(0, size)));
    EXPECT_EQ(orientation, 1) << size << " bytes";
  }
  EXPECT_EQ(exif_orientation(bytes_of(exif_data(0))), 1);
  EXPECT_EQ(exif_orientation(bytes_of(exif_data(9))), 1);
  EXPECT_EQ(exif_orientation(bytes_of("MM" + data.substr(2))), 1);
  const std::string far = "II*" + std::string(1, '\0') + std::string(4, '\xFF') + data.substr(8);
  EXPECT_EQ(exif_orientation(bytes_of(far)), 1) << "the directory lies behind the end";
}

TEST(Orientation, IsAppliedToPngAndWebp) {
  const Samples stored = samples_of(letters("abc/def"));
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Image expected = letters(kUpright[orientation - 1]);
    const std::string exif = exif_data(orientation, false);
    EXPECT_EQ(decode_image(bytes_of(png_file(stored, {.exif = exif})), "a.png"), expected);
    const std::string webp = extended_webp(webp_file(stored), stored.size, exif);
    EXPECT_EQ(decode_image(bytes_of(webp), "a.webp"), expected);
  }
}

TEST(Orientation, OfPngMayStandBehindThePixels) {
  const std::string png = png_file(samples_of(letters("abc/def")));
  constexpr std::size_t kEnd = 12;  // the chunk IEND
  const std::string late = png.substr(0, png.size() - kEnd) + png_chunk("eXIf", exif_data(6)) +
                           png.substr(png.size() - kEnd);
  EXPECT_EQ(decode_image(bytes_of(late), "a.png"), letters(kUpright[5]));
}

TEST(Orientation, IsAppliedToJpeg) {
  const Samples stored = gradient({16, 32});
  const Image plain = decode_image(bytes_of(jpeg_file(stored)), "a.jpg");
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const std::string marker = std::string("Exif\0\0", 6) + exif_data(orientation);
    const std::string file = jpeg_file(stored, {.exif = marker});
    EXPECT_EQ(decode_image(bytes_of(file), "a.jpg"), upright(plain, orientation));
    EXPECT_EQ(read_image_header(bytes_of(file), "a.jpg").size, (Size{16, 32}));
  }
}

TEST(Orientation, TurnsTheLeastSizeOfReducedJpeg) {
  const std::string marker = std::string("Exif\0\0", 6) + exif_data(6);
  const std::string file = jpeg_file(gradient({64, 256}), {.exif = marker});
  // Upright the picture is 256 × 64 (height × width).
  EXPECT_EQ(decode_image(bytes_of(file), "a.jpg", {.least = {64, 16}}).size, (Size{64, 16}));
  EXPECT_EQ(decode_image(bytes_of(file), "a.jpg", {.least = {16, 64}}).size, (Size{256, 64}));
}

}  // namespace
}  // namespace attend::vision
