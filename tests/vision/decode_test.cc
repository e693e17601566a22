#include "vision/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "pictures.h"
#include "testing.h"
#include "vision/vision.h"

namespace attend::vision {
namespace {

using ::testing::ElementsAre;

Image decoded(const std::string& file) { return decode_image(bytes_of(file), "picture"); }

// Returns the largest difference of two values at the same place.
int largest_difference(const Image& a, const Image& b) {
  EXPECT_EQ(a.size, b.size);
  int largest = 0;
  for (std::size_t i = 0; i < a.pixels.size() && i < b.pixels.size(); ++i) {
    largest = std::max(largest, std::abs(a.pixels[i] - b.pixels[i]));
  }
  return largest;
}

TEST(Decode, PngIsExact) {
  for (const Size size : {Size{1, 1}, Size{1, 7}, Size{31, 17}}) {
    const Samples samples = gradient(size);
    EXPECT_EQ(decoded(png_file(samples)), as_image(samples));
    EXPECT_EQ(decoded(png_file(samples, {.interlaced = true})), as_image(samples));
  }
}

TEST(Decode, LosslessWebpIsExact) {
  for (const Size size : {Size{1, 1}, Size{1, 7}, Size{31, 17}}) {
    EXPECT_EQ(decoded(webp_file(gradient(size))), as_image(gradient(size)));
  }
}

TEST(Decode, LossyPicturesAreNear) {
  const Samples samples = gradient({32, 16});
  const Image expected = as_image(samples);
  EXPECT_LE(largest_difference(decoded(jpeg_file(samples)), expected), 3);
  EXPECT_LE(largest_difference(decoded(jpeg_file(samples, {.progressive = true})), expected), 3);
  EXPECT_LE(largest_difference(decoded(jpeg_file(samples, {.restart_rows = 1})), expected), 3);
  EXPECT_LE(largest_difference(decoded(jpeg_file(samples, {.quarter_colours = true})), expected),
            24);
  EXPECT_LE(largest_difference(decoded(webp_file(samples, false)), expected), 24);
  EXPECT_LE(largest_difference(decoded(jpeg_file(gradient({1, 1}))), as_image(gradient({1, 1}))),
            3);
}

TEST(Decode, ProgressiveEqualsBaseline) {
  const Samples samples = gradient({40, 56});
  EXPECT_EQ(decoded(jpeg_file(samples, {.quality = 80, .progressive = true})),
            decoded(jpeg_file(samples, {.quality = 80})));
}

TEST(Decode, GreyBecomesColours) {
  const Samples grey{{1, 3}, 1, {0, 100, 255}};
  EXPECT_THAT(decoded(png_file(grey)).pixels, ElementsAre(0, 0, 0, 100, 100, 100, 255, 255, 255));
  const Image jpeg = decoded(jpeg_file(uniform({8, 8}, {100})));
  EXPECT_EQ(jpeg, as_image(uniform({8, 8}, {100, 100, 100})));
}

TEST(Decode, GreyOfFewBitsIsSpread) {
  EXPECT_THAT(decoded(png_file({{1, 2}, 1, {0, 1}}, {.depth = 1})).pixels,
              ElementsAre(0, 0, 0, 255, 255, 255));
  EXPECT_THAT(decoded(png_file({{1, 2}, 1, {1, 2}}, {.depth = 2})).pixels,
              ElementsAre(85, 85, 85, 170, 170, 170));
}

TEST(Decode, SixteenBitsAreRounded) {
  // Two bytes a value: 0x00FF / 257 is 0.99, and 0x8100 / 257 is 128.5.
  const Samples samples{{1, 1}, 3, {0x00, 0xFF, 0x80, 0x80, 0x80, 0xFF}};
  EXPECT_THAT(decoded(png_file(samples, {.depth = 16})).pixels, ElementsAre(1, 128, 128));
  const Samples grey{{1, 2}, 1, {0xFF, 0xFF, 0x7F, 0x80}};
  EXPECT_THAT(decoded(png_file(grey, {.depth = 16})).pixels,
              ElementsAre(255, 255, 255, 127, 127, 127));
}

TEST(Decode, PaletteBecomesColours) {
  PngForm form{.palette = true, .colours = {10, 20, 30, 40, 50, 60}};
  const Samples samples{{1, 3}, 1, {1, 0, 1}};
  EXPECT_THAT(decoded(png_file(samples, form)).pixels,
              ElementsAre(40, 50, 60, 10, 20, 30, 40, 50, 60));
  form.depth = 1;
  EXPECT_THAT(decoded(png_file(samples, form)).pixels,
              ElementsAre(40, 50, 60, 10, 20, 30, 40, 50, 60));
  form.opacities = {255, 0};
  EXPECT_THAT(decoded(png_file(samples, form)).pixels,
              ElementsAre(255, 255, 255, 10, 20, 30, 255, 255, 255));
}

TEST(Decode, TransparencyIsComposedOnWhite) {
  // 100 · 51/255 + 255 · 204/255 = 224.
  const Samples samples{{1, 3}, 4, {9, 8, 7, 255, 9, 8, 7, 0, 100, 0, 255, 51}};
  const auto expected = ElementsAre(9, 8, 7, 255, 255, 255, 224, 204, 255);
  EXPECT_THAT(decoded(png_file(samples)).pixels, expected);
  EXPECT_THAT(decoded(png_file(samples, {.interlaced = true})).pixels, expected);
  EXPECT_THAT(decoded(webp_file(samples)).pixels, expected);
  const Samples grey{{1, 2}, 2, {100, 51, 0, 255}};
  EXPECT_THAT(decoded(png_file(grey)).pixels, ElementsAre(224, 224, 224, 0, 0, 0));
}

TEST(Decode, CmykBecomesColours) {
  // Cyan 255, magenta 0, yellow 51, black 0, and black alone: (255 − c) · (255 − k) / 255.
  const std::vector<std::uint8_t> inks = {255, 0, 51, 0};
  const std::vector<std::uint8_t> complements = {0, 255, 204, 255};
  const Image expected = as_image(uniform({8, 8}, {0, 255, 204}));
  EXPECT_LE(
      largest_difference(decoded(jpeg_file(uniform({8, 8}, inks), {.adobe = false})), expected), 1);
  EXPECT_LE(largest_difference(decoded(jpeg_file(uniform({8, 8}, complements))), expected), 1);
  const Image half = decoded(jpeg_file(uniform({8, 8}, {255, 255, 255, 128})));
  EXPECT_LE(largest_difference(half, as_image(uniform({8, 8}, {128, 128, 128}))), 1);
}

TEST(Decode, KindIsToldByContentsAndNotByName) {
  const Samples samples = gradient({5, 4});
  EXPECT_EQ(decode_image(bytes_of(png_file(samples)), "a.jpg"), as_image(samples));
  EXPECT_EQ(decode_image(bytes_of(webp_file(samples)), "b"), as_image(samples));
  EXPECT_EQ(read_image_header(bytes_of(png_file(samples)), "x.jpg").kind, ImageKind::kPng);
  EXPECT_EQ(read_image_header(bytes_of(webp_file(samples)), "x.jpg").kind, ImageKind::kWebp);
  EXPECT_EQ(read_image_header(bytes_of(jpeg_file(samples)), "x.png").kind, ImageKind::kJpeg);
}

TEST(Decode, HeaderHasTheSize) {
  for (const NamedFile& file : one_of_each_kind()) {
    EXPECT_EQ(read_image_header(bytes_of(file.bytes), "x").size, (Size{24, 40})) << file.name;
  }
}

TEST(Decode, BytesBehindTheEndAreIgnored) {
  for (const NamedFile& file : one_of_each_kind()) {
    EXPECT_EQ(decoded(file.bytes + "more bytes"), decoded(file.bytes)) << file.name;
  }
}

TEST(Decode, JpegIsReducedToTheLeastSize) {
  const std::string file = jpeg_file(gradient({65, 130}));
  const auto size_for = [&](Size least) {
    return decode_image(bytes_of(file), "picture", {.least = least}).size;
  };
  EXPECT_EQ(size_for({}), (Size{65, 130}));
  EXPECT_EQ(size_for({9, 17}), (Size{9, 17}));
  EXPECT_EQ(size_for({9, 18}), (Size{17, 33}));
  EXPECT_EQ(size_for({18, 3}), (Size{33, 65}));
  EXPECT_EQ(size_for({34, 66}), (Size{65, 130}));
  EXPECT_EQ(size_for({1000, 1}), (Size{65, 130}));
  const Image reduced = decode_image(bytes_of(jpeg_file(uniform({64, 64}, {200, 100, 50}))),
                                     "picture", {.least = {8, 8}});
  EXPECT_LE(largest_difference(reduced, as_image(uniform({8, 8}, {200, 100, 50}))), 1);
}

TEST(Decode, OtherBytesAreSaid) {
  try {
    decode_image(bytes_of("Hello world"), "text.jpg");
    FAIL() << "no exception";
  } catch (const ImageError& error) {
    EXPECT_STREQ(error.what(),
                 "text.jpg: found a file that begins with the bytes 48 65 6c 6c 6f 20 77 6f, "
                 "expected a JPEG, PNG or WebP picture");
  }
}

TEST(Decode, EncodePngWritesEveryPixel) {
  for (const Size size : {Size{1, 1}, Size{3, 200}, Size{64, 5}}) {
    const Image image = as_image(gradient(size));
    EXPECT_EQ(decoded(encode_png(image)), image);
  }
}

}  // namespace
}  // namespace attend::vision
