// Files that are cut, changed or something else: they get one line, and no part of a picture.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/base.h"
#include "pictures.h"
#include "vision/vision.h"

namespace attend::vision {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

TEST(Damaged, EveryPictureIsWholeByItself) {
  for (const NamedFile& file : one_of_each_kind()) {
    EXPECT_EQ(error_of(file.bytes), "no error") << file.name;
  }
}

TEST(Damaged, TruncatedAtEveryEighth) {
  constexpr std::size_t kSignature = 12;  // the bytes that tell the kind
  for (const NamedFile& file : one_of_each_kind()) {
    for (std::size_t eighth = 1; eighth < 8; ++eighth) {
      const std::string beginning = file.bytes.substr(0, file.bytes.size() * eighth / 8);
      ASSERT_GE(beginning.size(), kSignature) << file.name;
      EXPECT_THAT(error_of(beginning),
                  MatchesRegex("picture: found a (JPEG|PNG|WebP) picture that is truncated, "
                               "expected a whole one"))
          << file.name << ' ' << eighth;
    }
  }
}

TEST(Damaged, NoBeginningOfAFileIsAPicture) {
  for (const NamedFile& file : one_of_each_kind()) {
    for (std::size_t size = 0; size < file.bytes.size(); ++size) {
      const std::string message = error_of(file.bytes.substr(0, size));
      EXPECT_NE(message, "no error") << file.name << " with " << size << " bytes";
      EXPECT_THAT(message, AnyOf(HasSubstr("expected a whole one"),
                                 HasSubstr("expected a JPEG, PNG or WebP picture")));
    }
  }
}

TEST(Damaged, EveryChangedByteOfAPngIsFound) {
  for (const NamedFile& file : one_of_each_kind()) {
    if (file.name.find("PNG") == std::string::npos) continue;
    for (std::size_t i = 0; i < file.bytes.size(); ++i) {
      std::string changed = file.bytes;
      changed[i] = static_cast<char>(changed[i] ^ 1 << i % 8);
      EXPECT_NE(error_of(changed), "no error") << file.name << ", byte " << i;
    }
  }
}

// Changes, removes, repeats or inserts a few bytes at random places.
std::string mutated(std::string file, Random& random) {
  for (std::uint64_t changes = 1 + random.below(4); changes > 0 && !file.empty(); --changes) {
    const std::size_t place = random.below(file.size());
    switch (random.below(5)) {
      case 0:
        file.erase(place, 1 + random.below(8));
        break;
      case 1:
        file.insert(place, file.substr(place, random.below(16)));
        break;
      case 2:
        file[place] = static_cast<char>(random.chance(0.5) ? 0xFF : 0x00);
        break;
      default:
        file[place] = static_cast<char>(random.next());
    }
  }
  return file;
}

TEST(Damaged, ChangedFilesGiveAPictureOrOneLine) {
  constexpr int kMutations = 60;
  const ImageLimits limits{.pixels = 1'000'000};
  Random random(7);
  for (const NamedFile& file : one_of_each_kind()) {
    int refused = 0;
    for (int mutation = 0; mutation < kMutations; ++mutation) {
      const std::string changed = mutated(file.bytes, random);
      try {
        const Image image = decode_image(bytes_of(changed), "picture", {limits, {8, 8}});
        EXPECT_GE(image.size.height, 1);
        EXPECT_GE(image.size.width, 1);
        EXPECT_EQ(image.pixels.size(), value_count(image.size));
      } catch (const ImageError& error) {
        ++refused;
        EXPECT_THAT(error.what(), StartsWith("picture: found "));
        EXPECT_THAT(error.what(), HasSubstr(", expected "));
        EXPECT_THAT(error.what(), Not(HasSubstr("\n")));
      }
    }
    EXPECT_GT(refused, 0) << file.name;
  }
}

TEST(Damaged, JpegWithAWrongCodeIsRefused) {
  // Bytes 0xFF 0x00 stand for 0xFF in the codes of a scan: a long run of ones, which is no code.
  std::string file = jpeg_file(gradient({64, 64}, 1), {.quality = 80});
  const std::size_t middle = file.size() - 200;
  for (std::size_t i = middle; i < middle + 16; i += 2)
    file.replace(i, 2, std::string("\xFF\0", 2));
  EXPECT_THAT(error_of(file), HasSubstr("found a JPEG picture that is damaged ("));
}

TEST(Damaged, SuperfluousBytesOfJpegAreAllowedWhereThePictureIsWhole) {
  const std::string file = jpeg_file(gradient({16, 16}));
  const Image expected = decode_image(bytes_of(file), "picture");
  const std::string before_end =
      file.substr(0, file.size() - 2) + std::string(9, '\0') + "\xFF\xD9";
  EXPECT_EQ(decode_image(bytes_of(before_end), "picture"), expected);
  constexpr std::size_t kBehindJfif = 2 + 18;  // the start and the marker APP0
  const std::string in_header = file.substr(0, kBehindJfif) + "xx" + file.substr(kBehindJfif);
  EXPECT_EQ(decode_image(bytes_of(in_header), "picture"), expected);
}

TEST(Damaged, OtherKindsOfFilesAreNamed) {
  constexpr const char* kExpected = ", expected a JPEG, PNG or WebP picture";
  const auto found = [&](const std::string& name) { return "picture: found " + name + kExpected; };
  EXPECT_EQ(error_of(""), found("an empty file"));
  EXPECT_EQ(error_of("GIF89a and more"), found("a GIF picture"));
  EXPECT_EQ(error_of("BM6"), found("a BMP picture"));
  EXPECT_EQ(error_of(std::string("II*\0....", 8)), found("a TIFF picture"));
  EXPECT_EQ(error_of(std::string("\0\0\0\x18"
                                 "ftypheic",
                                 12)),
            found("a HEIF, AVIF or video file"));
  EXPECT_EQ(error_of("<svg xmlns="), found("an SVG drawing"));
  EXPECT_EQ(error_of("<!DOCTYPE html>"), found("a file of markup, such as HTML or SVG,"));
  EXPECT_EQ(error_of("\xFF\xD8"), found("a file that begins with the bytes ff d8"));
  EXPECT_EQ(error_of("RIFF1234WAVEfmt "),
            found("a file that begins with the bytes 52 49 46 46 31 32 33 34"));
}

TEST(Damaged, FormsThatAreNotReadAreNamed) {
  const Samples samples = gradient({8, 8});
  const std::string animated = extended_webp(webp_file(samples), {8, 8}, exif_data(1), true);
  EXPECT_EQ(error_of(animated), "picture: found an animated WebP picture, expected a still one");
  EXPECT_EQ(error_of(jpeg_file(samples, {.one_scan_each = true})),
            "picture: found a JPEG picture of a form that is not read (more than 100 scans), "
            "expected baseline or progressive JPEG of 8 bits");
  std::string precise = jpeg_file(samples);
  precise[precise.find("\xFF\xC0") + 4] = 12;  // bits a value
  EXPECT_THAT(error_of(precise), HasSubstr("JPEG picture of a form that is not read"));
}

}  // namespace
}  // namespace attend::vision
