// Small files that ask for much memory or time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <string>

#include "pictures.h"
#include "vision/vision.h"

namespace attend::vision {
namespace {

using ::testing::HasSubstr;

// Measures how much the largest memory of the process grows, in MiB.
class MemoryGrowth {
 public:
  long mebibytes() const { return (largest() - before_) / 1024; }

 private:
  static long largest() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;  // KiB
  }
  long before_ = largest();
};

constexpr const char* kTooManyPixels =
    "picture of 20000 × 20000 pixels (width × height), expected at most 40000000 pixels in all";

// A PNG whose header says that it is so large; the pixels are those of a small one.
std::string png_of_size(std::uint64_t width, std::uint64_t height) {
  const std::string small = png_file(gradient({8, 8}));
  const std::string fields("\x08\x02\0\0\0", 5);  // 8 bits, red, green and blue
  const std::string header =
      png_chunk("IHDR", big_endian(width, 4) + big_endian(height, 4) + fields);
  return small.substr(0, 8) + header + small.substr(8 + 25);
}

std::string jpeg_of_size(std::uint64_t width, std::uint64_t height, bool progressive = false) {
  std::string file = jpeg_file(gradient({8, 8}), {.progressive = progressive});
  const std::size_t frame = file.find(progressive ? "\xFF\xC2" : "\xFF\xC0");
  return file.replace(frame + 5, 4, big_endian(height, 2) + big_endian(width, 2));
}

std::string webp_of_size(std::uint64_t width, std::uint64_t height) {
  std::string file = webp_file(gradient({8, 8}));
  constexpr std::size_t kSizes = 12 + 8 + 1;  // behind RIFF, the chunk's header and its signature
  const std::uint64_t others = static_cast<std::uint8_t>(file[kSizes + 3]) >> 4;
  return file.replace(kSizes, 4, little_endian((width - 1) | (height - 1) << 14 | others << 28, 4));
}

TEST(Hostile, HugeHeadersAreRefusedBeforeMemoryIsTaken) {
  const MemoryGrowth growth;
  EXPECT_THAT(error_of(png_of_size(20'000, 20'000)), HasSubstr(kTooManyPixels));
  EXPECT_THAT(error_of(jpeg_of_size(20'000, 20'000)), HasSubstr(kTooManyPixels));
  EXPECT_THAT(error_of(jpeg_of_size(20'000, 20'000, true)), HasSubstr(kTooManyPixels));
  EXPECT_EQ(error_of(webp_of_size(16'384, 16'384)),
            "picture: found a WebP picture of 16384 × 16384 pixels (width × height), expected at "
            "most 40000000 pixels in all");
  EXPECT_LT(growth.mebibytes(), 64);
}

TEST(Hostile, LongSidesAreRefused) {
  EXPECT_EQ(
      error_of(png_of_size(1'000'000, 1)),
      "picture: found a PNG picture of 1000000 × 1 pixels (width × height), expected sides of "
      "at most 32768 pixels");
  EXPECT_THAT(error_of(png_of_size(1, 0x7FFFFFFF)), HasSubstr("expected sides of at most 32768"));
  EXPECT_THAT(error_of(png_of_size(1, 0xFFFFFFFF)), HasSubstr("PNG picture that is damaged"));
  EXPECT_THAT(error_of(png_of_size(0, 1)), HasSubstr("PNG picture that is damaged"));
  EXPECT_THAT(error_of(jpeg_of_size(65'500, 1)), HasSubstr("expected sides of at most 32768"));
  EXPECT_THAT(error_of(jpeg_of_size(0, 8)), HasSubstr("JPEG picture that is damaged"));
}

TEST(Hostile, LimitsAreThoseOfTheCaller) {
  const std::string file = png_file(gradient({10, 20}));
  const auto message = [&](const ImageLimits& limits) -> std::string {
    try {
      decode_image(bytes_of(file), "picture", {.limits = limits});
    } catch (const ImageError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(message({.bytes = file.size(), .side = 20, .pixels = 200}), "no error");
  EXPECT_THAT(message({.side = 19}), HasSubstr("expected sides of at most 19 pixels"));
  EXPECT_THAT(message({.pixels = 199}), HasSubstr("expected at most 199 pixels in all"));
  EXPECT_THAT(message({.bytes = 20}), HasSubstr("expected at most 20"));
  EXPECT_THROW(read_image_header(bytes_of(file), "x", {.pixels = 199}), ImageError);
}

TEST(Hostile, HeadersWithinTheLimitsButWithoutPixelsAreTruncated) {
  EXPECT_THAT(error_of(png_of_size(3'000, 3'000)), HasSubstr("expected a whole one"));
  EXPECT_THAT(error_of(jpeg_of_size(3'000, 3'000)), HasSubstr("expected a whole one"));
  EXPECT_THAT(error_of(jpeg_of_size(3'000, 3'000, true)), HasSubstr("expected a whole one"));
  EXPECT_THAT(error_of(webp_of_size(3'000, 3'000)), HasSubstr("expected a whole one"));
}

TEST(Hostile, CompressedTextsAndProfilesOfPngAreNotUnpacked) {
  constexpr std::size_t kZeros = std::size_t{64} << 20;
  const Samples samples = gradient({8, 8});
  const std::string zeros = zlib_zeros(kZeros);
  std::string file = png_file(samples);
  file = with_png_chunk(file, png_chunk("zTXt", std::string("Comment\0\0", 9) + zeros));
  file = with_png_chunk(file, png_chunk("iTXt", std::string("Comment\0\1\0\0\0", 12) + zeros));
  file = with_png_chunk(file, png_chunk("iCCP", std::string("profile\0\0", 9) + zeros));
  const MemoryGrowth growth;
  EXPECT_EQ(decode_image(bytes_of(file), "picture"), as_image(samples));
  EXPECT_LT(growth.mebibytes(), 16);
}

TEST(Hostile, PixelsBehindTheLastOneAreNotUnpacked) {
  constexpr std::size_t kZeros = std::size_t{64} << 20;
  const std::string header =
      png_chunk("IHDR", big_endian(1, 4) + big_endian(1, 4) + std::string("\x08\x02\0\0\0", 5));
  const std::string file = png_file(gradient({1, 1})).substr(0, 8) + header +
                           png_chunk("IDAT", zlib_zeros(kZeros)) + png_chunk("IEND", "");
  const MemoryGrowth growth;
  EXPECT_EQ(decode_image(bytes_of(file), "picture"), as_image(uniform({1, 1}, {0, 0, 0})));
  EXPECT_LT(growth.mebibytes(), 16);
}

TEST(Hostile, LargePicturesWithinTheLimitsAreRead) {
  const std::string file = png_file(uniform({4'000, 5'000}, {0}));
  EXPECT_LT(file.size(), 100'000u);
  EXPECT_EQ(decode_image(bytes_of(file), "picture").size, (Size{4'000, 5'000}));
}

}  // namespace
}  // namespace attend::vision
